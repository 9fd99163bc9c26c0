import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { actions, isAction } from './actions.ts';
import { page } from './page.ts';
import type { ConsoleConnection } from './view.ts';

const refreshEveryMs = 1_000;
const listenersMax = 16;

/** The console page and what it needs; `sandboxUrl` is where the faults are. */
export function consoleServer(connection: ConsoleConnection, sandboxUrl: string | undefined): Hono {
  const app = new Hono();
  let listeners = 0;
  app.use(async (c, next) => {
    // A page of another site must neither read this one nor press its buttons.
    const { hostname } = new URL(c.req.url);
    const origin = c.req.header('origin');
    const strange = origin !== undefined && new URL(origin).host !== c.req.header('host');
    if (!isLoopback(hostname) || strange) return c.text('only this machine may look here', 403);
    await next();
    c.header('Cache-Control', 'no-store');
    c.header(
      'Content-Security-Policy',
      "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    );
    return undefined;
  });
  app.get('/', (c) => c.html(page({ sandboxUrl })));
  app.get('/connection', async (c) => c.json(await connection.look()));
  app.get('/moments', (c) => {
    if (listeners >= listenersMax) return c.text('too many pages are open', 429);
    listeners += 1;
    return streamSSE(c, async (stream) => {
      const end = connection.subscribe((moment) => {
        void stream.writeSSE({ event: 'moment', data: JSON.stringify(moment) });
      });
      stream.onAbort(() => {
        end();
        listeners -= 1;
      });
      while (!stream.aborted) {
        const view = await connection.look();
        await stream.writeSSE({ event: 'connection', data: JSON.stringify(view) });
        await stream.sleep(refreshEveryMs);
      }
    });
  });
  app.post('/actions/:name', async (c) => {
    const name = c.req.param('name');
    if (!isAction(name)) return c.json({ error: `there is no action ${name}` }, 404);
    const text = await actions[name]({ connection, sandboxUrl });
    return c.json({ text });
  });
  return app;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
