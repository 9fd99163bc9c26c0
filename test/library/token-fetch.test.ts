import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { outboundFetch } from '../../src/fatture-in-cloud/http/outbound-fetch.ts';
import { type TokenFetchOptions, tokenFetch } from '../../src/library/token-fetch.ts';
import { type Loopback, startLoopback } from '../doubles/http/loopback.ts';
import { settle, steppedClock } from '../local/stepped-clock.ts';

interface Scripted {
  readonly status: number;
  readonly retryAfter?: string;
}

/** An API that answers as told, in order, and a token source whose tokens count up. */
async function api(answers: readonly Scripted[], options: Partial<TokenFetchOptions> = {}) {
  const script = [...answers];
  const seen: { readonly authorization: string | undefined; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    seen.push({
      authorization: request.headers.authorization,
      body: await bodyOf(request),
    });
    const { status, retryAfter } = script.shift() ?? { status: 500 };
    response.writeHead(status, retryAfter === undefined ? {} : { 'Retry-After': retryAfter });
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(script, 'answers that nobody asked for').toEqual([]);
  });
  const clock = steppedClock();
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = tokenFetch({
    clock,
    baseUrl,
    fetch: globalThis.fetch,
    waitMaxMs: 60_000,
    token: async () => new Secret('a/0001invented', baseUrl),
    rejected: async () => new Secret('a/0002invented', baseUrl),
    ...options,
  });
  return { clock, seen, send, baseUrl };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Moves the clock second by second until the answer is there; how many seconds that took. */
async function secondsUntil(
  clock: ReturnType<typeof steppedClock>,
  answer: Promise<Response>,
): Promise<{ readonly status: number; readonly seconds: number }> {
  let status: number | undefined;
  void answer.then((response) => {
    status = response.status;
  });
  const startMs = clock.monotonicMs();
  while (status === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await settle();
    // Requests take real time: the clock moves only while somebody waits for it.
    if (status === undefined && clock.sleepers > 0) await clock.advance(500);
  }
  return { status, seconds: (clock.monotonicMs() - startMs) / 1000 };
}

