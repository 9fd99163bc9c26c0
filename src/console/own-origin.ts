import type { Context, MiddlewareHandler } from 'hono';

const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/**
 * Lets through what a person at this machine asks for. A name that only points here (DNS rebinding), a page
 * of another origin that reads, and one that presses buttons (CSRF) get 403.
 */
export function onlyOwnOrigin(): MiddlewareHandler {
  return async (c, next) => {
    if (isStrange(c)) return c.text('only this page itself may ask, and only on this machine', 403);
    await next();
    return undefined;
  };
}

function isStrange(c: Context): boolean {
  const host = c.req.header('host') ?? '';
  if (!loopbackHost.test(host)) return true;
  const origin = c.req.header('origin');
  if (origin !== undefined && origin !== `http://${host}`) return true;
  const site = c.req.header('sec-fetch-site') ?? 'none';
  // Another page may lead to this one by a link, and to nothing else of it.
  const isVisit = c.req.method === 'GET' && c.req.header('sec-fetch-mode') === 'navigate';
  return site !== 'none' && site !== 'same-origin' && !isVisit;
}
