// Goal: whatever fails in the five functions, no token, key, code, secret or signature is seen in what they log,
// count, answer, throw, publish, queue or note. Method: the built bundles over doubles of AWS and a provider that
// repeats what it was sent; all that comes out is looked through for everything that was ever stored or shown.
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toEnvironment } from '../../src/config/config.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import { Secret } from '../../src/core/secret.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import type { FaultKind } from '../doubles/http/faults.ts';
import { httpApiEvent } from '../doubles/lambda/http-api.ts';
import {
  inProcess,
  type LambdaInvokeDouble,
  startLambdaInvoke,
} from '../doubles/lambda/lambda-invoke.ts';
import {
  type LambdaFunction,
  type LambdaResult,
  lambdaFunction,
} from '../doubles/lambda/lambda-runtime.ts';
import { node24Path } from '../doubles/lambda/node24.ts';
import { sign } from '../fatture-in-cloud/webhooks/signed-webhook.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { builtFunction } from './built.ts';
import { type RotatorStack, startRotatorStack } from './rotator-stack.ts';
import { startWebhookStack, type WebhookStack } from './webhook-stack.ts';

const partLength = 12;
// Tokens and codes of the provider, signed tokens, and the application's secret.
const patterns = [/\b[acdr]\/[\w-]{30,}/, /\beyJ[\w-]{10,}\.[\w-]+/, /sandbox-secret|planted/];

/** All that functions have said, and what is secret. */
function watch() {
  const said: string[] = [];
  const secrets = new Set<string>();
  const leaks = (texts: readonly string[] = said) =>
    texts.filter(
      (text) =>
        patterns.some((pattern) => pattern.test(text)) ||
        [...secrets].some((secret) => text.includes(secret.slice(0, partLength))),
    );
  return {
    said,
    secrets,
    leaks,
    note: async (result: Promise<LambdaResult> | LambdaResult) => {
      const { logs, payload, error } = await result;
      said.push(logs, JSON.stringify(payload ?? null), JSON.stringify(error ?? null));
      return payload;
    },
  };
}

async function itemsOf(endpoint: string, TableName: string): Promise<string> {
  const client = new DynamoDBClient(clientConfig(endpoint));
  const { Items = [] } = await client.send(new ScanCommand({ TableName }));
  client.destroy();
  return JSON.stringify(Items);
}

const repeating = (status: number, body: string, contentType = 'application/json') => ({
  kind: 'body',
  status,
  body,
  headers: { 'content-type': contentType },
});

