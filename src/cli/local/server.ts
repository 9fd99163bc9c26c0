import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { wrongUsage } from '../failure.ts';

/** A loopback port that is taken, and answers 503 until there is something to serve. */
export interface LocalServer {
  /** Without a slash at its end. */
  readonly url: string;
  serve(app: Hono): void;
  close(): Promise<void>;
}

const portsTried = 20;
const portMax = 65_535;

/** Opens `port` or the next free one; 0 takes any. Rejects with `Failure` if twenty in a row are taken. */
export async function onFreePort<T>(port: number, open: (port: number) => Promise<T>): Promise<T> {
  const last = Math.min(port + portsTried - 1, portMax);
  for (let tried = port; tried <= last; tried += 1) {
    try {
      return await open(tried);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw wrongUsage`ports ${port} to ${last} are taken: choose others, see --help`;
}

/** Takes a port of this machine; rejects with the system's error if it is taken. */
export async function listenLocally(port: number): Promise<LocalServer> {
  let app: Hono | undefined;
  const server = createAdaptorServer({
    fetch: (request: Request) => app?.fetch(request) ?? new Response(null, { status: 503 }),
    overrideGlobalObjects: false,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
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
