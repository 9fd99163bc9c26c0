import type { Consent } from '../core/login.ts';
import type { Client, Clock, TokenAnswer } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import type { Provider } from './provider.ts';

/** A consent that can be stored, or the answer that brought none. */
export type Exchanged =
  | { readonly kind: 'consent'; readonly consent: Consent; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly answer: Exclude<TokenAnswer, { kind: 'granted' }> }
  /** Tokens came, but no refresh token among them: nothing could keep them fresh. */
  | { readonly kind: 'no-refresh-token' };

/** Exchanges a code and asks which companies the token reaches; a failure of the latter is only a warning. */
export async function exchangeCode(
  provider: Provider,
  request: { readonly code: Secret; readonly client: Client },
  clock: Pick<Clock, 'nowMs'>,
): Promise<Exchanged> {
  const requestedAtMs = clock.nowMs();
  const answer = await provider.endpoint.exchange(request.code, request.client);
  if (answer.kind !== 'granted') return { kind: 'refused', answer };
  const { accessToken, refreshToken, expiresInSeconds } = answer.tokens;
  if (refreshToken === undefined) return { kind: 'no-refresh-token' };
  const listed = await provider.companies(accessToken);
  const companies = listed.kind === 'companies' ? listed.companies : [];
  const warnings = listed.kind === 'companies' ? [] : ['the companies could not be listed'];
  const consent = { accessToken, refreshToken, expiresInSeconds, requestedAtMs, companies };
  return { kind: 'consent', consent, warnings };
}
