import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type Failure, tryAgain } from '../failure.ts';
import { endedPage, strayPage } from './redirect-page.ts';

const portsTried = 20;
const waitMaxMs = 10 * 60_000;

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
  /** The first redirect that is owned, whatever else comes; rejects with `Failure` after ten minutes without one. */
  arrival(owns: (redirect: string) => boolean): Promise<Arrival>;
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
  const { first, answer, own } = firstRedirect();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    if (!isRedirect(request, registered.pathname))
      return void send(response, 404, 'nothing here\n');
    answer(request.url ?? '', response);
  };
  const { port, servers } = await bind(handle, registered, anyPort);
  registered.port = String(port);
  return {
    // The registered text itself where its port was free: the provider compares it as a text.
    redirectUri: port === portOf(redirectUri) ? redirectUri : registered.href,
    arrival: (owns) => {
      own(owns);
      return withPatience(first);
    },
    close: () => closeAll(servers),
  };
}

/** Takes the first redirect that is owned, and shows the way to every other. */
function firstRedirect() {
  let owns = (_: string): boolean => false;
  let arrived: (arrival: Arrival) => void = () => undefined;
  let isTaken = false;
  return {
    first: new Promise<Arrival>((resolve) => {
      arrived = resolve;
    }),
    own: (owned: typeof owns) => {
      owns = owned;
    },
    answer: (redirect: string, response: ServerResponse) => {
      if (isTaken) return void send(response, 410, endedPage());
      if (!owns(redirect)) return void send(response, 400, strayPage());
      isTaken = true;
      arrived({ redirect, reply: (page) => send(response, 200, page) });
    },
  };
}

function isRedirect(request: IncomingMessage, path: string): boolean {
  const [target = ''] = (request.url ?? '').split('?', 1);
  return request.method === 'GET' && target === path;
}

function portOf(redirectUri: string): number {
  return Number(new URL(redirectUri).port || 80);
}

interface Bound {
  readonly port: number;
  readonly servers: readonly Server[];
}

async function bind(handle: RequestListener, url: URL, anyPort: boolean): Promise<Bound> {
  const first = portOf(url.href);
  for (let port = first; port < first + portsTried; port += 1) {
    const bound = await bindPort(handle, url.hostname, port);
    if (Array.isArray(bound)) return { port, servers: bound };
    if (!anyPort || bound.code !== 'EADDRINUSE') throw notFree(url.href, port, bound);
  }
  throw notFree(url.href, first, { code: 'EADDRINUSE', address: url.hostname });
}

interface NotBound {
  readonly code: string;
  readonly address: string;
}

/** A browser may take either address of `localhost`; a machine may have only one. */
async function bindPort(
  handle: RequestListener,
  hostname: string,
  port: number,
): Promise<Server[] | NotBound> {
  const addresses =
    hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname.replace(/[[\]]/g, '')];
  const servers: Server[] = [];
  let missing: NotBound | undefined;
  for (const address of addresses) {
    const server = createServer(handle);
    const code = await listens(server, port, address);
    if (code === undefined) servers.push(server);
    else if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') missing = { code, address };
    else {
      await closeAll(servers);
      return { code, address };
    }
  }
  return servers.length === 0 && missing !== undefined ? missing : servers;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  for (const server of servers) server.closeAllConnections();
  await Promise.all(closed);
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

function notFree(redirectUri: string, port: number, { code, address }: NotBound): Failure {
  const why = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`;
  return tryAgain`port ${port} of ${address} ${why}, and the provider sends the browser to ${redirectUri}: free it, or use --paste`;
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
        tryAgain`nobody came back from the provider within 10 minutes: run fresco login again`,
      );
    }, waitMaxMs);
  });
  return Promise.race([arrival, late]).finally(() => clearTimeout(timer));
}
