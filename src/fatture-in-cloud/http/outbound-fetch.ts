import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { openConnection } from './connection.ts';
import { within } from './deadline.ts';
import { type ProxySettings, proxyFor } from './proxy.ts';

const connectMs = 10_000;

/**
 * `fetch` by the way that everything else goes: the runtime's, or through the proxy that is set. Redirects are
 * answers: the caller decides where a request goes.
 */
export function outboundFetch(proxy: ProxySettings): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, { ...init, redirect: 'manual' });
    const url = new URL(request.url);
    if (proxyFor(url, proxy) === undefined) return globalThis.fetch(request);
    const socket = await within(connectMs, (signal) =>
      openConnection(url, { proxy }, AbortSignal.any([request.signal, signal])),
    ).catch((cause: unknown) => {
      request.signal.throwIfAborted();
      throw new TypeError('fetch failed', { cause });
    });
    return responseOf(await exchange(socket, request, url));
  };
}

async function exchange(socket: Socket, request: Request, url: URL): Promise<IncomingMessage> {
  const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: {
        Accept: '*/*',
        'User-Agent': 'fresco',
        ...Object.fromEntries(request.headers),
        Host: url.host,
        Connection: 'close',
        'Accept-Encoding': 'identity',
        ...(body === undefined ? {} : { 'Content-Length': body.length }),
      },
      signal: request.signal,
    });
    outgoing.on('error', (cause) =>
      reject(
        request.signal.aborted ? request.signal.reason : new TypeError('fetch failed', { cause }),
      ),
    );
    outgoing.on('response', resolve);
    outgoing.end(body);
  });
}

function responseOf(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = incoming;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  }
  const isEmpty = [204, 205, 304].includes(status);
  if (isEmpty) incoming.resume();
  const body = isEmpty ? null : (Readable.toWeb(incoming) as ReadableStream);
  return new Response(body, { status, statusText, headers });
}
