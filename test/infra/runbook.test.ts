// Goal: whoever is called by an alarm mends the connection with what the runbook prints.
// Method: the synthesized stack over the doubles. For each alarm its fault is brought about, its condition in
// the template is seen to be breached by what was measured, and the entry's block is run as it stands.
import { UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { reporter } from '../../src/aws/reporting/reporter.ts';
import { approveInSandbox } from '../../src/cli/login/sandbox-consent.ts';
import { connect } from '../../src/cli/settings/options.ts';
import type { Journal } from '../../src/core/journal/journal.ts';
import { encodeClient } from '../../src/core/records/client.ts';
import { seal } from '../../src/core/records/seal.ts';
import { rotate } from '../../src/core/rotation/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemRandom } from '../../src/local/clock.ts';
import { withVariables } from '../cli/surroundings.ts';
import { createWorkspace, freePort } from '../cli/workspace.ts';
import { sign } from '../fatture-in-cloud/webhooks/signed-webhook.ts';
import { CloudWatch } from './cloudwatch.ts';
import {
  commandFor,
  linesOf,
  type RunbookLine,
  type RunbookWorld,
  startRunbookWorld,
} from './runbook-world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const full = process.env['FRESCO_FULL'] !== undefined;

let world: RunbookWorld;
const metrics = new CloudWatch();
let period = 0;

beforeAll(async () => {
  world = await startRunbookWorld();
});
afterAll(() => world?.stop());
afterEach(async () => {
  const { stack, sqs } = world;
  for (const { faults } of [stack.secrets, stack.table, stack.bus, sqs]) faults.clear();
  await control('faults', []);
  await control('state', { rotationMode: 'same', invalidClientStatus: 400 });
  period += 100;
});

const control = (path: string, body: object) =>
  fetch(`${world.stack.providerUrl}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sandbox-control': '1' },
    body: JSON.stringify(body),
  });

const seen = new Set<string>();
const entryOf = (properties: Readonly<Record<string, unknown>>) =>
  String(properties['AlarmDescription']).replace(/^.*#/, '');

function isBreached(entry: string): boolean {
  const breached = world.deployment
    .all('AWS::CloudWatch::Alarm')
    .filter(({ properties }) => entryOf(properties) === entry)
    .filter(({ properties }) => metrics.isBreached(properties, period));
  if (breached.length > 0) seen.add(entry);
  return breached.length > 0;
}

/** What the schedule does, with what it measures. */
async function check(): Promise<void> {
  const schedule = world.deployment.one('AWS::Scheduler::Schedule', /checkdefault/);
  const { Input } = schedule.properties['Target'] as { readonly Input: string };
  const { logs } = await world.stack.through('schedule', JSON.parse(Input));
  metrics.putEmbedded(logs, period);
}

/** What Lambda counts of an invocation. */
function countErrors(functionName: string, ...results: readonly { readonly error?: unknown }[]) {
  const metric = (MetricName: string) => ({
    Namespace: 'AWS/Lambda',
    MetricName,
    Dimensions: [{ Name: 'FunctionName', Value: functionName }],
  });
  const errors = results.filter(({ error }) => error !== undefined).length;
  metrics.put(metric('Errors'), errors, period);
  metrics.put(metric('Throttles'), 0, period);
}

/** What SQS measures of a queue. */
function measureQueue(name: string): void {
  const metric = (MetricName: string) => ({
    Namespace: 'AWS/SQS',
    MetricName,
    Dimensions: [{ Name: 'QueueName', Value: name }],
  });
  const { sqs } = world;
  metrics.put(metric('ApproximateNumberOfMessagesVisible'), sqs.bodies(name).length, period);
  metrics.put(metric('ApproximateAgeOfOldestMessage'), sqs.oldestAgeMs(name) / 1000, period);
}

/** Runs lines of the runbook on an operator's machine; what is done by hand comes from `hands`, in its order. */
async function follow(lines: readonly RunbookLine[], ...hands: (() => unknown)[]) {
  const workspace = await createWorkspace(world.stack.providerUrl);
  const redirectUri = `http://localhost:${await freePort()}/callback`;
  const env = {
    ...world.env,
    FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
    FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
    FATTUREINCLOUD_REDIRECT_URI: redirectUri,
  };
  const codes: (number | null)[] = [];
  let last = '';
  for (const line of lines) {
    if (line.kind === 'by hand') {
      const hand = hands.shift();
      if (hand === undefined) throw new Error(`nobody does: ${line.text}`);
      await hand();
      continue;
    }
    const running = workspace.begin(line.args, env);
    running.input('');
    if (line.args[0] === 'login' && !line.args.includes('--application-only')) {
      // The person at the browser.
      await fetch(await approveInSandbox(await running.says(/(http:\S+authorize\S+)/)));
    }
    const { code, stdout, stderr } = await running.ended;
    codes.push(code);
    last = `${stdout}${stderr}`;
  }
  if (hands.length > 0) throw new Error('more was done by hand than the runbook says');
  return { codes, last };
}

/** The connection as doctor sees it, and the alarm after the next check. */
async function expectWhole(entry: string): Promise<void> {
  period += 50;
  await check();
  expect(isBreached(entry)).toBe(false);
  const { codes, last } = await follow([{ kind: 'command', args: ['doctor'] }]);
  expect({ codes, last }).toEqual({ codes: [0], last: expect.anything() });
}

async function amendJournal(change: (journal: Journal) => Partial<Journal>): Promise<void> {
  const { journal, revision } = await world.stack.journal.read();
  await world.stack.journal.write({ ...journal, ...change(journal) }, revision);
}

it('no-check-is-made', async () => {
  const { stack, scheduler, scheduleName } = world;
  await stack.logIn(13 * hourMs);
  scheduler.schedules.set(scheduleName, 'DISABLED');
  period += 3;
  expect(isBreached('no-check-is-made')).toBe(true);
  const { codes } = await follow(linesOf('no-check-is-made'), () =>
    scheduler.schedules.set(scheduleName, 'ENABLED'),
  );
  expect(codes).toEqual([2, 0]);
  await expectWhole('no-check-is-made');
});

it('access-token-near-its-end', async () => {
  await world.stack.logIn(19 * hourMs);
  await control('faults', [{ on: '* /*', kind: 'status', status: 503, retryAfter: 1 }]);
  await check();
  expect(isBreached('access-token-near-its-end')).toBe(true);
  const [doctor, ...rest] = linesOf('access-token-near-its-end');
  expect((await follow(doctor === undefined ? [] : [doctor])).codes).toEqual([1]);
  await control('faults', []);
  await amendJournal(() => ({ retryAtMs: null }));
  expect((await follow(rest)).codes).toEqual([0]);
  await expectWhole('access-token-near-its-end');
});

/** Causes for which a person is needed, by the row of the table that names them. */
const causes: readonly (readonly [string, () => Promise<unknown>])[] = [
  [
    'the provider no longer accepts the refresh token',
    async () => {
      await control('revoke', {});
      const operated = { connection: 'default', onlyIfDue: false };
      await world.stack.through('operator', operated);
    },
  ],
  ['refreshing is paused', () => amendJournal(() => ({ pausedAtMs: Date.now() - hourMs }))],
  ['the provider refuses the application', () => replaceClient('sandbox-client', 'another-secret')],
  [
    'the stored grant is older than one that was stored before',
    async () => {
      const before = await world.stack.grant.current();
      await world.stack.through('operator', { connection: 'default', onlyIfDue: false });
      const after = await world.stack.grant.current();
      await world.stack.secretsClient.send(
        new UpdateSecretVersionStageCommand({
          SecretId: 'fresco/default/grant',
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: before?.versionId,
          RemoveFromVersionId: after?.versionId,
        }),
      );
    },
  ],
  [
    "the saved token cannot be decrypted with this grant's key",
    () =>
      amendJournal(({ known, seals }) => {
        const at = known ?? { grant: 1, generation: 1, attempt: 0 };
        const position = { ...at, generation: at.generation + 1 };
        const sealKey = new Secret(Buffer.alloc(32, 9).toString('base64'));
        const sealed = { versionId: 'e'.repeat(32), position, sealKey };
        return { seals: [...seals, seal(new Secret('{}'), sealed, systemRandom)] };
      }),
  ],
  [
    'this grant was issued for another place',
    () => world.stack.logIn(13 * hourMs, '123456789012/eu-west-1/staging'),
  ],
];

async function replaceClient(clientId: string, clientSecret: string): Promise<void> {
  const { client } = world.stack;
  const current = await client.current();
  const versionId = Buffer.from(systemRandom.bytes(16)).toString('hex');
  await client.put(versionId, encodeClient({ clientId, clientSecret: new Secret(clientSecret) }));
  await client.promote(versionId, current?.versionId ?? '');
}

it.each(full ? causes : causes.slice(0, 2))('person-needed: %s', async (says, cause) => {
  await world.stack.logIn(13 * hourMs);
  await cause();
  await check();
  expect(isBreached('person-needed')).toBe(true);
  const [doctor, , last] = linesOf('person-needed');
  if (doctor === undefined || last === undefined) throw new Error('the block has changed');
  const { codes, last: said } = await follow([doctor, commandFor('person-needed', says), last]);
  expect({ codes, said }).toEqual({ codes: [2, 0, 0], said: expect.anything() });
  await expectWhole('person-needed');
});

it('uncertain-attempt', async () => {
  await world.stack.logIn(13 * hourMs);
  await control('state', { rotationMode: 'keep-old' });
  await control('faults', [{ on: 'POST /oauth/token', kind: 'reset-after', times: 1 }]);
  await check();
  expect(isBreached('uncertain-attempt')).toBe(false);
  await amendJournal(({ dispatch }) => ({
    dispatch: dispatch && {
      ...dispatch,
      sends: dispatch.sends.map((send) => ({ ...send, sentAtMs: send.sentAtMs - hourMs })),
    },
  }));
  period += 1;
  await check();
  expect(isBreached('uncertain-attempt')).toBe(true);
  expect((await follow(linesOf('uncertain-attempt'))).codes).toEqual([2, 0]);
  await expectWhole('uncertain-attempt');
});

it('refresh-token-idle', async () => {
  await world.stack.logIn(301 * dayMs);
  await amendJournal(() => ({ pausedAtMs: Date.now() - 300 * dayMs }));
  await check();
  expect(isBreached('refresh-token-idle')).toBe(true);
  expect((await follow(linesOf('refresh-token-idle'))).codes).toEqual([0, 0]);
  await expectWhole('refresh-token-idle');
});

it('token-lost', async () => {
  const { stack } = world;
  await stack.logIn(13 * hourMs);
  await control('state', { rotationMode: 'single-use' });
  withVariables({ ...world.env, FRESCO_PROVIDER_URL: stack.providerUrl });
  const written: string[] = [];
  const ports = (await connect({})).byHand.ports();
  let waitedMs = 0;
  await rotate(
    {
      ...ports,
      // Both stores refuse until the deadline, which comes without being waited for.
      clock: {
        nowMs: () => Date.now(),
        monotonicMs: () => performance.now() + waitedMs,
        wait: async (ms) => {
          waitedMs += ms;
        },
      },
      endpoint: {
        refresh: async (...sent) => {
          stack.secrets.faults.add({ on: 'PutSecretValue', kind: 'access-denied', times: 999 });
          stack.table.faults.add({ on: 'PutItem', kind: 'access-denied', times: 999 });
          return ports.endpoint.refresh(...sent);
        },
      },
      reporter: reporter({
        prefix: 'fresco',
        bus: { publish: async () => undefined },
        log: { info: () => {}, warn: () => {}, error: () => {} },
        emit: (line) => void written.push(line),
      }),
    },
    { trigger: 'schedule' },
  );
  metrics.putEmbedded(written.join('\n'), period);
  expect(isBreached('token-lost')).toBe(true);
  const { codes } = await follow(linesOf('token-lost'), async () => {
    stack.secrets.faults.clear();
    stack.table.faults.clear();
    // The lease of whoever lost it runs out.
    await amendJournal(() => ({ lease: null }));
  });
  expect(codes).toEqual([2, 1, 0]);
  await expectWhole('token-lost');
});

it('rotator-fails', async () => {
  const { stack, ids } = world;
  await stack.logIn(13 * hourMs);
  countErrors(ids.rotator, await stack.through('schedule', { connection: 'nobody' }));
  expect(isBreached('rotator-fails')).toBe(true);
  const { codes } = await follow(linesOf('rotator-fails'), () => undefined);
  expect(codes).toEqual([0, 0]);
  period += 1;
  countErrors(ids.rotator, await stack.through('schedule', { connection: 'default' }));
  expect(isBreached('rotator-fails')).toBe(false);
  await expectWhole('rotator-fails');
});

/** A notification as the provider sends it, signed for this stack's sink. */
async function notification(id: number, signed = true) {
  const seconds = Math.floor(Date.now() / 1000);
  const { FRESCO_WEBHOOK_SINK: base } = world.deployment.variables(/ReceiverFunction/);
  const aud = [`${base}/default`];
  const jti = `108061:invented-${seconds}-${id}`;
  const sub = 'company:108061';
  const token = await sign({ iat: seconds, exp: seconds + 600, aud, jti, sub });
  return {
    version: '2.0',
    rawPath: '/webhooks/default',
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${signed ? token : 'a.b.c'}`,
      'ce-id': jti,
      'ce-type': 'it.fattureincloud.webhooks.entities.clients.update',
      'ce-subject': sub,
      'ce-specversion': '1.0',
    },
    requestContext: { http: { method: 'POST', path: '/webhooks/default' } },
    body: JSON.stringify({ data: { ids: [id] } }),
    isBase64Encoded: false,
  };
}

/** Hands what is on the queue to the handler, as an event source does. */
async function handle() {
  const records = world.sqs.bodies(world.ids.queue).map((body, index) => ({
    messageId: `m${index}`,
    receiptHandle: `r${index}`,
    body,
    attributes: { ApproximateReceiveCount: '1' },
  }));
  return world.handler.invoke({ Records: records });
}

it('failed-invocations', async () => {
  const { stack, sqs, ids } = world;
  await stack.logIn();
  sqs.put(ids.failures, '{"requestPayload":{"watch":"default","renew":false}}');
  measureQueue(ids.failures);
  expect(isBreached('failed-invocations')).toBe(true);
  const { codes } = await follow(linesOf('failed-invocations'), () => sqs.drain(ids.failures));
  expect(codes).toEqual([0, 0, 0]);
  period += 1;
  measureQueue(ids.failures);
  expect(isBreached('failed-invocations')).toBe(false);
});

it('dead-letters', async () => {
  const { stack, sqs, ids } = world;
  await stack.logIn();
  expect((await world.receiver.invoke(await notification(1))).payload).toMatchObject({
    statusCode: 202,
  });
  const [body = ''] = sqs.bodies(ids.queue);
  sqs.drain(ids.queue);
  sqs.put(ids.deadLetters, body);
  measureQueue(ids.deadLetters);
  expect(isBreached('dead-letters')).toBe(true);
  expect((await follow(linesOf('dead-letters'), () => undefined)).codes).toEqual([0]);
  period += 1;
  measureQueue(ids.deadLetters);
  expect(isBreached('dead-letters')).toBe(false);
  expect((await handle()).payload).toEqual({ batchItemFailures: [] });
  sqs.drain(ids.queue);
});

it('notifications-wait', async () => {
  const { stack, sqs, ids } = world;
  await stack.logIn(25 * hourMs);
  await control('revoke', {});
  await world.receiver.invoke(await notification(2));
  const [body = '{}'] = sqs.drain(ids.queue);
  const waitsSinceMs = Date.now() - 6 * hourMs;
  sqs.put(ids.queue, JSON.stringify({ ...JSON.parse(body), waitsSinceMs }));
  metrics.putEmbedded((await handle()).logs, period);
  measureQueue(ids.queue);
  expect(isBreached('notifications-wait')).toBe(true);
  sqs.drain(ids.queue);
  period += 1;
  sqs.put(ids.queue, body, waitsSinceMs);
  measureQueue(ids.queue);
  expect(isBreached('notifications-wait')).toBe(true);
  expect((await follow(linesOf('notifications-wait'))).codes).toEqual([2, 0]);
  expect((await handle()).payload).toEqual({ batchItemFailures: [] });
  sqs.drain(ids.queue);
  period += 1;
  measureQueue(ids.queue);
  expect(isBreached('notifications-wait')).toBe(false);
});

it('notifications-not-kept', async () => {
  const { stack, sqs, ids } = world;
  await stack.logIn();
  sqs.faults.add({ on: 'SendMessageBatch', kind: 'access-denied', times: 99 });
  const { payload } = await world.receiver.invoke(await notification(3));
  const { statusCode } = payload as { readonly statusCode: number };
  const metric = {
    Namespace: 'AWS/ApiGateway',
    MetricName: '5xx',
    Dimensions: [{ Name: 'ApiId', Value: ids.api }],
  };
  metrics.put(metric, statusCode >= 500 ? 1 : 0, period);
  expect(isBreached('notifications-not-kept')).toBe(true);
  const { codes } = await follow(linesOf('notifications-not-kept'), () => sqs.faults.clear());
  expect(codes).toEqual([0]);
  const again = await world.receiver.invoke(await notification(3));
  expect(again.payload).toMatchObject({ statusCode: 202 });
  sqs.drain(ids.queue);
});

it('webhook-functions-fail', async () => {
  const { stack, ids } = world;
  await stack.logIn();
  for (let at = 0; at < 3; at += 1) {
    period += 1;
    countErrors(ids.handler, await world.handler.invoke({ Records: 'none' }));
    countErrors(ids.receiver);
  }
  expect(isBreached('webhook-functions-fail')).toBe(true);
  const { codes } = await follow(linesOf('webhook-functions-fail'), () => undefined);
  expect(codes).toEqual([0, 0]);
  period += 1;
  countErrors(ids.handler, await handle());
  countErrors(ids.receiver);
  expect(isBreached('webhook-functions-fail')).toBe(false);
});

it('forged-notifications', async () => {
  await world.stack.logIn();
  const forged = await notification(4, false);
  const results = [];
  for (let n = 0; n < 100; n += 1) results.push(await world.receiver.invoke(forged));
  metrics.putEmbedded(results.map(({ logs }) => logs).join('\n'), period);
  expect(isBreached('forged-notifications')).toBe(true);
  expect((await follow(linesOf('forged-notifications'), () => undefined)).codes).toEqual([0]);
  const genuine = await world.receiver.invoke(await notification(5));
  expect(genuine.payload).toMatchObject({ statusCode: 202 });
  world.sqs.drain(world.ids.queue);
});

it('sync-not-complete', async () => {
  await world.stack.logIn();
  const { sqs, ids } = world;
  /** The schedule begins it, and the queue brings it back until it is through. */
  const night = async () => {
    let event: object = { connection: 'default' };
    for (let calls = 0; calls < 5; calls += 1) {
      metrics.putEmbedded((await world.sync.invoke(event)).logs, period);
      const bodies = sqs.drain(ids.continuations);
      if (bodies.length === 0) return;
      event = { Records: bodies.map((body) => ({ body })) };
    }
  };
  await night();
  expect(isBreached('sync-not-complete')).toBe(false);
  period += 30;
  expect(isBreached('sync-not-complete')).toBe(true);
  expect((await follow(linesOf('sync-not-complete'), () => undefined)).codes).toEqual([0, 0]);
  await night();
  expect(isBreached('sync-not-complete')).toBe(false);
});

it('no alarm of the template is left out', () => {
  const alarms = world.deployment.all('AWS::CloudWatch::Alarm');
  expect([...seen].sort()).toEqual(
    [...new Set(alarms.map(({ properties }) => entryOf(properties)))].sort(),
  );
});
