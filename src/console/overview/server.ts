import { Hono } from 'hono';
import type { Entrance } from '../entrance.ts';
import { onlyOwnOrigin } from '../own-origin.ts';
import type { Overview } from './overview.ts';
import { overviewPage, overviewPolicy, unreadablePage } from './page.ts';

/** The page of one connection, for browsers that came in by the entrance; `why` puts an error into words without values. */
export function overviewServer(
  connection: string,
  look: () => Promise<Overview>,
  { entrance, why }: { readonly entrance: Entrance; readonly why: (error: unknown) => string },
): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Content-Security-Policy', overviewPolicy());
  });
  app.use(onlyOwnOrigin());
  app.use(entrance.guard);
  app.get('/', async (c) => {
    try {
      return c.html(overviewPage(await look()));
    } catch (error) {
      return c.html(unreadablePage(connection, why(error)), 503);
    }
  });
  app.notFound((c) => c.text('nothing is here: the page is at /', 404));
  return app;
}
