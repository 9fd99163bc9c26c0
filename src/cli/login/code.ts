import type { Connection } from '../../connection/connection.ts';
import { type Authorization, startAuthorization } from '../../connection/login/authorization.ts';
import { exchangeCode } from '../../connection/login/consent.ts';
import type { Client, Random, TokenAnswer } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { openByWay } from '../browser.ts';
import { Failure, failureOf, personNeeded, tryAgain, wrongUsage } from '../failure.ts';
import { interruption } from '../interruption.ts';
import { aimed } from '../target.ts';
import { ask, isInteractive, readPiped, say, strong, waiting } from '../terminal.ts';
import { keepConsent, type LoginFacts } from './facts.ts';
import {
  type Arrival,
  isLoopbackRedirect,
  listenForRedirect,
  type RedirectListener,
} from './redirect-listener.ts';
import { failurePage, successPage } from './redirect-page.ts';
import { approveInSandbox } from './sandbox-consent.ts';

/** How the person and the redirect find each other. */
export interface CodeLogin {
  readonly client: Client;
  readonly scopes: readonly string[];
  /** `page`: a page on loopback. `paste`: a person brings the address. `sandbox`: nobody is there to consent. */
  readonly way: 'page' | 'paste' | 'sandbox';
  /** The page may take the next free port: a stand-in for the provider allows it. */
  readonly anyPort: boolean;
  readonly browser: boolean;
}

/** Logs in by authorization code (RFC 6749 §4.1); nothing stored changes before the provider has given tokens. */
export async function logInWithCode(connection: Connection, login: CodeLogin): Promise<LoginFacts> {
  const registered = login.client.redirectUri ?? '';
  const way = login.way === 'page' && !isLoopbackRedirect(registered) ? 'paste' : login.way;
  const listener = way === 'page' ? await listenForRedirect(registered, login.anyPort) : undefined;
  try {
    return await throughBrowser(connection, { ...login, way }, listener);
  } finally {
    await listener?.close();
  }
}

async function throughBrowser(
  connection: Connection,
  login: CodeLogin,
  listener: RedirectListener | undefined,
): Promise<LoginFacts> {
  const redirectUri = listener?.redirectUri ?? login.client.redirectUri ?? '';
  const wish = { client: login.client, redirectUri, scopes: login.scopes };
  const authorization = startAuthorization(connection.provider, wish, connection.random);
  if (authorization === undefined)
    throw wrongUsage`this provider has no page for consent: use --refresh-token`;
  const arrival = await arrive(authorization, connection.random, login, listener);
  try {
    const end = authorization.read(arrival.redirect);
    if (end.kind === 'rejected') throw new Failure('person', end.why);
    const code = { ...end, redirectUri };
    const facts = await interruption.whole(() => storeConsent(connection, login, code));
    await arrival.reply(aimed(successPage(facts)));
    return facts;
  } catch (error) {
    // A store that refuses may do so half-way.
    await arrival.reply(aimed(failurePage(failureOf(error).message, error instanceof Failure)));
    throw error;
  }
}

async function arrive(
  { url, owns }: Authorization,
  random: Random,
  login: CodeLogin,
  listener: RedirectListener | undefined,
): Promise<Arrival> {
  const reply = async () => undefined;
  if (login.way === 'sandbox') return { redirect: await approveInSandbox(url), reply };
  // Who reads its state could bring an account of their own.
  const way = login.browser && isInteractive() ? await openByWay(url, random) : undefined;
  try {
    // From here to the wait nothing else is awaited: a redirect that came before it would be a stray one.
    say('open this page and consent:');
    say('', ['  ', strong(url)], '');
    if (listener !== undefined) {
      // The browser of a person on another machine would be redirected there, where nobody listens.
      if (process.env['SSH_CONNECTION'])
        say('browser on another machine? Ctrl-C, then add --paste');
      return await waiting('waiting for your consent', listener.arrival(owns));
    }
    say('then paste the whole address where the browser ends; the page itself may fail to load');
    const redirect = isInteractive() ? await ask('Address', '') : await readPiped();
    return { redirect, reply };
  } finally {
    await way?.close();
  }
}

async function storeConsent(
  connection: Connection,
  { client, scopes }: CodeLogin,
  {
    redirectUri,
    ...code
  }: { readonly code: Secret; readonly codeVerifier?: Secret; readonly redirectUri: string },
): Promise<LoginFacts> {
  const { provider, clock } = connection;
  const exchange = exchangeCode(provider, { ...code, client: { ...client, redirectUri } }, clock);
  const exchanged = await waiting('exchanging the code', exchange);
  if (exchanged.kind === 'refused') throw failureAfter(exchanged.answer);
  return keepConsent(connection, client, exchanged, scopes);
}

function failureAfter(answer: Exclude<TokenAnswer, { kind: 'granted' }>): Failure {
  const again = 'nothing was stored, run fresco login again';
  switch (answer.kind) {
    case 'invalid-grant':
      return personNeeded`the provider does not accept the code, which works once and for a minute: ${again}`;
    case 'invalid-client':
      return personNeeded`the provider refuses the application (${answer.error}): check client id and secret, fresco login --application-only stores them; ${again}`;
    case 'refused':
      return personNeeded`the provider refuses the code or the application, it does not say which (${answer.said}): fresco login again; if that does not help: fresco login --application-only; nothing was stored`;
    case 'unexpected':
      return personNeeded`the provider answered ${answer.status} (${answer.contentType}), which a token endpoint never does: check FRESCO_PROVIDER_URL and any proxy; nothing was stored`;
    case 'throttled':
      return tryAgain`rate-limited by the provider (${answer.status}): ${again} later`;
    case 'never-sent':
      return tryAgain`the provider could not be reached (${answer.cause}): ${again}`;
    case 'uncertain':
      return tryAgain`the provider gave no usable answer (${answer.cause}): ${again}`;
  }
}
