import { describe, expect, it } from 'vitest';
import { sendRaw } from '../../console/console-fixture.ts';
import { application, bearer, redirectUri, startSandbox } from '../sandbox-server.ts';

describe('the state', () => {
  it('counts requests, spoiled ones too, and remembers them without what is secret', async () => {
    const server = await startSandbox();
    const { access_token, refresh_token } = await server.grant();
    const { json: issued } = await server.request('POST', '/_sandbox/grants', {});
    const { json: refreshed } = await server.refresh(refresh_token);
    await server.request('POST', '/oauth/token', {
      grant_type: 'authorization_code',
      ...application,
      redirect_uri: redirectUri,
      code: issued.code,
    });
    await server.get(`/user/info?token=${access_token}`, access_token);
    await server.get(`/c/108061/${access_token}`, access_token);
    await server.get(`/user/${encodeURIComponent(access_token)}`, access_token);
    await server.request('POST', '/_sandbox/faults', [
      { on: 'GET /user/info', kind: 'reset-before' },
    ]);
    await expect(server.get('/user/info', access_token)).rejects.toThrow();

    const { text, json } = await server.request('GET', '/_sandbox/state');
    expect(json.counters).toMatchObject({ tokenRequests: 2, apiRequests: 4 });
    expect(json.requests).toHaveLength(6);
    expect(json.requests[0]).toEqual({
      method: 'POST',
      path: '/oauth/token',
      status: 200,
      at: '2026-04-04T10:54:21.000Z',
    });
    expect(json.requests.at(-1)).toMatchObject({
      path: '/user/info',
      status: 0,
      fault: 'reset-before',
    });
    const secrets = [
      access_token,
      refresh_token,
      issued.code,
      refreshed.access_token,
      'sandbox-secret',
    ];
    for (const secret of secrets) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(secret.slice(2));
    }
  });

  it('keeps the last 1,000 requests', async () => {
    const { sandbox, request } = await startSandbox();
    for (let count = 0; count < 2_010; count += 1) {
      await sandbox.fetch(new Request(`http://sandbox/nowhere/${count}`));
    }
    const { requests } = (await request('GET', '/_sandbox/state')).json;
    expect([requests.length, requests[0].path, requests.at(-1).path]).toEqual([
      1_000,
      '/nowhere/1010',
      '/nowhere/2009',
    ]);
  });

  it('moves the clock and changes settings in one call', async () => {
    const server = await startSandbox();
    const wanted = { rotationMode: 'grace', graceSeconds: 5, advanceSeconds: 90_000 };
    const { json } = await server.request('POST', '/_sandbox/state', wanted);
    expect(json).toMatchObject({
      now: '2026-04-05T11:54:21.000Z',
      rotationMode: 'grace',
      graceSeconds: 5,
      accessTokenSeconds: 86_400,
    });
  });

  it.each([
    ['a mode that does not exist', { rotationMode: 'sometimes' }, 'rotationMode'],
    ['a setting that does not exist', { rotationmode: 'same' }, 'rotationmode'],
    ['a clock that runs back', { advanceSeconds: -1 }, 'advanceSeconds'],
    ['JSON that is none', '{', 'JSON'],
  ])('refuses %s, naming it, and changes nothing', async (_name, body, words) => {
    const server = await startSandbox();
    const { status, json } = await server.request('POST', '/_sandbox/state', body);
    expect([status, json.error.message]).toEqual([400, expect.stringContaining(words)]);
    const state = (await server.request('GET', '/_sandbox/state')).json;
    expect([state.rotationMode, state.now]).toEqual(['same', '2026-04-04T10:54:21.000Z']);
  });
});

it('reset goes back to the beginning, and keeps the key', async () => {
  const server = await startSandbox({ settings: { rotationMode: 'keep-old' } });
  const before = (await server.request('GET', '/_sandbox/state')).json;
  const { access_token, refresh_token } = await server.grant();
  await server.request('POST', '/_sandbox/state', { rotationMode: 'same', advanceSeconds: 60 });
  await server.request('POST', '/_sandbox/faults', [{ on: '* /*', kind: 'html' }]);
  await server.request('GET', '/user/info');
  await server.request('POST', '/_sandbox/reset');
  expect((await server.request('GET', '/_sandbox/state')).json).toEqual(before);
  expect((await server.get('/user/info', access_token)).status).toBe(401);
  expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
});

