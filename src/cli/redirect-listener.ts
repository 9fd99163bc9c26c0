import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Failure } from './failure.ts';
import { endedPage } from './redirect-page.ts';

const portsTried = 20;
const patienceMs = 10 * 60_000;

/** A redirect as it arrived, and the way to answer the browser that brought it. */
export interface Arrival {
  /** Path and query, or what a person pasted. */
  readonly redirect: string;
  /** Shows a page; resolves when it has been sent. */
  reply(page: string): Promise<void>;
}

/** A page on loopback that waits for one redirect. */
export interface RedirectListener {
  /** The redirect URI that it listens on: the registered one, or the same on the next free port. */
  readonly redirectUri: string;
  /** The first redirect; rejects with `Failure` after ten minutes without one. */
  arrival(): Promise<Arrival>;
  close(): Promise<void>;
}

/** Whether the redirect goes to this machine, where a page of ours can take it. */
export function isLoopbackRedirect(redirectUri: string): boolean {
  const url = new URL(redirectUri);
  return url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

/** Listens on a redirect URI; `anyPort` moves on where its port is taken. Rejects with `Failure`. */
export async function listenForRedirect(
  redirectUri: string,
  anyPort: boolean,
): Promise<RedirectListener> {
  const registered = new URL(redirectUri);
  let arrived: (arrival: Arrival) => void = () => undefined;
  const first = new Promise<Arrival>((resolve) => {
    arrived = resolve;
  });
  let isTaken = false;
  const server = createServer((request, response) => {
    if (!isRedirect(request, registered.pathname))
      return void send(response, 404, 'nothing here\n');
    if (isTaken) return void send(response, 410, endedPage());
    isTaken = true;
    const reply = (page: string) => send(response, 200, page);
    arrived({ redirect: request.url ?? '', reply });
  });
  const port = await bind(server, registered, anyPort);
  registered.port = String(port);
  return {
    // The registered text itself where its port was free: the provider compares it as a text.
    redirectUri: port === portOf(redirectUri) ? redirectUri : registered.href,
    arrival: () => withPatience(first),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function isRedirect(request: IncomingMessage, path: string): boolean {
  const [target = ''] = (request.url ?? '').split('?', 1);
  return request.method === 'GET' && target === path;
}

function portOf(redirectUri: string): number {
  return Number(new URL(redirectUri).port || 80);
}

async function bind(server: Server, url: URL, anyPort: boolean): Promise<number> {
  const first = Number(url.port || 80);
  const host = url.hostname === '[::1]' ? '::1' : '127.0.0.1';
  for (let port = first; port < first + portsTried; port += 1) {
    const code = await listens(server, port, host);
    if (code === undefined) return port;
    if (!anyPort || code !== 'EADDRINUSE') throw notFree(url.href, port, code);
  }
  throw notFree(url.href, first, 'EADDRINUSE');
}

function listens(server: Server, port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name);
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}

function notFree(redirectUri: string, port: number, code: string): Failure {
  const why = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`;
  return new Failure(
    'retry',
    `port ${port} ${why}, and the provider sends the browser to ${redirectUri}: free it, or use --paste`,
  );
}

function send(response: ServerResponse, status: number, body: string): Promise<void> {
  response.writeHead(status, {
    'Content-Type': `text/${body.startsWith('<!') ? 'html' : 'plain'}; charset=utf-8`,
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
    // The address of this page holds the code.
    'Referrer-Policy': 'no-referrer',
    Connection: 'close',
  });
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.end(body);
  });
}

function withPatience(arrival: Promise<Arrival>): Promise<Arrival> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new Failure(
          'retry',
          'nobody came back from the provider within 10 minutes: run fresco login again',
        ),
      );
    }, patienceMs);
  });
  return Promise.race([arrival, late]).finally(() => clearTimeout(timer));
}
