import { Hono } from 'hono';
import type { Entrance } from './entrance.ts';
import { onlyOwnOrigin } from './own-origin.ts';

/** A page of this machine, for browsers that came in by the entrance; `policy` says what it may load. */
export function pageApp(entrance: Entrance, policy: string): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Content-Security-Policy', policy);
  });
  app.use(onlyOwnOrigin());
  app.use(entrance.guard);
  app.notFound((c) => c.text('nothing is here: the page is at /', 404));
  return app;
}
