import type { Secret } from '../core/secret.ts';

/** Headers of a request for JSON with an access token (RFC 6750 §2.1), or without one. */
export function bearerHeaders(accessToken: Secret | undefined): Record<string, string> {
  return {
    Accept: 'application/json',
    ...(accessToken && { Authorization: `Bearer ${accessToken.reveal()}` }),
  };
}
