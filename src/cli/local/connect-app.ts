import { type Context, Hono } from 'hono';
import type { ConsentPages } from '../../connection/local/pages.ts';
import { onlyOwnOrigin } from '../../console/own-origin.ts';
import { beginningOf } from './webhook-app.ts';

/** The pages for consent, under the names of this machine alone. */
export function connectApp(pages: ConsentPages): Hono {
  const app = new Hono();
  app.use('/connect/*', onlyOwnOrigin());
  app.all('/connect/*', async (c) => answered(c, pages));
  return app;
}

async function answered(c: Context, pages: ConsentPages): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const { status, headers, body } = await pages({
    method: c.req.method,
    path: pathname,
    query: search.slice(1),
    headers: Object.fromEntries(c.req.raw.headers),
    body: await beginningOf(c.req.raw),
  });
  return new Response(body, { status, headers });
}