describe('the rotator keeps to itself what is secret', () => {
  let stack: RotatorStack;
  const { secrets, leaks, note, said } = watch();

  beforeAll(async () => {
    stack = await startRotatorStack();
  });
  afterAll(() => stack.stop());

  /** A new login, whose tokens and key are looked for from then on; resolves with the refresh token. */
  async function planted(): Promise<string> {
    await stack.logIn(13 * 3_600_000);
    return plant();
  }

  async function plant(): Promise<string> {
    const version = await stack.grant.current();
    if (version === undefined) throw new Error('nothing is stored');
    const { refreshToken, accessToken, sealKey } = decodeGrant(version.value);
    for (const secret of [refreshToken, accessToken, sealKey]) {
      if (secret !== null) secrets.add(secret.reveal().replace(/^[ar]\//, ''));
    }
    return refreshToken.reveal();
  }

  const rotated = () => note(stack.through('operator', { connection: 'default' }));
  const faulty = (faults: readonly object[]) => controlSandbox(stack.providerUrl, 'faults', faults);

  it('though the look through it would see it', async () => {
    const refreshToken = await planted();
    expect(leaks([`x ${refreshToken} y`, refreshToken.slice(2, 16), 'nothing'])).toHaveLength(2);
    expect(leaks([await sign()])).toHaveLength(1);
  });

  it('where the provider repeats it', async () => {
    const on = 'POST /oauth/token';
    for (const fault of [
      (r: string) => repeating(400, `{"error":"x","error_description":"${r}"}`),
      (r: string) => repeating(400, `{"error":"${r}"}`),
      (r: string) => repeating(502, `<p>${r}</p>`, 'text/html'),
      (r: string) => repeating(418, '', `text/${r.slice(2)}`),
      (r: string) => repeating(200, `{"access_token":"${r}","refresh_tok`),
      (r: string) => ({ kind: 'redirect', location: `http://127.0.0.1:1/?${r}` }),
      (r: string) => repeating(401, `{"error":"invalid_client","x":"sandbox-secret ${r}"}`),
      (r: string) => repeating(400, `{"error":"invalid_grant","x":"${r}"}`),
    ]) {
      await faulty([{ on, ...fault(await planted()) }]);
      await rotated();
      await note(stack.through('consumers', { connection: 'default' }));
    }
    await faulty([
      { on: 'GET /user/info', ...repeating(401, `{"error":"a/${[...secrets].at(-1)}"}`) },
    ]);
    await planted();
    await rotated();
    await plant();
    await faulty([]);
    expect(leaks()).toEqual([]);
  });

  it.each<[string, 'secrets' | 'table', FaultKind, number]>([
    ['GetItem', 'table', 'access-denied', 0],
    ['PutItem', 'table', 'internal-before', 2],
    ['GetSecretValue', 'secrets', 'key-disabled', 0],
    ['PutSecretValue', 'secrets', 'access-denied', 0],
    ['UpdateSecretVersionStage', 'secrets', 'reset-after', 0],
  ])('where %s of the %s meets %s', async (on, store, kind, skip) => {
    await planted();
    stack[store].faults.add({ on, kind, skip, times: 3 });
    await rotated();
    stack[store].faults.clear();
    await rotated();
    await plant();
    expect(leaks()).toEqual([]);
  });

  it('where it is called with it, or with nonsense', async () => {
    const refreshToken = await planted();
    for (const door of ['schedule', 'consumers', 'operator', 'native'] as const) {
      for (const event of [
        null,
        refreshToken,
        { connection: refreshToken },
        { connection: 'default', minValidityMs: refreshToken },
        { connection: 'default', rejected: { grant: refreshToken } },
        { SecretId: refreshToken, ClientRequestToken: refreshToken, Step: refreshToken },
      ]) {
        await note(stack.through(door, event));
      }
    }
    expect(leaks()).toEqual([]);
  });

  it('where what is stored is damaged', async () => {
    const refreshToken = await planted();
    const from = (await stack.grant.current())?.versionId ?? '';
    const damaged = 'd'.repeat(32);
    await stack.grant.put(damaged, new Secret(`{"v":1,"refreshToken":"${refreshToken}"`));
    await stack.grant.promote(damaged, from);
    await rotated();
    await note(stack.through('schedule', { connection: 'default' }));
    await stack.grant.promote(from, damaged);
    expect(leaks()).toEqual([]);
  });

  it('where it is killed in the middle', async () => {
    await planted();
    await faulty([{ on: 'POST /oauth/token', kind: 'hang' }]);
    const running = rotated();
    while (stack.kill('operator') === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await running;
    await faulty([]);
    expect(leaks()).toEqual([]);
  });

  it('also in its events and in the table', async () => {
    const events = stack.bus.events.map((event) => JSON.stringify(event));
    expect(events.length).toBeGreaterThan(3);
    expect(leaks(events)).toEqual([]);
    expect(leaks([await itemsOf(stack.table.endpoint, stack.table.tableName)])).toEqual([]);
    expect(said.join('')).toContain('_aws');
  });
});

describe('the functions behind webhooks keep to themselves what is secret', {
  timeout: 60_000,
}, () => {
  let stack: WebhookStack;
  const { secrets, leaks, note, said } = watch();
  const created = 'it.fattureincloud.webhooks.entities.clients.create';

  beforeAll(async () => {
    stack = await startWebhookStack();
    secrets.add(stack.accessToken.slice(2));
    await stack.subscribe([created], 'binary');
  });
  afterAll(() => stack.stop());

  const faulty = (faults: readonly object[]) => controlSandbox(stack.provider, 'faults', faults);
  const queued = () => stack.change('entities.clients.create', 1);

  it('where a webhook is forged, odd or cannot be kept', async () => {
    const token = await sign({ aud: [stack.sink] });
    const request = (more: object) => ({
      rawPath: '/webhooks/default',
      requestContext: { http: { method: 'POST' } },
      headers: { authorization: `Bearer ${token}`, 'ce-id': stack.accessToken },
      body: `{"data":{"ids":["${stack.accessToken}"]}}`,
      ...more,
    });
    for (const event of [
      request({}),
      request({ body: stack.accessToken }),
      request({ headers: { authorization: `Bearer ${token}x` } }),
      request({ headers: { authorization: stack.accessToken, 'ce-type': token } }),
      request({ rawPath: `/webhooks/${stack.accessToken}` }),
      request({ requestContext: stack.accessToken }),
      stack.accessToken,
    ]) {
      await note(stack.receiver.invoke(event));
    }
    stack.sqs.faults.add({ on: 'SendMessageBatch', kind: 'access-denied', times: 2 });
    await queued();
    stack.sqs.faults.clear();
    expect(leaks()).toEqual([]);
  });

  it.each<[string, boolean, object]>([
    ['403', true, repeating(403, '{"error":{"code":"NO_PERMISSION","message":"TOKEN"}}')],
    ['401', false, repeating(401, '{"error":{"message":"TOKEN"}}')],
    ['a page', true, repeating(502, '<p>TOKEN</p>', 'text/html')],
    ['409', false, repeating(409, '{"error":{"message":"TOKEN"}}')],
    ['a lost answer', false, { kind: 'reset-after' }],
  ])('where the API repeats it (%s)', async (_, isForSync, fault) => {
    await queued();
    const text = JSON.stringify({ on: 'GET /c/*', ...fault });
    await faulty([JSON.parse(text.replace('TOKEN', stack.accessToken))]);
    await note(stack.handle());
    await note(stack.watch(true));
    if (isForSync) await note(stack.sync({ connection: 'default' }));
    await faulty([]);
    expect(leaks()).toEqual([]);
  });

  it('where AWS refuses', async () => {
    const deny = { kind: 'access-denied', times: 40 } as const;
    for (const double of [stack.secrets, stack.table, stack.bus]) {
      double.faults.add({ on: '*', ...deny });
      await queued();
      await note(stack.handle());
      await note(stack.sync({ connection: 'default' }));
      double.faults.clear();
    }
    expect(leaks()).toEqual([]);
  });

  it('where they are called with it, or with nonsense', async () => {
    const record = { messageId: 'm', receiptHandle: 'r', body: stack.accessToken };
    const records = { Records: [{ ...record, attributes: { ApproximateReceiveCount: '1' } }] };
    for (const event of [null, stack.accessToken, { watch: stack.accessToken }, records]) {
      await note(stack.call(event));
    }
    for (const event of [null, stack.accessToken, { connection: stack.accessToken }, records]) {
      await note(stack.sync(event));
    }
    expect(leaks()).toEqual([]);
  });

  it('also in their events, their queues and the table', async () => {
    const events = stack.bus.events.map((event) => JSON.stringify(event));
    const bodies = [...stack.queued(), ...stack.sqs.bodies('sync')];
    const items = await itemsOf(stack.table.endpoint, stack.table.tableName);
    expect(leaks([...events, ...bodies, items])).toEqual([]);
    expect(said.join('')).toContain('webhook forged');
  });
});

describe('the pages for consent keep to themselves what is secret', { timeout: 60_000 }, () => {
  const secret = 'planted0123456789012345678901234567890123456';
  const code = 'c/planted-0123456789012345678901234567890';
  const state = `default.${secret}`;
  const cookie = `__Host-fresco-connect=${secret.slice(0, 43)}s`;
  const { said, leaks, note } = watch();
  let rotator: LambdaInvokeDouble;
  let pages: LambdaFunction;

  beforeAll(async () => {
    rotator = await startLambdaInvoke();
    const arn = 'arn:aws:lambda:eu-south-1:000000000000:function';
    pages = lambdaFunction({
      functionName: 'connect',
      bundle: await builtFunction('connect'),
      node: node24Path() ?? process.execPath,
      timeoutMs: 10_000,
      environment: {
        ...toEnvironment('connect', {
          connections: ['default'],
          consentAlias: `${arn}:rotator:consent`,
          providerUrl: 'https://provider.example',
        }),
        AWS_ENDPOINT_URL_LAMBDA: rotator.endpoint,
      },
    });
  });
  afterAll(async () => {
    await pages.stop();
    await rotator.stop();
  });

  const requests = [
    { method: 'GET', url: `/connect/default?ticket=${secret}` },
    { method: 'GET', url: `/connect/${secret}?code=${code}` },
    { method: 'GET', url: `/connect/callback?${new URLSearchParams({ code, state })}` },
    { method: 'GET', url: `/connect/callback?${new URLSearchParams({ error: code, state })}` },
    { method: 'POST', url: '/connect/default', body: `ticket=${secret}` },
    { method: 'PUT', url: `/connect/default?${secret}`, body: secret },
  ];
  const headers = {
    cookie,
    host: secret,
    'sec-fetch-site': 'same-origin',
    'accept-language': secret,
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Bearer ${secret}`,
  };

  it.each<[string, () => unknown]>([
    [
      'fails with it in its words',
      () => {
        throw new Error(`${code} ${state}`);
      },
    ],
    ['answers what no rotator answers', () => ({ kind: secret, code })],
    ['gives an address that is none', () => ({ kind: 'begun', authorizeUrl: secret })],
    ['knows nobody', () => ({ kind: 'not-this-browser' })],
    ['may not be asked', () => undefined],
  ])('where the rotator %s', async (name, answer) => {
    rotator.faults.clear();
    if (name === 'may not be asked')
      rotator.faults.add({ on: '*', kind: 'access-denied', times: 9 });
    rotator.route(
      'rotator:consent',
      inProcess(async () => answer()),
    );
    for (const request of requests) await note(pages.invoke(httpApiEvent({ ...request, headers })));
    for (const event of [null, secret, { rawPath: secret }]) await note(pages.invoke(event));
    expect(leaks()).toEqual([]);
    expect(said.join('')).toContain('connect begin: ');
  });
});
