import type { Obtained, TokenSource } from '../../core/consumers/token-source.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { bearerHeaders } from '../http/bearer.ts';
import { within } from '../http/deadline.ts';
import { revealTo, WrongOrigin } from '../http/reveal-to.ts';
import { type ApiAnswer, apiAnswer, quotaIn, type RawAnswer } from './answer.ts';

/** One request to the API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL, from its slash on, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** What a client of the API needs. */
export interface ApiClientOptions {
  readonly baseUrl: string;
  readonly tokens: TokenSource;
  readonly fetch: typeof globalThis.fetch;
  /** The whole of one request, its answer included. */
  readonly requestMs: number;
  /** Absent: 4 MiB. */
  readonly bodyBytesMax?: number;
}

/** Asks the API with a token that is fresh; never rejects. */
export interface ApiClient {
  /** One request; a second one only after a 401, with another token than the first. */
  send(request: ApiRequest): Promise<ApiAnswer>;
}

/** The client of a provider's API; redirects are not followed, and what fails is not repeated. */
export function apiClient(options: ApiClientOptions): ApiClient {
  return {
    send: async (request) => {
      const first = await options.tokens.obtain();
      if (first.kind !== 'token') return noToken(first);
      const answer = await sendWith(first.token, request, options);
      if (answer.kind !== 'unauthorized') return answer;
      const second = await options.tokens.rejected(first.token);
      if (second.kind !== 'token') return noToken(second);
      // The very token is good after all: the company is not among those it reaches.
      if (second.token.accessToken.equals(first.token.accessToken)) return { kind: 'no-access' };
      const again = await sendWith(second.token, request, options);
      return again.kind === 'unauthorized'
        ? { kind: 'failed', detail: 'the API refused a token just refreshed (401)' }
        : again;
    },
  };
}

async function sendWith(
  token: AccessToken,
  request: ApiRequest,
  options: ApiClientOptions,
): Promise<ApiAnswer | { readonly kind: 'unauthorized' }> {
  try {
    const raw = await within(options.requestMs, (signal) =>
      rawAnswer(token, request, options, signal),
    );
    return raw.status === 401 ? { kind: 'unauthorized' } : apiAnswer(raw);
  } catch (error) {
    if (error instanceof WrongOrigin) {
      return { kind: 'no-token', person: true, detail: error.message };
    }
    return { kind: 'failed', detail: `no answer from the API: ${causeOf(error)}` };
  }
}

async function rawAnswer(
  token: AccessToken,
  { method, path, query, body }: ApiRequest,
  { baseUrl, fetch, bodyBytesMax = 4 * 1024 * 1024 }: ApiClientOptions,
  signal: AbortSignal,
): Promise<RawAnswer> {
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  const url = `${baseUrl}${path}${search}`;
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    signal,
    headers: {
      ...bearerHeaders(token.accessToken, revealTo(url)),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const quota = quotaIn(response.headers);
  return {
    status: response.status,
    ...(quota === undefined ? {} : { quota }),
    retryAfter: response.headers.get('retry-after') ?? undefined,
    date: response.headers.get('date') ?? undefined,
    body: await boundedText(response, bodyBytesMax),
  };
}

/** The body as text; `undefined` if it is longer than `max` bytes, whose rest is not read. */
async function boundedText(response: Response, max: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > max) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function noToken(obtained: Exclude<Obtained, { kind: 'token' }>): ApiAnswer {
  switch (obtained.kind) {
    case 'too-long':
      return { kind: 'no-token', person: false, detail: 'the access token is about to expire' };
    case 'unavailable':
      return { kind: 'no-token', person: false, detail: obtained.detail };
    case 'person-needed':
      return { kind: 'no-token', person: true, detail: obtained.detail };
  }
}

/** The system's code, which `fetch` hides one level down; never a text that may quote what was sent. */
function causeOf(error: unknown): string {
  type Told = { readonly name?: unknown; readonly code?: unknown };
  const { name, cause } = error as Told & { readonly cause?: Told };
  // Some versions of Node give what their HTTP parser refuses a code, others only a name.
  return String(cause?.code ?? cause?.name ?? name ?? 'unknown');
}
