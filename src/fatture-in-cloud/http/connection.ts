import { once } from 'node:events';
import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type ProxySettings, proxyAuthorization, proxyFor } from './proxy.ts';

/** How to reach a host. */
export interface ConnectionOptions {
  readonly proxy?: ProxySettings;
  /** A certificate authority (PEM) to trust in place of the system's. */
  readonly ca?: string;
}

/**
 * Opens a fresh connection and finishes its TLS handshake, certificate checked. Until it resolves not one
 * byte of a request has left; it rejects with the system's error, or the signal's reason.
 */
export async function openConnection(
  url: URL,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const proxy = proxyFor(url, options.proxy ?? {});
  const socket =
    proxy === undefined
      ? await openTcp(url, signal)
      : await openTunnel(url, proxy, options, signal);
  return url.protocol === 'https:' ? secure(socket, url, options, signal) : socket;
}

async function openTcp(url: URL, signal: AbortSignal): Promise<Socket> {
  return opened(connect({ host: hostOf(url), port: portOf(url) }), 'connect', signal);
}

async function secure(
  socket: Socket,
  url: URL,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const host = hostOf(url);
  const tls = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ALPNProtocols: ['http/1.1'],
  });
  return opened(tls, 'secureConnect', signal);
}

async function openTunnel(
  url: URL,
  proxy: URL,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const tcp = await openTcp(proxy, signal);
  const socket = proxy.protocol === 'https:' ? await secure(tcp, proxy, options, signal) : tcp;
  const target = `${url.hostname}:${portOf(url)}`;
  const authorization = proxyAuthorization(proxy);
  const tunnel = request({
    createConnection: () => socket,
    method: 'CONNECT',
    path: target,
    headers: {
      Host: target,
      ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization }),
    },
    signal,
  });
  tunnel.on('error', () => {});
  tunnel.end();
  // A proxy's refusal comes as the same event as its consent.
  const [answer] = (await once(tunnel, 'connect')) as [{ statusCode?: number }];
  if (Math.trunc((answer.statusCode ?? 0) / 100) === 2) return socket;
  socket.destroy();
  throw Object.assign(new Error('proxy refused'), { code: `proxy answered ${answer.statusCode}` });
}

async function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<Socket> {
  // A later failure is seen by the user of the socket; without a listener it would end the process.
  socket.on('error', () => {});
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
