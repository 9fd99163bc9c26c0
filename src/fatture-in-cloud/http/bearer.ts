import type { Secret } from '../../core/secret.ts';
import type { HttpRequest } from './exchange.ts';
import type { Reveal } from './reveal-to.ts';

/** Headers of a request for JSON with an access token (RFC 6750 §2.1), or without one. */
export function bearerHeaders(
  accessToken: Secret | undefined,
  reveal: Reveal,
): Record<string, string> {
  return {
    Accept: 'application/json',
    ...(accessToken && { Authorization: `Bearer ${reveal(accessToken)}` }),
  };
}

/** One GET with an access token, or without one. */
export function bearerGet(url: string, accessToken: Secret | undefined): HttpRequest {
  return {
    method: 'GET',
    url,
    write: (reveal) => ({ headers: bearerHeaders(accessToken, reveal) }),
  };
}
