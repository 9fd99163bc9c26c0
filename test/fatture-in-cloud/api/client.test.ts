import { afterEach, describe, expect, it } from 'vitest';
import type { Obtained, TokenSource } from '../../../src/core/consumers/token-source.ts';
import type { AccessToken } from '../../../src/core/records/access-token.ts';
import { Secret } from '../../../src/core/secret.ts';
import { apiClient } from '../../../src/fatture-in-cloud/api/client.ts';
import { type Loopback, startLoopback } from '../../doubles/http/loopback.ts';
import { answerWith, startRaw } from '../raw-server.ts';
import { watchTimers } from '../watched-timers.ts';

type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];

interface Asked {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

let server: Loopback | undefined;
let origin: string | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** An API that gives these answers in turn, and tells what it was asked. */
async function api(...answers: readonly Answer[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  const left = [...answers];
  server = await startLoopback(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { authorization } = request.headers;
    asked.push({ line: `${request.method} ${request.url}`, authorization, body });
    const [status, content, headers] = left.shift() ?? [599, 'nothing left to answer'];
    response.writeHead(status, headers);
    response.end(typeof content === 'string' ? content : JSON.stringify(content));
  });
  origin = server.endpoint;
  return asked;
}

function tokenOf(value: string): Obtained & { readonly kind: 'token' } {
  const token: AccessToken = {
    connection: 'default',
    grant: 1,
    generation: 1,
    attempt: 1,
    accessToken: new Secret(value),
    issuedAtMs: 0,
    expiresAtMs: null,
    companies: [],
  };
  return { kind: 'token', token };
}

/** For the API that has been started. */
function bound(obtained: Obtained): Obtained {
  if (obtained.kind !== 'token') return obtained;
  const { token } = obtained;
  return {
    kind: 'token',
    token: { ...token, accessToken: token.accessToken.boundTo(origin) },
  };
}

const first = tokenOf('a/0001invented');
const second = tokenOf('a/0002invented');

function source(rejected: Obtained = second, obtained: Obtained = first) {
  const refused: string[] = [];
  const tokens: TokenSource = {
    obtain: async () => bound(obtained),
    rejected: async (token) => {
      refused.push(token.accessToken.reveal());
      return bound(rejected);
    },
  };
  return { tokens, refused };
}

function send(tokens: TokenSource, request = {}, options = {}) {
  const client = apiClient({
    baseUrl: origin ?? '',
    tokens,
    fetch,
    requestMs: 20_000,
    ...options,
  });
  return client.send({ method: 'GET', path: '/c/1/entities/clients/2', ...request });
}

const unauthorized = [401, { error: { message: 'Unauthorized.' } }] as const;

describe('a request to the API', () => {
  it('carries the token, and brings the whole answer back', async () => {
    const asked = await api([200, { data: { id: 2 }, warnings: [] }]);
    expect(await send(source().tokens, { query: { fields: 'id,name', q: `a = 'b'` } })).toEqual({
      kind: 'ok',
      body: { data: { id: 2 }, warnings: [] },
    });
    expect(asked).toEqual([
      {
        line: 'GET /c/1/entities/clients/2?fields=id%2Cname&q=a+%3D+%27b%27',
        authorization: 'Bearer a/0001invented',
        body: '',
      },
    ]);
  });

  it.each([
    ['answered', 200, {}],
    ['refused twice', 401, unauthorized[1]],
    ['answered with more than is read', 200, { data: 'x'.repeat(5000) }],
  ])('that is %s leaves no timer behind', async (_, status, body) => {
    const asked = await api([status, body], [status, body]);
    const timers = watchTimers(15_432);
    await send(source().tokens, {}, { requestMs: 15_432, bodyBytesMax: 4000 });
    expect([timers.set(), timers.left()]).toEqual([asked.length, 0]);
  });

  it('carries a body as JSON', async () => {
    const asked = await api([200, '']);
    const request = { method: 'POST', path: '/c/1/subscriptions', body: { data: {} } };
    expect(await send(source().tokens, request)).toEqual({ kind: 'ok', body: undefined });
    expect(asked).toMatchObject([{ line: 'POST /c/1/subscriptions', body: '{"data":{}}' }]);
  });

  it.each<[string, Answer, object]>([
    ['404', [404, { error: { message: 'Not found.' } }], { kind: 'absent' }],
    ['404 of a gateway', [404, '<html></html>'], { kind: 'failed' }],
    ['429', [429, '', { 'retry-after': '7' }], { kind: 'wait', waitMs: 7000, status: 429 }],
    ['429 without a time', [429, 'slow'], { kind: 'wait', waitMs: 60_000 }],
    ['403 with Retry-After', [403, {}, { 'retry-after': '60' }], { kind: 'wait', waitMs: 60_000 }],
    [
      '403 with Retry-After of 0',
      [403, {}, { 'retry-after': '0' }],
      { kind: 'wait', waitMs: 1000 },
    ],
    [
      'a quota of weeks',
      [403, {}, { 'retry-after': '1900000' }],
      { kind: 'wait', waitMs: 43_200_000 },
    ],
    [
      '403 NO_PERMISSION',
      [403, { error: { message: 'no', code: 'NO_PERMISSION' } }],
      { kind: 'no-permission' },
    ],
    [
      '403 LICENSE_EXPIRED',
      [403, { error: { message: 'License expired.', code: 'LICENSE_EXPIRED' } }],
      { kind: 'licence-expired' },
    ],
    ['403 of a kind unknown', [403, { error: { message: 'no' } }], { kind: 'failed' }],
    ['403 of a gateway', [403, '<html></html>'], { kind: 'failed' }],
    [
      '422',
      [422, { error: { message: 'Invalid\u001b[31m\nrequest.' } }],
      { kind: 'invalid', status: 422, message: 'Invalid [31m request.' },
    ],
    ['409', [409, { error: { message: 'Conflict' } }], { kind: 'invalid', message: 'Conflict' }],
    [
      '409 that repeats a token',
      [409, { error: { message: 'for a/0001invented or eyJhbGciOi.eyJ.x' } }],
      { kind: 'invalid', message: 'for [secret] or [secret]' },
    ],
    ['400 of OAuth', [400, { error: 'invalid_request' }], { kind: 'invalid', status: 400 }],
    ['422 with null', [422, { error: null }], { kind: 'invalid', message: 'without a message' }],
    ['405', [405, { error: { message: 'no' } }], { kind: 'failed' }],
    ['500', [500, { error: { message: 'oops' } }], { kind: 'failed' }],
    ['502 with HTML', [502, '<html></html>'], { kind: 'failed' }],
    ['200 with HTML', [200, '<html></html>'], { kind: 'failed' }],
    ['200 with a list', [200, []], { kind: 'failed' }],
  ])('answered with %s is %3$j', async (_, answer, want) => {
    const asked = await api(answer);
    expect(await send(source().tokens)).toMatchObject(want);
    expect(asked).toHaveLength(1);
  });

  it('does not follow a redirect with the token', async () => {
    const asked = await api([302, '', { location: '/elsewhere' }], [200, {}]);
    expect(await send(source().tokens)).toMatchObject({ kind: 'failed' });
    expect(asked).toHaveLength(1);
  });
});

describe('a 401', () => {
  it('is answered with another token, once', async () => {
    const asked = await api(unauthorized, [200, { data: {} }]);
    const { tokens, refused } = source();
    expect(await send(tokens)).toEqual({ kind: 'ok', body: { data: {} } });
    expect(refused).toEqual(['a/0001invented']);
    expect(asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer a/0001invented',
      'Bearer a/0002invented',
    ]);
  });

  it('to the other token too is a failure, and no loop', async () => {
    const asked = await api(unauthorized, unauthorized);
    expect(await send(source().tokens)).toMatchObject({ kind: 'failed' });
    expect(asked).toHaveLength(2);
  });

  it('to a token that is good after all is a company out of its reach, and not asked again', async () => {
    const asked = await api(unauthorized);
    expect(await send(source(first).tokens)).toEqual({ kind: 'no-access' });
    expect(asked).toHaveLength(1);
  });

  it('while no other token can be had says so', async () => {
    await api(unauthorized);
    const { tokens } = source({ kind: 'person-needed', detail: 'log in' });
    expect(await send(tokens)).toEqual({ kind: 'no-token', person: true, detail: 'log in' });
  });
});

