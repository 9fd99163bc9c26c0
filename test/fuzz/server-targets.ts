import { connect } from 'node:net';
import fc from 'fast-check';
import { listenForRedirect, type RedirectListener } from '../../src/cli/login/redirect-listener.ts';
import { listenForCallers, type TokenServer } from '../../src/cli/token/server.ts';
import type { Connection } from '../../src/connection/connection.ts';
import { Secret } from '../../src/core/secret.ts';
import { seededRandom } from '../../src/sandbox/oauth/mint.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { MemorySecret } from '../core/memory-connection.ts';
import { startLoopback } from '../doubles/http/loopback.ts';
import { hostileHeaders, hostileJson, hostileText } from './hostile.ts';
import { type Ending, type Target, target } from './target.ts';

const sandbox = createSandbox({ random: seededRandom(1), wait: async () => undefined });

const paths = [
  '/oauth/token',
  '/oauth/authorize',
  '/oauth/device',
  '/user/info',
  '/user/companies',
  '/c/108061/entities/clients',
  '/c/108061/subscriptions',
  '/_sandbox/state',
  '/_sandbox/faults',
  '/_sandbox/grants',
  '/_sandbox/changes',
];
const bodies = [
  { grant_type: 'refresh_token', client_id: 'sandbox-client', refresh_token: 'r/0001invented' },
  { rotationMode: 'grace', graceSeconds: 30, accessTokenSeconds: 3600 },
  { data: { sink: 'https://hooks.example.com', types: ['t'], verification_method: 'header' } },
  { scope: 'products:r', direct: true },
  { type: 'entities.clients.update', count: 1 },
];

const sandboxRequests = target('requests to the sandbox', {
  share: 3,
  input: fc.record({
    method: fc.constantFrom('GET', 'POST', 'POST', 'PUT', 'DELETE'),
    path: fc.constantFrom(...paths),
    query: fc.oneof(hostileText, fc.constant("q=name like '%x%' and (id > 3)&sort=-id&page=2")),
    type: fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain'),
    headers: hostileHeaders({ authorization: 'Bearer a/0001invented', accept: '*/*' }),
    body: fc.oneof(...bodies.map(hostileJson)),
  }),
  feed: async ({ method, path, query, type, headers, body }): Promise<Ending> => {
    const { status } = await sandbox.fetch(
      new Request(`http://127.0.0.1${path}?${encodeURI(query.replace(/\p{Cs}/gu, ''))}`, {
        method,
        headers: { ...onlyBytes(headers), 'content-type': type },
        ...(method === 'GET' ? {} : { body }),
      }),
    );
    // Faults that inputs have set show as themselves: what failed unasked says so.
    if (status === 500) throw new Error('the sandbox failed');
    return status < 400 ? 'taken' : 'refused';
  },
});

function onlyBytes(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\x20-\x7e]/g, '')]),
  );
}

/** A request line and headers as bytes, which no client of HTTP would send. */
const rawRequest = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'HEAD'),
    path: fc.oneof(
      fc.constantFrom('/callback?code=c', '/token', '/token?min_validity=5m', '/token?rejected=1'),
      fc.constantFrom('//', '*', '//x:y', '?'),
      hostileText.map((text) => `/${text.replace(/[^\x21-\x7e]/g, '')}`),
      hostileText.map((text) => text.replace(/[^\x21-\x7e]/g, '') || '/'),
    ),
    secret: fc.constantFrom('invented-caller-secret', 'invented-caller-secret', 'another', ''),
  })
  .map(
    ({ method, path, secret }) =>
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nConnection: close\r\n\r\n`,
  );

/** The first line of the answer; empty where the server has hung up. */
function spoken(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer.split('\r\n', 1)[0] ?? ''));
  });
}

async function fedServer(port: number, text: string): Promise<Ending> {
  const [, status] = (await spoken(port, text)).split(' ');
  if (status === undefined || status === '500') throw new Error('the server has no answer');
  return /^(2|410|503)/.test(status) ? 'taken' : 'refused';
}

const unavailable = { kind: 'unavailable', detail: 'invented' } as const;
const connection: Pick<Connection, 'tokens' | 'clock' | 'accessToken'> = {
  accessToken: new MemorySecret(),
  tokens: { obtain: async () => unavailable, rejected: async () => unavailable },
  clock: { nowMs: () => 0, monotonicMs: () => 0, wait: async () => undefined },
};

/** The servers that people's browsers and jobs reach on loopback. */
export interface Servers {
  readonly redirect: RedirectListener;
  readonly tokens: TokenServer;
}

export async function startServers(): Promise<Servers> {
  // Port 0 is no address that a provider could send a browser to.
  const free = await startLoopback(async () => undefined);
  await free.stop();
  const redirect = await listenForRedirect(`${free.endpoint}/callback`, true);
  // The first redirect ends the login, which answers it; later ones are told that it has ended.
  redirect
    .arrival(() => true)
    .then(
      ({ reply }) => reply('<!doctype html>'),
      // None came while there was patience for one.
      () => undefined,
    );
  const secret = new Secret('invented-caller-secret');
  return { redirect, tokens: await listenForCallers(connection as Connection, secret, 0) };
}

/** What reaches a server of ours; `servers` as started. */
export function serverTargets({ redirect, tokens }: Servers): readonly Target[] {
  const portIn = (url: string) => Number(new URL(url).port);
  return [
    sandboxRequests,
    target('requests to the page that ends a login', {
      share: 1,
      input: rawRequest,
      feed: (text) => fedServer(portIn(redirect.redirectUri), text),
    }),
    target('requests to fresco serve', {
      share: 1,
      input: rawRequest,
      feed: (text) => fedServer(portIn(tokens.url), text),
    }),
  ];
}
