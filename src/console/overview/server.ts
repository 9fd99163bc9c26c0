import type { Hono } from 'hono';
import type { Entrance } from '../entrance.ts';
import { pageApp } from '../page-app.ts';
import type { Overview } from './overview.ts';
import { overviewPage, overviewPolicy, unreadablePage } from './page.ts';

/** The page of one connection, for browsers that came in by the entrance; `why` puts an error into words without values. */
export function overviewServer(
  connection: string,
  look: () => Promise<Overview>,
  { entrance, why }: { readonly entrance: Entrance; readonly why: (error: unknown) => string },
): Hono {
  const app = pageApp(entrance, overviewPolicy);
  app.get('/', async (c) => {
    try {
      return c.html(overviewPage(await look()));
    } catch (error) {
      return c.html(unreadablePage(connection, why(error)), 503);
    }
  });
  return app;
}
