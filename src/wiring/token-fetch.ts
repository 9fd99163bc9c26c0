import type { Clock } from '../core/ports.ts';
import { retryAfterMs } from '../fatture-in-cloud/retry-after.ts';

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
  token(): Promise<string>;
  rejected(token: string): Promise<string>;
}

/**
 * `fetch` for one API: the token goes into the header and to no other origin. After a 401 the request is sent
 * once more if there is another token; 429, and 403 or 503 with `Retry-After`, are waited for and sent again
 * while the waits fit into `waitMaxMs`, else answered as they are.
 */
export function tokenFetch(options: TokenFetchOptions): TokenFetch {
  const { clock, waitMaxMs } = options;
  return async (input, init) => {
    const request = requestTo(options.baseUrl, input, init);
    const untilMs = clock.monotonicMs() + waitMaxMs;
    for (;;) {
      const response = await sendAuthorized(options, request);
      const waitMs = waitOf(response, clock);
      if (waitMs === undefined || clock.monotonicMs() + waitMs > untilMs) return response;
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
  const url = input instanceof Request ? input.url : new URL(String(input), baseUrl).href;
  const origin = new URL(baseUrl).origin;
  if (new URL(url).origin !== origin) {
    throw new TypeError(`the token goes to ${origin} alone, not to ${new URL(url).origin}`);
  }
  return input instanceof Request ? new Request(input, init) : new Request(url, init);
}

async function sendAuthorized(options: TokenFetchOptions, request: Request): Promise<Response> {
  const token = await options.token();
  const response = await sendWith(options, request, token);
  if (response.status !== 401) return response;
  const other = await options.rejected(token);
  // The very token is good after all: the company is not among those it reaches.
  if (other === token) return response;
  await response.body?.cancel();
  return sendWith(options, request, other);
}

/** The request stays whole, since it may have to go out again. */
function sendWith(
  { fetch }: TokenFetchOptions,
  request: Request,
  token: string,
): Promise<Response> {
  const copy = request.clone();
  copy.headers.set('Authorization', `Bearer ${token}`);
  return fetch(copy);
}

/** How long the provider asks to wait; `undefined`: the answer stands. */
function waitOf({ status, headers }: Response, clock: Clock): number | undefined {
  if (![403, 429, 503].includes(status)) return undefined;
  const retryAfter = headers.get('retry-after') ?? undefined;
  const date = headers.get('date') ?? undefined;
  if (retryAfter === undefined) return undefined;
  return retryAfterMs(
    { 'retry-after': retryAfter, ...(date === undefined ? {} : { date }) },
    clock.nowMs(),
    Number.MAX_SAFE_INTEGER,
  );
}

async function waitOrAbort(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([clock.wait(waitMs), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
