import type { AccessToken } from '../../src/core/records/access-token.ts';
import { Secret } from '../../src/core/secret.ts';

/** An access token that never ends and names no company, where nothing is said otherwise. */
export function inventedToken(more: Partial<AccessToken> = {}): AccessToken {
  return {
    connection: 'default',
    grant: 1,
    generation: 1,
    attempt: 0,
    accessToken: new Secret('a/0001invented'),
    issuedAtMs: 0,
    expiresAtMs: null,
    companies: [],
    ...more,
  };
}
