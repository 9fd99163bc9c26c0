import type { MiddlewareHandler } from 'hono';
import type { ConnectionEnv } from './fault-middleware.ts';

/** The header that every change by `/_sandbox/*` has; no page of another origin can send it. */
const controlHeader = 'Sandbox-Control';

const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** Refuses what comes under a name that only points to this machine (DNS rebinding). */
export function onlyByLoopbackName(): MiddlewareHandler<ConnectionEnv> {
  return async (c, next) => {
    const { incoming } = c.env ?? {};
    if (incoming === undefined || loopbackHost.test(incoming.headers.host ?? '')) return next();
    return c.json({ error: { message: 'The sandbox answers on this machine alone.' } }, 403);
  };
}

/** Lets programs of this machine through, and the pages that the sandbox itself shows. */
export function onlyOwnPrograms(): MiddlewareHandler<ConnectionEnv> {
  return async (c, next) => {
    const { incoming } = c.env ?? {};
    if (incoming === undefined) return next();
    const { host = '', origin } = incoming.headers;
    const site = c.req.header('sec-fetch-site') ?? 'none';
    const isVisit = c.req.method === 'GET' && c.req.header('sec-fetch-mode') === 'navigate';
    const isOwn = origin === undefined || origin === `http://${host}`;
    if (!isOwn || (site !== 'none' && site !== 'same-origin' && !isVisit)) {
      return c.json({ error: { message: 'Only programs on this machine may ask this.' } }, 403);
    }
    if (c.req.method !== 'GET' && c.req.header(controlHeader) === undefined) {
      const message = `A change needs the header ${controlHeader}: 1, which no web page can send.`;
      return c.json({ error: { message } }, 403);
    }
    return next();
  };
}
