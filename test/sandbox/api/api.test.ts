import { describe, expect, it } from 'vitest';
import { bearer, startSandbox } from '../sandbox-server.ts';

describe('who may ask', () => {
  it.each([
    ['no token', {}],
    ['an unknown token', bearer('a/0001invented')],
    ['another scheme', { authorization: 'Basic c2FuZGJveA==' }],
  ])('%s is 401 in the API envelope', async (_name, headers) => {
    const server = await startSandbox();
    const { status, json } = await server.request('GET', '/user/info', undefined, headers);
    expect([status, json]).toEqual([401, { error: { message: 'Unauthorized.' } }]);
  });

  it.each(['108062', '108061.0', '0x1a61d', 'x'])(
    'company %s, which the token has no link to, is 401',
    async (company) => {
      const server = await startSandbox();
      const { access_token } = await server.grant();
      expect((await server.get(`/c/${company}/company/info`, access_token)).status).toBe(401);
    },
  );

  it('a missing scope is 403 with its code and without Retry-After', async () => {
    const server = await startSandbox();
    const { access_token } = await server.grant('products:r');
    const { status, json, headers } = await server.get('/c/108061/entities/clients', access_token);
    expect([status, json.error.code, headers.get('retry-after')]).toEqual([
      403,
      'NO_PERMISSION',
      null,
    ]);
  });

  it('reading does not allow writing', async () => {
    const server = await startSandbox();
    const { access_token } = await server.grant('entity.clients:r');
    const data = { name: 'Cliente inventato' };
    const answer = await server.request(
      'POST',
      '/c/108061/entities/clients',
      { data },
      bearer(access_token),
    );
    expect(answer.status).toBe(403);
  });

  it('an expired licence is 403, and company/info still says so', async () => {
    const server = await startSandbox({ settings: { licenceExpired: true } });
    const { access_token } = await server.grant();
    const { status, json } = await server.get('/c/108061/products', access_token);
    expect([status, json.error.code]).toEqual([403, 'LICENSE_EXPIRED']);
    const info = await server.get('/c/108061/company/info', access_token);
    expect(info.json.data.fic_license_expire).toBe('2020-12-31');
  });
});

describe('person and company', () => {
  it('user/info has info beside data', async () => {
    const server = await startSandbox();
    const { access_token } = await server.grant('situation:r');
    const { json } = await server.get('/user/info', access_token);
    expect(Object.keys(json)).toEqual(['data', 'info', 'email_confirmation_state']);
  });

  it('user/companies carries a credential for each company, the same at each call', async () => {
    const server = await startSandbox();
    const { access_token } = await server.grant();
    const { json } = await server.get('/user/companies', access_token);
    const [company] = json.data.companies;
    expect(company).toMatchObject({
      id: 108061,
      access_token: expect.stringMatching(/^[0-9a-f]{128}$/),
    });
    expect((await server.get('/user/companies', access_token)).json).toEqual(json);
  });

  it('plan_usage counts a category, and refuses another', async () => {
    const server = await startSandbox({ entitiesOfEachKind: 2 });
    const { access_token } = await server.grant();
    const usage = (category: string) =>
      server.get(`/c/108061/company/plan_usage?category=${category}`, access_token);
    expect((await usage('clients')).json).toEqual({ data: { limit: 3_000, usage: 2 } });
    expect((await usage('moons')).status).toBe(422);
  });
});

describe('quotas', () => {
  it('are told in headers', async () => {
    const server = await startSandbox();
    const { access_token } = await server.grant();
    const { headers } = await server.get('/c/108061/products', access_token);
    expect(
      Object.fromEntries([...headers].filter(([name]) => name.startsWith('ratelimit'))),
    ).toEqual({
      'ratelimit-hourlyremaining': '999',
      'ratelimit-hourlylimit': '1000',
      'ratelimit-monthlyremaining': '39999',
      'ratelimit-monthlylimit': '40000',
    });
  });

  it('of five minutes: 429 until the oldest request is five minutes old', async () => {
    const server = await startSandbox({ settings: { shortTermLimit: 2 } });
    const { access_token } = await server.grant();
    const ask = () => server.get('/c/108061/products', access_token);
    await ask();
    server.sandbox.advance(100);
    await ask();
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '200']);
    server.sandbox.advance(199);
    expect((await ask()).status).toBe(429);
    server.sandbox.advance(1);
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
  });

  it.each([
    ['of an hour: 403 until the next one begins', { hourlyLimit: 1 }, 5 * 60 + 39],
    // From 4 April 12:54:21 to 1 May 00:00, both in Italy.
    [
      'of a month: 403 until the next one begins in Italy',
      { monthlyLimit: 1 },
      26 * 86_400 + 11 * 3_600 + 339,
    ],
  ])('%s', async (_name, settings, seconds) => {
    const server = await startSandbox({ settings });
    await server.request('POST', '/_sandbox/state', { accessTokenSeconds: 100 * 86_400 });
    const { access_token } = await server.grant();
    const ask = () => server.get('/c/108061/products', access_token);
    expect((await ask()).status).toBe(200);
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([403, String(seconds)]);
    expect(refused.json.error).not.toHaveProperty('code');
    server.sandbox.advance(seconds - 1);
    expect((await ask()).status).toBe(403);
    server.sandbox.advance(1);
    expect((await ask()).status).toBe(200);
  });

  it('do not count what has no company', async () => {
    const server = await startSandbox({ settings: { hourlyLimit: 0 } });
    const { access_token, refresh_token } = await server.grant();
    expect((await server.get('/user/info', access_token)).status).toBe(200);
    expect((await server.refresh(refresh_token)).status).toBe(200);
  });
});

it('a path that does not exist is 404 in the API envelope', async () => {
  const server = await startSandbox();
  const { status, json } = await server.request('GET', '/nowhere');
  expect([status, typeof json.error.message]).toEqual([404, 'string']);
});

it('a body of more than 1 MiB is 413, told by its length or counted', async () => {
  const server = await startSandbox();
  const big = ' '.repeat(1_048_577);
  expect((await server.request('POST', '/oauth/token', big)).status).toBe(413);
  const body = new Blob([big]).stream();
  const streamed = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    body,
    duplex: 'half',
  } as RequestInit);
  expect(streamed.status).toBe(413);
});

it('the Date header tells the sandbox’s own time', async () => {
  const server = await startSandbox();
  server.sandbox.advance(86_400);
  const { headers } = await server.request('GET', '/');
  expect(headers.get('date')).toBe('Sun, 05 Apr 2026 10:54:21 GMT');
});
