import { decodeProtectedHeader, importSPKI, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { bearer, type SandboxServer, startSandbox } from './sandbox-server.ts';
import { startSink } from './webhook-sink.ts';

const prefix = 'it.fattureincloud.webhooks.';
const clientsCreate = `${prefix}entities.clients.create`;

async function subscribe(server: SandboxServer, data: object, scope?: string) {
  const { access_token } = await server.grant(scope);
  const answer = await server.request(
    'POST',
    '/c/108061/subscriptions',
    { data },
    bearer(access_token),
  );
  await server.sandbox.settle();
  return { ...answer, id: answer.json?.data?.id as string, accessToken: access_token };
}

async function listed(server: SandboxServer, accessToken: string) {
  return (await server.get('/c/108061/subscriptions', accessToken)).json.data;
}

async function change(server: SandboxServer, type = 'entities.clients.create', more: object = {}) {
  const answer = await server.request('POST', '/_sandbox/changes', { type, ...more });
  await server.sandbox.settle();
  return answer;
}

describe('the handshake', () => {
  it.each(['header', 'query'])(
    'verifies a sink that echoes the challenge: %s',
    async (verification_method) => {
      const [server, sink] = [await startSandbox(), await startSink()];
      const created = await subscribe(server, {
        sink: sink.url,
        types: [clientsCreate],
        verification_method,
      });
      expect(created.json).toEqual({
        data: {
          id: 'SUB230',
          sink: sink.url,
          verified: false,
          types: [clientsCreate],
          config: { mapping: 'binary' },
        },
        warnings: [],
      });
      const [handshake, welcome] = sink.received;
      const inUrl = handshake?.url.includes('x-fic-verification-challenge=') === true;
      const inHeader = /^[0-9a-f]{64}$/.test(
        `${handshake?.headers['x-fic-verification-challenge']}`,
      );
      expect([handshake?.method, inHeader, inUrl]).toEqual([
        'GET',
        verification_method === 'header',
        verification_method === 'query',
      ]);
      expect(handshake?.headers['user-agent']).toBe('FattureInCloud/API-WEBHOOK');
      expect(welcome?.headers['ce-type']).toBe(`${prefix}subscriptions.welcome`);
      expect((await listed(server, created.accessToken))[0].verified).toBe(true);
    },
  );

  it('may be retried once every ten minutes, and the fifth failure loses the subscription', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    sink.echoes = false;
    const { id, accessToken } = await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    const verify = async () => {
      const path = `/c/108061/subscriptions/${id}/verify`;
      const { status } = await server.request('POST', path, undefined, bearer(accessToken));
      await server.sandbox.settle();
      return status;
    };
    expect(await verify()).toBe(409);
    const statuses = [];
    for (let attempt = 2; attempt <= 6; attempt += 1) {
      server.sandbox.advance(600);
      statuses.push(await verify());
    }
    expect(statuses).toEqual([200, 200, 200, 200, 404]);
    expect(sink.received).toHaveLength(5);
  });

  it('is made anew when the sink changes, and not when only the types do', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    const { id, accessToken } = await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    const put = async (data: object) => {
      const path = `/c/108061/subscriptions/${id}`;
      const { json } = await server.request('PUT', path, { data }, bearer(accessToken));
      return json.data;
    };
    const types = [`${prefix}entities.clients.update`];
    expect(await put({ types })).toMatchObject({ verified: true, types });
    expect(await put({ sink: `${sink.url}/2` })).toMatchObject({ verified: false, types });
    await server.sandbox.settle();
    expect((await listed(server, accessToken))[0].verified).toBe(true);
  });
});

