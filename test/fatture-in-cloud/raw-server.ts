import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A server on 127.0.0.1 that speaks whatever a test tells it to, on the bare connection. */
export interface RawServer {
  readonly port: number;
  /** All bytes that ever arrived, as text. */
  received(): string;
  connections(): number;
  stop(): Promise<void>;
}

/** Starts a server; `speak` is called with each connection, and again never. */
export async function startRaw(
  speak: (socket: Socket) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<RawServer> {
  const open = new Set<Socket>();
  let received = '';
  let connections = 0;
  const listener = (socket: Socket): void => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    speak(socket);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('tlsClientError', () => {});
  const port = await listen(server);
  return {
    port,
    received: () => received,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Says `bytes` once a request has come in, and then does `next` with the connection. */
export function answerWith(bytes: string, next: (socket: Socket) => void = (it) => it.end()) {
  return (socket: Socket): void => {
    socket.once('data', () => {
      socket.write(bytes, () => next(socket));
    });
  };
}

/** A whole HTTP answer as bytes. */
export function httpAnswer(status: string, headers: readonly string[], body: string): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [`HTTP/1.1 ${status}`, ...headers, length, '', body].join('\r\n');
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
}
