// How an HTTP API speaks with a function: payload format 2.0, both ways.

/** A request as it comes in from the internet. */
export interface ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: string | Buffer;
}

/** What goes out. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** The event of a request: cookies stand beside the headers, and whatever is not text comes as base64. */
export function httpApiEvent({ method, url, headers = {}, body = '' }: ApiRequest) {
  const { pathname, search } = new URL(url, 'http://loopback');
  const named = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(',')] as const],
  );
  const { cookie, ...others } = Object.fromEntries(named);
  const bytes = Buffer.from(body);
  const isText = /^(text\/|application\/(json|xml|javascript))/.test(others['content-type'] ?? '');
  return {
    version: '2.0',
    rawPath: decodeURI(pathname),
    rawQueryString: search.slice(1),
    headers: others,
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    requestContext: { http: { method, path: pathname } },
    ...(bytes.length > 0 && { body: bytes.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: bytes.length > 0 && !isText,
  };
}

/** The answer in what a function gave; a function that failed is a 500. */
export function httpApiAnswer(payload: unknown): ApiAnswer {
  const { statusCode = 500, headers = {}, cookies = [], body = '' } = Object(payload);
  return { status: statusCode, headers: { ...headers, 'set-cookie': cookies }, body };
}