describe('subscriptions', () => {
  it('expand groups, and leave out with a warning what is unknown or taken', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    const { json } = await subscribe(server, {
      sink: sink.url,
      types: [`${prefix}entities.all.create`, `${prefix}entities.create`],
    });
    expect(json.data.types).toEqual([`${prefix}entities.suppliers.create`]);
    expect(json.warnings).toEqual([
      `The '${clientsCreate}' event is already registered for this application`,
      `The '${prefix}entities.create' event is not valid`,
    ]);
  });

  it.each([
    [
      'plain HTTP elsewhere',
      { sink: 'http://hooks.example.com/', types: [clientsCreate] },
      'data.sink',
    ],
    ['no sink', { types: [clientsCreate] }, 'data.sink'],
    ['no types', { sink: 'https://hooks.example.com/' }, 'data.types'],
    [
      'a mapping that does not exist',
      { sink: 'https://hooks.example.com/', types: [], config: { mapping: 'x' } },
      'data.config.mapping',
    ],
  ])('are refused for %s', async (_name, data, field) => {
    const { status, json } = await subscribe(await startSandbox(), data);
    expect([status, Object.keys(json.error.validation_result)]).toEqual([422, [field]]);
  });

  it('refuse even this machine over HTTP where the switch is off', async () => {
    const server = await startSandbox({ settings: { allowHttpSinks: false } });
    const { status } = await subscribe(server, {
      sink: 'http://127.0.0.1:9/',
      types: [clientsCreate],
    });
    expect(status).toBe(422);
  });

  it('are read and deleted by id, those of this company only', async () => {
    const server = await startSandbox();
    const data = { sink: 'http://127.0.0.1:1/', types: [clientsCreate] };
    const { id, accessToken } = await subscribe(server, data);
    const ask = (method: string, name: string) =>
      server.request(method, `/c/108061/subscriptions/${name}`, undefined, bearer(accessToken));
    expect((await ask('GET', id)).json.data).toMatchObject({ id, verified: false });
    expect((await ask('GET', 'SUB1')).status).toBe(404);
    expect((await ask('DELETE', id)).status).toBe(200);
    expect((await ask('GET', id)).status).toBe(404);
  });

  it('need the read scope of every member of a group', async () => {
    const server = await startSandbox();
    const data = { sink: 'https://hooks.example.com/', types: [`${prefix}entities.all.create`] };
    const { status, json } = await subscribe(server, data, 'entity.clients:r');
    expect([status, json.error.code]).toEqual([403, 'NO_PERMISSION']);
  });
});

describe('notifications', () => {
  it('binary mode carries the attributes in headers and data.ids in the body', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    const { json } = await change(server);
    const [event] = sink.events();
    expect(event?.headers).toMatchObject({
      'ce-type': clientsCreate,
      'ce-time': '2026-04-04T12:54:21+02:00',
      'ce-subject': 'company:108061',
      'ce-specversion': '1.0',
      'ce-source': 'https://api-v2.fattureincloud.it',
      'ce-id': expect.stringMatching(
        /^4010:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      'content-type': 'application/json',
      connection: 'close',
    });
    expect(JSON.parse(event?.body ?? '')).toEqual({ data: { ids: json.ids } });
  });

  it('structured mode carries everything in the body', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    await subscribe(server, {
      sink: sink.url,
      types: [clientsCreate],
      config: { mapping: 'structured' },
    });
    const { json } = await change(server, 'entities.clients.create', { idsPerEvent: 3 });
    const [event] = sink.events();
    expect(event?.headers['content-type']).toBe('application/cloudevents+json');
    expect(JSON.parse(event?.body ?? '')).toMatchObject({
      specversion: '1.0',
      type: clientsCreate,
      subject: 'company:108061',
      data: { ids: json.ids },
    });
    expect(json.ids).toHaveLength(3);
  });

  it('are signed with ES256, with the claims that the provider documents', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    await change(server);
    const [event] = sink.events();
    const token = event?.headers.authorization?.replace('Bearer ', '') ?? '';
    const state = (await server.request('GET', '/_sandbox/state')).json;
    expect(state.webhookPublicKey).toBe(server.sandbox.publicKeyPem);
    const key = await importSPKI(state.webhookPublicKey, 'ES256');
    const currentDate = new Date(server.sandbox.nowMs());
    const { payload } = await jwtVerify(token, key, { algorithms: ['ES256'], currentDate });
    expect(decodeProtectedHeader(token)).toEqual({ typ: 'JWT', alg: 'ES256' });
    const iat = Math.floor(server.sandbox.nowMs() / 1_000);
    expect(payload).toEqual({
      jti: event?.headers['ce-id'],
      iss: 'https://api-v2.fattureincloud.it',
      sub: 'company:108061',
      aud: [sink.url],
      aid: server.sandbox.applicationId,
      iat,
      exp: iat + 10_800,
    });
  });

  it('come from writes through the API too', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    const { accessToken } = await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    const body = { data: { name: 'Cliente inventato' } };
    const { json } = await server.request(
      'POST',
      '/c/108061/entities/clients',
      body,
      bearer(accessToken),
    );
    await server.sandbox.settle();
    expect(JSON.parse(sink.events()[0]?.body ?? '')).toEqual({ data: { ids: [json.data.id] } });
  });

  it('can be doubled and shuffled on demand', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    const { json } = await change(server, clientsCreate, { count: 20, copies: 2, shuffle: true });
    const ids = sink.events().map(({ body }) => JSON.parse(body).data.ids[0]);
    expect(ids).toHaveLength(40);
    expect(new Set(sink.events().map(({ headers }) => headers['ce-id'])).size).toBe(20);
    expect([...new Set(ids)].toSorted()).toEqual(json.ids);
    expect([...new Set(ids)]).not.toEqual(json.ids);
  });
});

