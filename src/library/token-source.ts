import { ConfigInvalid, type Environment, parseConfig } from '../config/config.ts';
import { secretName } from '../config/stack-outputs.ts';
import type { Connection } from '../connection/connection.ts';
import { expanded } from '../connection/home-folder.ts';
import { unnamedProblem } from '../connection/names.ts';
import type { TokenSource as Tokens } from '../core/consumers/token-source.ts';
import type { Clock } from '../core/ports.ts';
import type { AccessToken } from '../core/records/access-token.ts';
import type { Secret } from '../core/secret.ts';
import { outboundFetch } from '../fatture-in-cloud/http/outbound-fetch.ts';
import { proxiesIn } from '../fatture-in-cloud/http/proxy.ts';
import { systemClock } from '../local/clock.ts';
import { millisecondsOf, type TimeSpan } from './time-span.ts';
import { asTokenError, tokenErrorOf } from './token-error.ts';
import { type TokenFetch, tokenFetch } from './token-fetch.ts';

/** Where the tokens are, and how they are used. Every setting has a variable of the environment behind it. */
export interface TokenSourceOptions {
  /**
   * `'aws'` reads Secrets Manager, `'file:<path>'` a file store of this machine.
   * @default - `FRESCO_STORE`, else `'aws'`
   */
  readonly store?: 'aws' | `file:${string}`;
  /** @default - `FRESCO_CONNECTION`, else `'default'` */
  readonly connection?: string;
  /** Prefix of the secrets' names. @default - `FRESCO_PREFIX`, else `'fresco'` */
  readonly prefix?: string;
  /** Name or ARN of the access-token secret, in place of prefix and connection. */
  readonly secretId?: string;
  /** Region of the secret. @default - the ARN's, else as the AWS SDK finds it */
  readonly region?: string;
  /** Where `fetch` sends requests. @default - `FRESCO_PROVIDER_URL`, else Fatture in Cloud */
  readonly providerUrl?: string;
  /** The longest that one `fetch` waits where the API asks for patience. @default '1m' */
  readonly waitMax?: TimeSpan;
  /** What sends the requests. @default - the runtime's `fetch` */
  readonly fetch?: typeof globalThis.fetch;
}

/** What is wanted of a token. */
export interface TokenOptions {
  /**
   * How long the token must be good for: the length of the job. A token that would end earlier is refreshed
   * first; if the provider gives none that lasts, the error's code is `too-long`.
   * @default '5m'
   */
  readonly minValidity?: TimeSpan;
}

/**
 * Hands out access tokens that work. Make one for each connection and keep it: it remembers its token for as
 * long as that lasts, and however many ask at once, one asks for them all. Its functions need no `this`.
 */
export interface TokenSource {
  /** An access token good for at least `minValidity`; rejects with `TokenError`. */
  token(wish?: TokenOptions): Promise<string>;
  /**
   * After the API has answered 401: the token to use instead. The same one again means that the token is good
   * and something else is wrong, such as a company that it does not reach: do not retry. Rejects with `TokenError`.
   */
  rejected(token: string): Promise<string>;
  /**
   * `fetch` with the token in its header, for the provider's API alone; a path such as `/user/info` will do.
   * Sends again once after a 401 if there is another token, and waits where the API says `Retry-After`, at most
   * `waitMax` in all; else you get the answer as it is. Rejects with `TokenError`, and as `fetch` does.
   */
  readonly fetch: TokenFetch;
}

/** What a token source is made of where it is not the usual. */
export interface TokenSourceParts {
  readonly env: Environment;
  readonly clock?: Clock;
}

// Enough for one token on its way out while the next comes in.
const rememberedMax = 8;