it('a scope that does not exist is refused', async () => {
  const server = await startSandbox();
  const { status } = await server.request('POST', '/_sandbox/grants', { scope: 'moons:r' });
  expect(status).toBe(400);
});

it('tells listeners of requests, deliveries and changes as they happen', async () => {
  const server = await startSandbox();
  const response = await fetch(`${server.url}/_sandbox/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (words: string) => {
    while (!text.includes(words)) text += (await reader?.read())?.value ?? '';
  };
  await until('event: open');
  const { access_token } = await server.grant();
  await server.get('/user/info', access_token);
  await until('"path":"/user/info"');
  const data = { sink: 'http://127.0.0.1:1/', types: ['it.fattureincloud.webhooks.taxes.create'] };
  await server.request('POST', '/c/108061/subscriptions', { data }, bearer(access_token));
  await until('"type":"verification"');
  await server.request('POST', '/_sandbox/faults', []);
  await until('event: state');
  expect(text).not.toContain(access_token);
  await reader?.cancel();
});

describe('the control of a sandbox', () => {
  const header = { 'sandbox-control': '1' };
  const crossSite = { 'sec-fetch-site': 'cross-site' };
  it.each<[string, string, string, Record<string, string>, number]>([
    ['a program', 'POST', '/_sandbox/expire', header, 200],
    ['a program without the header', 'POST', '/_sandbox/expire', {}, 403],
    ['a program without the header', 'DELETE', '/_sandbox/faults', {}, 403],
    ['a program that only looks', 'GET', '/_sandbox/state', {}, 200],
    ['a link', 'GET', '/_sandbox/state', { ...crossSite, 'sec-fetch-mode': 'navigate' }, 200],
    ['a form of another page', 'POST', '/_sandbox/expire', { origin: 'http://evil.example' }, 403],
    [
      'a script of another page',
      'POST',
      '/_sandbox/expire',
      { ...header, origin: 'http://evil.example' },
      403,
    ],
    ['a picture of another page', 'GET', '/_sandbox/events', crossSite, 403],
    ['its preflight', 'OPTIONS', '/_sandbox/expire', { origin: 'http://evil.example' }, 403],
    [
      'a name that leads to this machine',
      'POST',
      '/_sandbox/expire',
      { ...header, host: 'evil.example:4010', origin: 'http://evil.example:4010' },
      403,
    ],
    ['a name that leads to this machine', 'GET', '/user/info', { host: 'evil.example' }, 403],
    ['another spelling of loopback', 'GET', '/_sandbox/state', { host: '[::1]:4010' }, 200],
  ])('answers %s: %s %s %j with %i', async (_, method, path, headers, status) => {
    const { url } = await startSandbox();
    const answer = await sendRaw(url, method, path, { host: new URL(url).host, ...headers });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([
      status,
      undefined,
    ]);
  });

  it.each([
    [{}, 'https://hooks.example.com/x', 422],
    [{}, 'https://127.0.0.1.example.com/x', 422],
    [{}, 'https://10.0.0.1/x', 422],
    [{}, 'http://127.0.0.1:1/x', 200],
    [{}, 'http://[::1]:1/x', 200],
    // Discard-only: nothing answers there (RFC 6666).
    [{ allowRemoteSinks: true }, 'https://[100::1]:1/x', 200],
  ])(
    'lets webhooks go to this machine alone unless it is asked: %j %s',
    async (settings, sink, status) => {
      const server = await startSandbox({ settings });
      const { access_token } = await server.grant();

      const subscribe = (address: string, family: string) =>
        server.request(
          'POST',
          '/c/108061/subscriptions',
          { data: { sink: address, types: [`it.fattureincloud.webhooks.${family}.create`] } },
          bearer(access_token),
        );
      expect((await subscribe(sink, 'taxes')).status).toBe(status);
      const { json } = await subscribe('http://127.0.0.1:1/', 'products');
      const path = `/c/108061/subscriptions/${json.data.id}`;
      const moved = await server.request('PUT', path, { data: { sink } }, bearer(access_token));
      expect(moved.status).toBe(status);
    },
  );
});
