import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';

/** A server on 127.0.0.1 with a port of the system's choice. */
export interface Loopback {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Breaks every open connection, hanging ones too. */
  stop(): Promise<void>;
}

/** Starts a server on loopback. A listener that throws or rejects is a defect of the double: it answers 599. */
export async function startLoopback(
  listener: (...call: Parameters<RequestListener>) => Promise<void>,
  options: { readonly keepAliveTimeout?: number } = {},
): Promise<Loopback> {
  const server = createServer(options, (request, response) => {
    listener(request, response).catch((cause: unknown) => {
      if (!response.headersSent) response.statusCode = 599;
      response.end(`the double failed: ${cause instanceof Error ? cause.message : 'unknown'}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { endpoint: endpointOf(server), stop: () => stop(server) };
}

/** The whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function endpointOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('the loopback server has no port');
  }
  return `http://127.0.0.1:${address.port}`;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
