import { type Position, positionOf } from '../position.ts';
import { Secret } from '../secret.ts';
import { fromRfc3339, toRfc3339 } from '../time.ts';
import { type Company, companiesIn } from './company.ts';
import type { Grant } from './grant.ts';
import { refuseLoggedOut } from './logged-out.ts';
import { encodeRecord, field, parseRecord } from './record.ts';

/** What consumers read: the access token, how long it lasts, and where to ask for a fresh one. */
export interface AccessToken extends Position {
  readonly connection: string;
  readonly accessToken: Secret;
  readonly issuedAtMs: number;
  /** `null`: a manual token, which never expires. */
  readonly expiresAtMs: number | null;
  readonly companies: readonly Company[];
  /** The rotator to ask; absent where there is none. */
  readonly refreshWith?: string;
  /** What a manual token has to be good for, as its person said; checked daily. */
  readonly scopes?: readonly string[];
}

/** The published half of a grant; none where it has no access token yet. */
export function accessTokenOf(
  grant: Grant,
  refreshWith: string | undefined,
): AccessToken | undefined {
  if (grant.accessToken === null) return undefined;
  return {
    ...positionOf(grant),
    connection: grant.connection,
    accessToken: grant.accessToken,
    issuedAtMs: grant.issuedAtMs,
    expiresAtMs: grant.expiresAtMs,
    companies: grant.companies,
    ...(refreshWith === undefined ? {} : { refreshWith }),
  };
}

/** The JSON of `docs/storage.md`, a contract for consumers in any language; stable for equal input. */
export function encodeAccessToken(token: AccessToken): Secret {
  return encodeRecord({
    connection: token.connection,
    generation: token.generation,
    tokenType: 'Bearer',
    accessToken: token.accessToken,
    issuedAt: toRfc3339(token.issuedAtMs),
    expiresAt: token.expiresAtMs === null ? null : toRfc3339(token.expiresAtMs),
    companies: token.companies.map(({ id, name }) => ({ id, name })),
    refreshWith: token.refreshWith,
    grant: token.grant,
    attempt: token.attempt,
    scopes: token.scopes,
    origin: token.accessToken.origin,
  });
}

/**
 * Reads back what `encodeAccessToken` wrote; throws `StoreRefused` ('damaged') naming the field at fault, or
 * ('missing') where a logout has left its mark.
 */
export function decodeAccessToken(value: Secret): AccessToken {
  const record = parseRecord(value, 'access-token secret');
  refuseLoggedOut(record);
  const { refreshWith, scopes, origin } = record.fields;
  return {
    connection: field.text(record, 'connection'),
    grant: field.count(record, 'grant'),
    generation: field.count(record, 'generation'),
    attempt: field.count(record, 'attempt'),
    accessToken: new Secret(
      field.text(record, 'accessToken'),
      typeof origin === 'string' ? origin : undefined,
    ),
    issuedAtMs: field.parsed(record, 'issuedAt', fromRfc3339),
    expiresAtMs:
      record.fields['expiresAt'] === null ? null : field.parsed(record, 'expiresAt', fromRfc3339),
    companies: companiesIn(record),
    ...(typeof refreshWith === 'string' ? { refreshWith } : {}),
    ...(Array.isArray(scopes) ? { scopes: scopes.filter((it) => typeof it === 'string') } : {}),
  };
}
