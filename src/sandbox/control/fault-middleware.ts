import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode, RedirectStatusCode } from 'hono/utils/http-status';
import type { Fault } from './faults.ts';

/** What requests carry where they came in over a real connection. */
export interface ConnectionEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { fault: Fault | undefined };
}

type FaultContext = Context<ConnectionEnv>;

/** The connection was destroyed by a fault, where there is none to destroy: requests made in process. */
export class ConnectionReset extends Error {
  override readonly name = 'ConnectionReset';
}

/** Spoils the requests that `strike` picks; waits by `wait`. */
export function faultMiddleware(
  strike: (method: string, path: string) => Fault | undefined,
  wait: (ms: number) => Promise<void>,
): MiddlewareHandler<ConnectionEnv> {
  return async (c, next) => {
    const fault = strike(c.req.method, c.req.path);
    c.set('fault', fault);
    if (fault === undefined) return next();
    switch (fault.kind) {
      case 'reset-before':
        return reset(c);
      case 'reset-after':
        await next();
        return replace(c, reset(c));
      case 'status-after':
        await next();
        return replace(c, errorAnswer(c, fault));
      case 'delay':
        await wait(fault.delayMs ?? 1_000);
        return next();
      case 'hang':
        return hang(c);
      case 'endless-body':
        return endlessBody(c);
      case 'status':
        return errorAnswer(c, fault);
      case 'html':
        return answer(fault, 502, gatewayPage, 'text/html');
      case 'redirect':
        return c.redirect(
          fault.location ?? 'http://127.0.0.1:9/',
          (fault.status ?? 307) as RedirectStatusCode,
        );
      case 'bad-json':
        return answer(fault, 200, cutOffJson, 'application/json');
      case 'body':
        return answer(fault, 200, '', 'application/json');
    }
  };
}

const cutOffJson = '{"token_type":"bearer","access_token":"a/';
const gatewayPage =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

function errorAnswer(c: FaultContext, fault: Fault): Response {
  const isOAuth = c.req.path.startsWith('/oauth/');
  const error = fault.error ?? 'server_error';
  const body = isOAuth
    ? { error, error_description: 'A fault of the sandbox.' }
    : { error: { message: 'A fault of the sandbox.' } };
  return answer(fault, 500, JSON.stringify(body), 'application/json');
}

function answer(fault: Fault, status: number, body: string, type: string): Response {
  const headers = new Headers({ 'content-type': type });
  if (fault.retryAfter !== undefined) headers.set('retry-after', String(fault.retryAfter));
  for (const [name, value] of Object.entries(fault.headers ?? {})) headers.set(name, value);
  const answered = (fault.status ?? status) as ContentfulStatusCode;
  const isBodiless = [204, 205, 304].includes(answered);
  return new Response(isBodiless ? null : (fault.body ?? body), { status: answered, headers });
}

/** Takes the place of an answer that is already made, headers and all. */
function replace(c: FaultContext, response: Response): undefined {
  c.res = undefined;
  c.res = response;
  return undefined;
}

function reset(c: FaultContext): Response {
  const { outgoing } = c.env ?? {};
  if (outgoing === undefined)
    throw new ConnectionReset('a fault of the sandbox reset the connection');
  outgoing.socket?.resetAndDestroy();
  return RESPONSE_ALREADY_SENT;
}

/** Holds the request until the caller gives up or the sandbox closes. */
async function hang(c: FaultContext): Promise<Response> {
  const { outgoing } = c.env ?? {};
  if (outgoing === undefined) return new Promise(() => {});
  await closed(outgoing);
  return RESPONSE_ALREADY_SENT;
}

async function endlessBody(c: FaultContext): Promise<Response> {
  const { outgoing } = c.env ?? {};
  const chunk = Buffer.alloc(65_536, ' ');
  if (outgoing === undefined) {
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  }
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  const pump = () => {
    if (outgoing.destroyed) return;
    outgoing.write(chunk, () => setImmediate(pump));
  };
  pump();
  await closed(outgoing);
  return RESPONSE_ALREADY_SENT;
}

function closed(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.destroyed) resolve();
    else outgoing.once('close', () => resolve());
  });
}
