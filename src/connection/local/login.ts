import type { Consent } from '../../core/operations/login.ts';
import type { Client, Clock, TokenAnswer } from '../../core/ports.ts';
import { leastScopes } from '../../fatture-in-cloud/api/consent.ts';
import { systemRandom } from '../../local/clock.ts';
import { startAuthorization } from '../login/authorization.ts';
import { exchangeCode } from '../login/consent.ts';
import type { Provider } from '../provider.ts';

/** Takes a person to the address and resolves with the redirect that they came back with, one that is `owned`. */
export type ConsentTaker = (
  authorizeUrl: string,
  owns: (redirect: string) => boolean,
) => Promise<string>;

/** What a person's visit to the provider brought, or why nothing. */
export type Asked =
  | { readonly kind: 'consent'; readonly consent: Consent }
  | { readonly kind: 'none'; readonly why: string };

/** Asks for consent to read clients, and exchanges the code. */
export async function askForConsent(
  { provider, clock }: { readonly provider: Provider; readonly clock: Clock },
  client: Client,
  take: ConsentTaker,
): Promise<Asked> {
  const { redirectUri = '' } = client;
  const started = startAuthorization(
    provider,
    { client, redirectUri, scopes: leastScopes },
    systemRandom,
  );
  if (started === undefined) return none('the provider has no page for consent');
  const end = started.read(await take(started.url, started.owns));
  if (end.kind !== 'code') return none(end.why);
  const exchanged = await exchangeCode(provider, { ...end, client }, clock);
  switch (exchanged.kind) {
    case 'consent':
      return { kind: 'consent', consent: { ...exchanged.consent, scopes: leastScopes } };
    case 'refused':
      return none(describeRefusal(exchanged.answer));
    case 'no-refresh-token':
      return none('the provider gave no refresh token');
  }
}

function describeRefusal(answer: Exclude<TokenAnswer, { kind: 'granted' }>): string {
  switch (answer.kind) {
    case 'never-sent':
      return `the provider could not be reached to exchange the code: ${answer.cause}`;
    case 'throttled':
      return `rate-limited by the provider: the code was not exchanged (${answer.status})`;
    case 'uncertain':
      return `the provider gave no usable answer to the code: ${answer.cause}`;
    case 'invalid-grant':
      return 'the provider does not accept the code, which works once and for a minute';
    case 'invalid-client':
      return `the provider refuses the application: ${answer.error}`;
    case 'refused':
      return `the provider refuses the code or the application: ${answer.said}`;
    case 'unexpected':
      return `the provider answered the code with ${answer.status} (${answer.contentType})`;
  }
}

function none(why: string): Asked {
  return { kind: 'none', why };
}