describe('a token of another provider', () => {
  it('is not sent, and a person hears whose it is', async () => {
    const asked = await api([200, {}]);
    const token = {
      ...first.token,
      accessToken: new Secret('a/0001invented', 'https://a.example'),
    };
    const { tokens } = source(second, { kind: 'token', token });
    expect(await send(tokens)).toEqual({
      kind: 'no-token',
      person: true,
      detail: expect.stringContaining(`is for https://a.example, not for ${origin}`),
    });
    expect(asked).toEqual([]);
  });
});

describe('without a token', () => {
  it.each<[Obtained, boolean]>([
    [{ kind: 'unavailable', detail: 'x' }, false],
    [{ kind: 'too-long', expiresAtMs: 1 }, false],
    [{ kind: 'person-needed', detail: 'x' }, true],
  ])('(%j) nothing is asked', async (obtained, person) => {
    const asked = await api();
    const { tokens } = source(second, obtained);
    expect(await send(tokens)).toMatchObject({ kind: 'no-token', person });
    expect(asked).toEqual([]);
  });
});

describe('an API that does not answer as it should', () => {
  const json = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

  it.each([
    ['in time', 'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{', /: TimeoutError$/],
    ['to the end', `${json}Content-Length: 90\r\n\r\n{"data":`, /: UND_ERR_SOCKET$/],
    ['in HTTP', 'hello\r\n\r\n', /: (HPE_INVALID_CONSTANT|HTTPParserError)$/],
  ])('%s is a failure', async (name, bytes, cause) => {
    const raw = await startRaw(answerWith(bytes, (it) => (name === 'in time' ? it : it.end())));
    origin = `http://127.0.0.1:${raw.port}`;
    expect(await send(source().tokens, {}, { requestMs: 1000 })).toEqual({
      kind: 'failed',
      detail: expect.stringMatching(cause),
    });
    await raw.stop();
  });

  it('with more than is read is a failure, and the rest is not awaited', async () => {
    await api([200, { data: 'x'.repeat(5000) }]);
    expect(await send(source().tokens, {}, { bodyBytesMax: 5000 })).toEqual({
      kind: 'failed',
      detail: 'the API answered 200: with a body too large to read',
    });
  });

  it('at all is a failure', async () => {
    await api();
    await server?.stop();
    server = undefined;
    expect(await send(source().tokens)).toEqual({
      kind: 'failed',
      detail: 'no answer from the API: ECONNREFUSED',
    });
  });
});
