import { describe, expect, it } from 'vitest';
import { application, bearer, redirectUri, startSandbox } from './sandbox-server.ts';

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
