import type { Consent } from '../../core/operations/login.ts';
import type { Client, Clock, TokenAnswer, TokenResponse } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import type { Provider } from '../provider.ts';

/** A consent that can be stored, with its access token in hand. */
export interface Consented {
  readonly kind: 'consent';
  readonly consent: Consent & { readonly accessToken: Secret };
  readonly warnings: readonly string[];
}

/** Tokens came, but no refresh token among them: nothing could keep them fresh. */
export interface NoRefreshToken {
  readonly kind: 'no-refresh-token';
}

/** A consent that can be stored, or the answer that brought none. */
export type Exchanged =
  | Consented
  | NoRefreshToken
  | { readonly kind: 'refused'; readonly answer: Exclude<TokenAnswer, { kind: 'granted' }> };

/** Exchanges a code and asks which companies the token reaches; a failure of the latter is only a warning. */
export async function exchangeCode(
  provider: Provider,
  request: { readonly code: Secret; readonly codeVerifier?: Secret; readonly client: Client },
  clock: Pick<Clock, 'nowMs'>,
): Promise<Exchanged> {
  const requestedAtMs = clock.nowMs();
  const answer = await provider.endpoint.exchange(
    request.code,
    request.client,
    request.codeVerifier,
  );
  if (answer.kind !== 'granted') return { kind: 'refused', answer };
  return consentIn(provider, answer.tokens, requestedAtMs);
}

/** The first tokens of a login, checked, with the companies that they reach. */
export async function consentIn(
  provider: Provider,
  tokens: TokenResponse,
  requestedAtMs: number,
): Promise<Consented | NoRefreshToken> {
  const { accessToken, refreshToken, expiresInSeconds, lifetimeAssumed } = tokens;
  if (refreshToken === undefined) return { kind: 'no-refresh-token' };
  const listed = await provider.companies(accessToken);
  const companies = listed.kind === 'companies' ? listed.companies : [];
  const warnings = [
    ...(listed.kind === 'companies' ? [] : [`the companies could not be read: ${whyOf(listed)}`]),
    ...(lifetimeAssumed ? ["expires_in was missing or odd: the provider's default was taken"] : []),
  ];
  const consent = { accessToken, refreshToken, expiresInSeconds, requestedAtMs, companies };
  return { kind: 'consent', consent, warnings };
}

function whyOf(listed: { readonly kind: 'rejected' | 'unavailable'; readonly cause?: string }) {
  return listed.kind === 'rejected' ? 'the provider rejects the new token' : listed.cause;
}