describe('where the API asks for patience', () => {
  it.each([
    [403, 'POST'],
    [429, 'POST'],
    [503, 'PUT'],
  ])(
    '%i with Retry-After to a %s is waited for and sent again, body and all',
    async (status, method) => {
      const { clock, seen, send } = await api([{ status, retryAfter: '20' }, { status: 200 }]);
      const answer = send('/c/1/receipts', { method, body: 'receipt' });
      const { status: last, seconds } = await secondsUntil(clock, answer);
      expect(last).toBe(200);
      expect(seconds).toBeGreaterThanOrEqual(20);
      expect(seen.map(({ body }) => body)).toEqual(['receipt', 'receipt']);
    },
  );

  it.each(['POST', 'PATCH'])('503 to a %s may be an invoice: it is sent once', async (method) => {
    const { clock, seen, send } = await api([{ status: 503, retryAfter: '1' }]);
    const answer = send('/c/1/invoices', { method, body: 'invoice' });
    expect((await secondsUntil(clock, answer)).status).toBe(503);
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['no wait', '0'],
    ['a moment that is past', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ])('%s is asked for again and again: waits grow from a second on, and end', async (_, value) => {
    const wait = { status: 429, retryAfter: value };
    const { clock, seen, send } = await api([wait, wait, wait], { waitMaxMs: 3000 });
    const { status, seconds } = await secondsUntil(clock, send('/'));
    expect([status, seen.length]).toEqual([429, 3]);
    expect(seconds).toBeGreaterThanOrEqual(3);
  });

  it('whatever it may wait, it asks ten times at most', async () => {
    const answers = Array.from({ length: 10 }, () => ({ status: 429, retryAfter: '0' }));
    const { clock, send } = await api(answers, { waitMaxMs: 40 * 86_400_000 });
    expect((await secondsUntil(clock, send('/'))).status).toBe(429);
  });

  it.each([
    { name: 'exactly as long as it may', retryAfter: '60', wanted: 200 },
    { name: 'a second longer', retryAfter: '61', wanted: 429 },
  ])('a wait of $name ends with $wanted', async ({ retryAfter, wanted }) => {
    const answers = [{ status: 429, retryAfter }, ...(wanted === 200 ? [{ status: 200 }] : [])];
    const { clock, send } = await api(answers);
    expect((await secondsUntil(clock, send('/'))).status).toBe(wanted);
  });

  it('waits in steps, so that what was given up keeps no process alive for long', async () => {
    const { clock, send } = await api([{ status: 429, retryAfter: '45' }, { status: 200 }]);
    const steps: number[] = [];
    const wait = clock.wait.bind(clock);
    Object.assign(clock, {
      wait: (ms: number) => {
        steps.push(ms);
        return wait(ms);
      },
    });
    await secondsUntil(clock, send('/'));
    expect(Math.max(...steps)).toBeLessThanOrEqual(10_000);
  });

  it('the waits of one call count together', async () => {
    const wait = { status: 429, retryAfter: '25' };
    const { clock, send } = await api([wait, wait, wait]);
    expect((await secondsUntil(clock, send('/'))).status).toBe(429);
  });

  it.each([403, 429, 503, 500])('%i without Retry-After is answered as it is', async (status) => {
    const { send, seen } = await api([{ status }]);
    expect((await send('/')).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  it('whoever gives up waits no longer', async () => {
    const { send, seen } = await api([{ status: 429, retryAfter: '20' }]);
    const giveUp = new AbortController();
    const answer = send('/', { signal: giveUp.signal });
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    giveUp.abort(new Error('no longer wanted'));
    await expect(answer).rejects.toThrow('no longer wanted');
  });
});

describe('after a 401', () => {
  it('the request goes out once more with the other token', async () => {
    const { send, seen } = await api([{ status: 401 }, { status: 200 }]);
    expect((await send('/')).status).toBe(200);
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      'Bearer a/0001invented',
      'Bearer a/0002invented',
    ]);
  });

  it('and not a third time', async () => {
    const { send } = await api([{ status: 401 }, { status: 401 }]);
    expect((await send('/')).status).toBe(401);
  });

  it('there is no second request if the token is good after all', async () => {
    const { send } = await api([{ status: 401 }], { rejected: async (token) => token });
    expect((await send('/')).status).toBe(401);
  });
});

it('a Request is sent as it is, but for the token', async () => {
  const { send, seen, baseUrl } = await api([{ status: 200 }]);
  const headers = { Authorization: 'Bearer a/0009invented' };
  const response = await send(
    new Request(`${baseUrl}/`, { method: 'PUT', body: 'whole', headers }),
  );
  expect(response.status).toBe(200);
  expect(seen).toEqual([{ authorization: 'Bearer a/0001invented', body: 'whole' }]);
});

it('a path is below the base, also where that has a path of its own', async () => {
  const seen: (string | undefined)[] = [];
  const server = await startLoopback(async (request, response) => {
    seen.push(request.url);
    response.end('{}');
  });
  onTestFinished(() => server.stop());
  const { origin } = new URL(server.endpoint);
  const token = async () => new Secret('a/0001invented', origin);
  const parts = { clock: steppedClock(), fetch: globalThis.fetch, waitMaxMs: 0, token };
  const send = tokenFetch({ ...parts, baseUrl: `${origin}/gateway`, rejected: token });
  await send('/user/info?fields=id');
  await send(`${origin}/gateway/user/info`);
  expect(seen).toEqual(['/gateway/user/info?fields=id', '/gateway/user/info']);
  await expect(send('//elsewhere.example/user/info')).rejects.toThrow(TypeError);
});

describe('a redirect', () => {
  /** An API that redirects whatever comes, and where it redirects to. */
  async function redirecting(status: number, isHome = false) {
    const seen: string[] = [];
    const note = async (request: IncomingMessage, server: string) => {
      const { authorization = '', 'x-own': own = '' } = request.headers;
      const body = await bodyOf(request);
      seen.push([server, request.method, request.url, authorization, own, body].join(' ').trim());
    };
    const target = await startLoopback(async (request, response) => {
      await note(request, 'other');
      response.end('there');
    });
    const home: Loopback = await startLoopback(async (request, response) => {
      await note(request, 'home');
      const isFirst = request.url === '/first';
      const location = `${isHome ? '' : target.endpoint}/second`;
      response.writeHead(isFirst ? status : 200, isFirst ? { location } : {});
      response.end('here');
    });
    onTestFinished(async () => void (await Promise.all([target.stop(), home.stop()])));
    const token = async () => new Secret('a/0001invented', home.endpoint);
    const parts = { clock: steppedClock(), fetch: outboundFetch({}), waitMaxMs: 0 };
    const send = tokenFetch({ ...parts, baseUrl: home.endpoint, token, rejected: token });
    return { send, seen };
  }
  const first = (method: string) => `home ${method} /first Bearer a/0001invented mine`;
  const headers = { 'X-Own': 'mine' };

  it.each([301, 302, 303, 307, 308])('(%i) of a GET leaves everything at home', async (status) => {
    const { send, seen } = await redirecting(status);
    expect(await (await send('/first', { headers })).text()).toBe('there');
    expect(seen).toEqual([first('GET'), 'other GET /second']);
  });

  it.each([307, 308])('(%i) of a POST to another host is not followed', async (status) => {
    const { send, seen } = await redirecting(status);
    const sent = send('/first', { method: 'POST', body: 'invoice', headers });
    await expect(sent).rejects.toThrow(/^redirected to http:.*, where neither the token/);
    expect(seen).toEqual([`${first('POST')} invoice`]);
  });

  it.each([
    [303, 'GET', ''],
    [307, 'POST', ' invoice'],
  ])('(%i) within the API takes the token along', async (status, method, body) => {
    const { send, seen } = await redirecting(status, true);
    await send('/first', { method: 'POST', body: 'invoice', headers });
    expect(seen[1]).toBe(`home ${method} /second Bearer a/0001invented mine${body}`);
  });

  it('is an answer to whoever asks for it', async () => {
    const { send, seen } = await redirecting(307);
    expect((await send('/first', { redirect: 'manual' })).status).toBe(307);
    await expect(send('/first', { redirect: 'error' })).rejects.toThrow(TypeError);
    expect(seen).toHaveLength(2);
  });
});
