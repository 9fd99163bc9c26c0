import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { consoleServer } from '../console/console-server.ts';
import type { ConsoleConnection } from '../console/view.ts';
import type { LocalSystem } from '../wiring/local-system.ts';

/** A loopback port that is taken, and answers 503 until there is something to serve. */
export interface LocalServer {
  readonly url: string;
  serve(app: Hono): void;
  close(): Promise<void>;
}

/** Path of the webhook receiver on the local server. */
export const webhookPath = '/webhooks';

const portsTried = 20;

/** Opens `port` or the next free one; 0 takes any. Rejects if twenty in a row are taken. */
export async function onFreePort<T>(port: number, open: (port: number) => Promise<T>): Promise<T> {
  for (let tried = port; ; tried += 1) {
    try {
      return await open(tried);
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || port === 0 || tried >= port + portsTried) throw error;
    }
  }
}

/** Takes a port of this machine; rejects if it is taken. */
export async function listenLocally(port: number): Promise<LocalServer> {
  let app: Hono | undefined;
  const server = createAdaptorServer({
    fetch: (request: Request) => app?.fetch(request) ?? new Response(null, { status: 503 }),
    overrideGlobalObjects: false,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${taken}`,
    serve: (served) => {
      app = served;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The console page and the webhook receiver. */
export function localApp(
  system: LocalSystem,
  connection: ConsoleConnection,
  sandboxUrl: string | undefined,
): Hono {
  const app = new Hono();
  app.all(webhookPath, async (c) => {
    const { status, body } = await system.receive({
      method: c.req.method,
      headers: Object.fromEntries(c.req.raw.headers),
      query: new URL(c.req.url).search.slice(1),
      body: await c.req.text(),
    });
    return c.body(body, status, { 'content-type': 'application/json' });
  });
  app.route('/', consoleServer(connection, sandboxUrl));
  return app;
}
