import type { AccessToken } from './access-token.ts';

/** What asking for a token comes to. */
export type Obtained =
  | { readonly kind: 'token'; readonly token: AccessToken }
  /** More validity was asked for than the provider gives; the newest token lasts until `expiresAtMs`. */
  | { readonly kind: 'too-long'; readonly expiresAtMs: number }
  /** No token now; asking again later may help. */
  | { readonly kind: 'unavailable'; readonly detail: string }
  /** No token until a person has acted. */
  | { readonly kind: 'person-needed'; readonly detail: string };

/** Hands out access tokens that last: one for each connection and process. */
export interface TokenSource {
  /** A token good for at least `minValidityMs` (default 5 minutes). */
  obtain(options?: { readonly minValidityMs?: number }): Promise<Obtained>;
  /** A token to use instead of one that the API answered with 401; the same one if it is good after all. */
  rejected(token: AccessToken): Promise<Obtained>;
}