describe('what a sink answers', () => {
  it('5xx: four attempts with growing gaps, then dropped', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    const { accessToken } = await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    sink.answerWith(500, 502, 503, 504, 500);
    await change(server);
    const arrivals = [];
    for (const seconds of [29, 1, 299, 1, 1_799, 1, 50_000]) {
      server.sandbox.advance(seconds);
      await server.sandbox.settle();
      arrivals.push(sink.events().length);
    }
    expect(arrivals).toEqual([1, 2, 2, 3, 3, 4, 4]);
    expect(new Set(sink.events().map(({ headers }) => headers['ce-id'])).size).toBe(1);
    expect(await listed(server, accessToken)).toHaveLength(1);
    const { counters, subscriptions } = (await server.request('GET', '/_sandbox/state')).json;
    expect(counters).toMatchObject({
      webhooksDelivered: 0,
      webhooksAttempted: 4,
      webhooksDropped: 1,
    });
    expect(subscriptions[0].expiresAt).not.toBeNull();
  });

  it.each([301, 400, 401, 404, 429, 206])('%i: dropped at once', async (status) => {
    const [server, sink] = [await startSandbox(), await startSink()];
    await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    sink.answerWith(500, status);
    await change(server);
    server.sandbox.advance(100_000);
    await server.sandbox.settle();
    server.sandbox.advance(100_000);
    await server.sandbox.settle();
    expect(sink.events()).toHaveLength(2);
  });

  it('410: the subscription is deleted', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    const { accessToken } = await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    sink.answerWith(410);
    await change(server);
    expect(await listed(server, accessToken)).toEqual([]);
  });

  it('no answer is retried like 5xx', async () => {
    const server = await startSandbox({
      send: async ({ method, headers }) =>
        method === 'GET'
          ? {
              kind: 'answered',
              status: 200,
              body: JSON.stringify({ verification: headers['x-fic-verification-challenge'] }),
            }
          : { kind: 'unreachable', why: 'invented' },
    });
    await subscribe(server, { sink: 'https://hooks.example.com/', types: [clientsCreate] });
    await change(server);
    server.sandbox.advance(30);
    await server.sandbox.settle();
    const { counters } = (await server.request('GET', '/_sandbox/state')).json;
    expect(counters).toMatchObject({ webhooksAttempted: 2, webhooksDropped: 0 });
  });

  it.each([
    ['a second before the ten days are over', 864_000 - 1, 1],
    ['after the ten days', 864_000, 0],
  ])('an error %s leaves %s s → %i subscriptions', async (_name, seconds, left) => {
    const [server, sink] = [await startSandbox(), await startSink()];
    const { accessToken } = await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    sink.answerWith(400, 400);
    await change(server);
    server.sandbox.advance(seconds);
    await change(server);
    const fresh = await server.grant();
    expect(await listed(server, fresh.access_token)).toHaveLength(left);
    expect(accessToken).not.toBe(fresh.access_token);
  });

  it('a success stops the clock, even after its end', async () => {
    const [server, sink] = [await startSandbox(), await startSink()];
    await subscribe(server, { sink: sink.url, types: [clientsCreate] });
    sink.answerWith(400, 200, 400);
    await change(server);
    server.sandbox.advance(900_000);
    await change(server);
    await change(server);
    const { access_token } = await server.grant();
    expect(await listed(server, access_token)).toHaveLength(1);
  });
});
