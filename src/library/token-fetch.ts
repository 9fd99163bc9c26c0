import type { Clock } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import { followed } from '../fatture-in-cloud/http/redirects.ts';
import { retryAfterMs } from '../fatture-in-cloud/http/retry-after.ts';
import { revealTo } from '../fatture-in-cloud/http/reveal-to.ts';

/** A request with the token in it: `fetch` for one API. */
export type TokenFetch = typeof globalThis.fetch;

/** What `fetch` with a token is made of. */
export interface TokenFetchOptions {
  readonly clock: Clock;
  /** Where tokens may be sent; what is relative is relative to it. No slash at its end. */
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  /** The longest that one call may wait for `Retry-After`, all its waits together. */
  readonly waitMaxMs: number;
  token(): Promise<Secret>;
  rejected(token: Secret): Promise<Secret>;
}

// A server may ask for no wait at all, again and again: each is at least twice as long as the one before.
const firstWaitMs = 1000;
const triesMax = 10;
const stepMs = 10_000;

/** What a server that was overloaded may have carried out all the same, and nobody minds twice (RFC 9110 §9.2.2). */
const idempotent: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

/**
 * `fetch` for one API: the token goes into the header and to no other origin. After a 401 the request is sent
 * once more if there is another token; 429 and 403 with `Retry-After`, and for methods that may be repeated
 * 503, are waited for and sent again while the waits fit into `waitMaxMs`, else answered as they are.
 */
export function tokenFetch(options: TokenFetchOptions): TokenFetch {
  const { clock, waitMaxMs } = options;
  return async (input, init) => {
    const request = requestTo(options.baseUrl, input, init);
    const untilMs = clock.monotonicMs() + waitMaxMs;
    for (let tries = 1; ; tries += 1) {
      const response = await sendAuthorized(options, request);
      const askedMs = waitOf(response, request.method, clock);
      if (askedMs === undefined || tries >= triesMax) return response;
      const waitMs = Math.max(askedMs, firstWaitMs * 2 ** (tries - 1));
      if (clock.monotonicMs() + waitMs > untilMs) return response;
      await response.body?.cancel();
      await waitOrAbort(clock, waitMs, request.signal);
    }
  };
}

function requestTo(
  baseUrl: string,
  input: Parameters<TokenFetch>[0],
  init: Parameters<TokenFetch>[1],
): Request {
  const url = input instanceof Request ? input.url : urlOf(baseUrl, String(input));
  const origin = new URL(baseUrl).origin;
  if (new URL(url).origin !== origin) {
    throw new TypeError(`the token goes to ${origin} alone, not to ${new URL(url).origin}`);
  }
  return input instanceof Request ? new Request(input, init) : new Request(url, init);
}

/** As every path of the API is meant: below the base, which may have a path of its own. */
function urlOf(baseUrl: string, text: string): string {
  const isBelow = text.startsWith('/') && !text.startsWith('//');
  return new URL(isBelow ? baseUrl + text : text, baseUrl).href;
}

async function sendAuthorized(options: TokenFetchOptions, request: Request): Promise<Response> {
  const token = await options.token();
  const response = await sendWith(options, request, token);
  if (response.status !== 401) return response;
  const other = await options.rejected(token);
  // The very token is good after all: the company is not among those it reaches.
  if (other.equals(token)) return response;
  await response.body?.cancel();
  return sendWith(options, request, other);
}

/** The request stays whole, since it may have to go out again. */
function sendWith(
  { fetch }: TokenFetchOptions,
  request: Request,
  token: Secret,
): Promise<Response> {
  const copy = request.clone();
  copy.headers.set('Authorization', `Bearer ${revealTo(request.url)(token)}`);
  return followed(fetch, copy);
}

/** How long the provider asks to wait; `undefined`: the answer stands. */
function waitOf({ status, headers }: Response, method: string, clock: Clock): number | undefined {
  const mayRepeat = status === 403 || status === 429;
  if (!mayRepeat && !(status === 503 && idempotent.includes(method))) return undefined;
  const retryAfter = headers.get('retry-after') ?? undefined;
  const date = headers.get('date') ?? undefined;
  if (retryAfter === undefined) return undefined;
  return retryAfterMs(
    { 'retry-after': retryAfter, ...(date === undefined ? {} : { date }) },
    clock.nowMs(),
    Number.MAX_SAFE_INTEGER,
  );
}

/** In steps: what was given up keeps no process alive for long. */
async function waitOrAbort(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  const untilMs = clock.monotonicMs() + waitMs;
  try {
    for (let leftMs = waitMs; leftMs > 0; leftMs = untilMs - clock.monotonicMs()) {
      await Promise.race([clock.wait(Math.min(leftMs, stepMs)), aborted]);
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
