import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Sandbox } from './sandbox.ts';

/** A sandbox that can be reached. */
export interface Listening {
  /** Without a slash at its end: `http://127.0.0.1:4010`. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection at once, hung and kept-alive ones too, and frees the port. */
  close(): Promise<void>;
}

/** Where to listen; port 0 takes a free one. */
export interface ListenOptions {
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
}

const kickEveryMs = 200;

/** Puts a sandbox on a port; rejects if that is taken. Retries of webhooks run by this machine's timers. */
export async function listen(sandbox: Sandbox, options: ListenOptions): Promise<Listening> {
  const host = options.host ?? '127.0.0.1';
  const server = createAdaptorServer({
    fetch: (request, env) => sandbox.fetch(request, env as Parameters<Sandbox['fetch']>[1]),
    overrideGlobalObjects: false,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const timer = setInterval(() => sandbox.kick(), kickEveryMs);
  timer.unref();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${host}:${port}`,
    port,
    close: () => {
      clearInterval(timer);
      return closeServer(server);
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
