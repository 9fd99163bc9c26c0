import { type IncomingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { listenLocally } from '../../src/cli/local/server.ts';
import { consoleServer } from '../../src/console/console-server.ts';
import { createEntrance } from '../../src/console/entrance.ts';
import type {
  ConnectionView,
  ConsoleConnection,
  ConsoleSandbox,
  Done,
  Moment,
  TokenView,
} from '../../src/console/view.ts';

export const hourMs = 3_600_000;
export const issuedAtMs = Date.parse('2026-11-24T07:20:00Z');

export const freshToken: TokenView = {
  grant: 1,
  generation: 6,
  attempt: 2,
  issuedAtMs,
  expiresAtMs: issuedAtMs + 24 * hourMs,
  refreshFromMs: issuedAtMs + 12 * hourMs,
  fingerprint: '0badcafe',
};

export const freshView: ConnectionView = {
  connection: 'default',
  store: 'file store /var/lib/fresco',
  provider: 'http://127.0.0.1:4010',
  nowMs: issuedAtMs + 6 * hourMs,
  token: freshToken,
  isRejected: false,
  isForgotten: false,
  uncertainSinceMs: null,
  seals: 0,
  leaseUntilMs: null,
  waitingUntilMs: null,
  latch: null,
  connectUrl: 'http://127.0.0.1:4000/connect/default',
  pausedSinceMs: null,
  failingSinceMs: null,
  history: [{ atMs: issuedAtMs, outcome: 'logged-in', generation: 6 }],
  stored: { lease: null, dispatch: null, seals: [], grant: [], accessToken: [] },
  webhooks: null,
  killed: null,
};

/** A connection that shows what it is told to, and remembers what was asked of it. */
export interface FakeConnection extends ConsoleConnection {
  readonly asked: string[];
  /** How many hear of moments now. */
  readonly listeners: number;
  show(view: ConnectionView | Error): void;
  happen(moment: Moment): void;
}

export function fakeConnection(options: {
  readonly recent?: readonly Moment[];
  readonly rotate?: () => Promise<Done>;
  readonly sandboxUrl?: string;
}): FakeConnection {
  const listeners = new Set<(moment: Moment) => void>();
  const asked: string[] = [];
  const noted = (name: string) => void asked.push(name);
  let shown: ConnectionView | Error = freshView;
  const sandbox = options.sandboxUrl === undefined ? {} : fakeSandbox(options.sandboxUrl, noted);
  return {
    asked,
    get listeners() {
      return listeners.size;
    },
    show: (view) => {
      shown = view;
    },
    happen: (moment) => {
      for (const listener of listeners) listener(moment);
    },
    look: async () => {
      if (shown instanceof Error) throw shown;
      return shown;
    },
    rotate: async () => {
      noted('rotate');
      return options.rotate?.() ?? { tone: 'good', text: 'rotated' };
    },
    recent: () => options.recent ?? [],
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ...sandbox,
  };
}

function fakeSandbox(url: string, noted: (name: string) => void): { sandbox: ConsoleSandbox } {
  return {
    sandbox: {
      url,
      advance: (seconds) => noted(`advance ${seconds}`),
      consent: async () => {
        noted('consent');
        return { tone: 'good', text: 'logged in' };
      },
      tell: async ({ text }, kills) => noted(`tell ${text}${kills ? `: no ${kills}` : ''}`),
      kill: async (step) => {
        noted(`kill ${step}`);
        return { tone: 'bad', text: 'killed' };
      },
      nextRun: async () => {
        noted('next run');
        return { tone: 'good', text: 'recovered' };
      },
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Goes in by an address that works once: the page's origin, and the cookie that it gave. */
export async function enter(address: string): Promise<{ origin: string; cookie: string }> {
  const answer = await fetch(address, { redirect: 'manual' });
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  return { origin: new URL(address).origin, cookie };
}

/** The console on a free port, closed when the test ends, seen by somebody who came in by its address. */
export async function startConsole(
  connection: ConsoleConnection,
  clock: { nowMs: () => number } = { nowMs: () => 0 },
): Promise<{
  readonly url: string;
  readonly host: string;
  readonly cookie: string;
  /** Addresses that came after the first. */
  readonly newPaths: readonly string[];
  /** A request whose headers are these and no others. */
  send(method: string, path: string, headers?: Record<string, string>): Promise<Answer>;
  press(name: string): Promise<{ readonly status: number; readonly said: Record<string, string> }>;
}> {
  const server = await listenLocally(0);
  onTestFinished(() => server.close());
  const newPaths: string[] = [];
  const entrance = createEntrance((path) => newPaths.push(path));
  server.serve(consoleServer(connection, entrance, clock.nowMs));
  const { host } = new URL(server.url);
  const { cookie } = await enter(server.url + entrance.path);
  const send = (method: string, path: string, headers: Record<string, string> = {}) =>
    sendRaw(server.url, method, path, { host, cookie, ...headers });
  return {
    url: server.url,
    host,
    cookie,
    newPaths,
    send,
    press: async (name) => {
      const { status, body } = await send('POST', `/actions/${name}`, { origin: server.url });
      return { status, said: JSON.parse(body) };
    },
  };
}

/** A request with these headers; fetch would set some of them itself. */
export function sendRaw(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers }, async (response) => {
      let body = '';
      // A stream that never ends is answered once its head is there.
      if (response.headers['content-type'] === 'text/event-stream') response.destroy();
      else for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    sent.on('error', reject);
    sent.end();
  });
}