/** The source that options and environment name; throws `ConfigInvalid` or `RangeError`, opens nothing yet. */
export function openTokenSource(options: TokenSourceOptions, parts: TokenSourceParts): TokenSource {
  const { clock = systemClock } = parts;
  const { providerUrl } = configOf(options, parts.env);
  const open = once(() => openTokens(options, parts));
  const handedOut = new Map<string, AccessToken>();

  const ask = async (obtain: (tokens: Tokens) => ReturnType<Tokens['obtain']>) => {
    const obtained = await open().then(obtain).catch(rethrown);
    if (obtained.kind !== 'token') throw tokenErrorOf(obtained);
    remember(handedOut, obtained.token);
    return obtained.token.accessToken;
  };
  const token = async ({ minValidity = '5m' }: TokenOptions = {}): Promise<Secret> => {
    const minValidityMs = millisecondsOf('minValidity', minValidity);
    return ask((tokens) => tokens.obtain({ minValidityMs }));
  };
  const rejected = async (text: string): Promise<Secret> => {
    const known = handedOut.get(text);
    if (known !== undefined) return ask((tokens) => tokens.rejected(known));
    // It came from elsewhere: if it is not what is current, current is the answer.
    const current = await token({ minValidity: 0 });
    return current.reveal() === text ? rejected(text) : current;
  };
  const { waitMax = '1m', fetch = outboundFetch(proxiesIn(parts.env)) } = options;
  const waitMaxMs = millisecondsOf('waitMax', waitMax);
  const send = tokenFetch({
    clock,
    baseUrl: providerUrl,
    fetch,
    waitMaxMs,
    token,
    rejected: (refused) => rejected(refused.reveal()),
  });
  return {
    token: async (wish) => (await token(wish)).reveal(),
    rejected: async (text) => (await rejected(text)).reveal(),
    fetch: (...request) => send(...request).catch(rethrown),
  };
}

function configOf(
  { store, connection, prefix, providerUrl }: TokenSourceOptions,
  env: Environment,
) {
  return parseConfig('cli', {
    ...env,
    ...(store === undefined ? {} : { FRESCO_STORE: store }),
    ...(connection === undefined ? {} : { FRESCO_CONNECTION: connection }),
    ...(prefix === undefined ? {} : { FRESCO_PREFIX: prefix }),
    ...(providerUrl === undefined ? {} : { FRESCO_PROVIDER_URL: providerUrl }),
  });
}

/** Loads only what the store needs: who keeps files needs no AWS SDK, who is in Lambda no file store. */
async function openTokens(
  options: TokenSourceOptions,
  { env, clock = systemClock }: TokenSourceParts,
): Promise<Tokens> {
  const config = configOf(options, env);
  const { store, prefix, connection: name } = config;
  if (store.startsWith('file:')) {
    const { openProvider } = await import('../connection/provider.ts');
    const { openFileConnection } = await import('../connection/file.ts');
    const provider = await openProvider(config, { clock, env });
    const path = expanded(store.slice('file:'.length), env);
    const opened = await openFileConnection({ path, name, provider, create: false });
    await mustBeClear(opened, options, env);
    return opened.tokens;
  }
  const { awsTokens } = await import('./aws-tokens.ts');
  const { secretId = secretName(prefix, name, 'access-token'), region } = options;
  return awsTokens({ secretId, clock, ...(region === undefined ? {} : { region }) });
}

/** Nobody is given another company's token by a guess. */
async function mustBeClear(
  { name, siblings }: Connection,
  { connection }: TokenSourceOptions,
  env: Environment,
): Promise<void> {
  if (connection !== undefined || env['FRESCO_CONNECTION']) return;
  const problem = unnamedProblem(name, await siblings());
  if (problem !== undefined) {
    throw new ConfigInvalid([`FRESCO_CONNECTION must name the connection: ${problem}`]);
  }
}

/** The first one that succeeds is kept; after a failure the next call tries again. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

function remember(handedOut: Map<string, AccessToken>, token: AccessToken): void {
  const text = token.accessToken.reveal();
  if (handedOut.get(text) === token) return;
  handedOut.delete(text);
  handedOut.set(text, token);
  const [oldest] = handedOut.keys();
  if (handedOut.size > rememberedMax && oldest !== undefined) handedOut.delete(oldest);
}

function rethrown(error: unknown): never {
  throw asTokenError(error);
}
