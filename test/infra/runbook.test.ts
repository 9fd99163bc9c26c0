// Goal: whoever is called by an alarm mends the connection with what the runbook prints.
// Method: the synthesized stack over the doubles, watched in both ways. For each entry its fault is brought about,
// an alarm that names the entry is seen to be breached by what was measured, with few alarms as early as with all,
// and the entry's block is run as it stands.
import { UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { reporter } from '../../src/aws/reporting/reporter.ts';
import { approveInSandbox } from '../../src/cli/login/sandbox-consent.ts';
import { connect } from '../../src/cli/settings/options.ts';
import { attention, metricNamespace, rotatorMetrics } from '../../src/config/metric-names.ts';
import type { Journal } from '../../src/core/journal/journal.ts';
import { encodeClient } from '../../src/core/records/client.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import { seal } from '../../src/core/records/seal.ts';
import { rotate } from '../../src/core/rotation/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemRandom } from '../../src/local/clock.ts';
import { withVariables } from '../cli/surroundings.ts';
import { createWorkspace, freePort } from '../cli/workspace.ts';
import { httpApiAnswer, httpApiEvent } from '../doubles/lambda/http-api.ts';
import { sign } from '../fatture-in-cloud/webhooks/signed-webhook.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
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
let minute = 0;
/** When a fault began; until then all was well. */
let began = 0;

beforeAll(async () => {
  world = await startRunbookWorld();
});
beforeEach(() => quietUntil(600));
afterAll(() => world?.stop());
afterEach(async () => {
  const { stack, sqs } = world;
  for (const { faults } of [stack.secrets, stack.table, stack.bus, sqs]) faults.clear();
  await control('faults', []);
  await control('state', { rotationMode: 'same', invalidClientStatus: 400 });
});

/** So many minutes later, with all the checks that an hour brings and nothing wrong. */
function quietUntil(minutes: number): void {
  const end = minute + minutes;
  for (; minute < end; minute += 30) {
    for (const [{ name, dimensions }, value] of [
      [rotatorMetrics.checks, 1],
      [attention, 0],
    ] as const) {
      const values: Readonly<Record<string, string>> = { prefix: 'fresco', connection: 'default' };
      const Dimensions = dimensions.map((it) => ({ Name: it, Value: values[it] }));
      metrics.put({ Namespace: metricNamespace, MetricName: name, Dimensions }, value, minute);
    }
  }
  began = minute;
}

const control = (path: string, body: object) => controlSandbox(world.stack.providerUrl, path, body);

type Alarm = Readonly<Record<string, unknown>>;

const entriesOf = (alarm: Alarm) =>
  [...String(alarm['AlarmDescription']).matchAll(/#([\w-]+)/g)].map(([, entry]) => entry ?? '');
const ways = ['full', 'small'] as const;
const seen = { full: new Set<Alarm>(), small: new Set<Alarm>() };

function alarmsOf(way: (typeof ways)[number], entry: string): Alarm[] {
  const { deployment } = way === 'full' ? world : world.small;
  const alarms = deployment.all('AWS::CloudWatch::Alarm').map(({ properties }) => properties);
  return alarms.filter((it) => entriesOf(it).includes(entry));
}

/** The ways of watching in which an alarm that names the entry is breached now. */
function breached(entry: string): string[] {
  return ways.filter((way) => {
    const found = alarmsOf(way, entry).filter((it) => metrics.isBreached(it, minute));
    for (const alarm of found) seen[way].add(alarm);
    return found.length > 0;
  });
}

/** Both ways tell somebody, the one with few alarms no later than the other. */
function expectAlarm(entry: string): void {
  expect([entry, breached(entry)]).toEqual([entry, ways]);
  const [full = 0, small = 0] = ways.map((way) => {
    const alarms = alarmsOf(way, entry);
    let at = began - 1;
    expect(alarms.filter((it) => metrics.isBreached(it, at))).toEqual([]);
    while (!alarms.some((it) => metrics.isBreached(it, at))) at += 1;
    return at;
  });
  expect([entry, small - full]).toEqual([entry, Math.min(0, small - full)]);
}

/** What the schedule does, with what it measures in either way. */
async function check(): Promise<void> {
  const schedule = world.deployment.one('AWS::Scheduler::Schedule', /checkdefault/);
  const { Input } = schedule.properties['Target'] as { readonly Input: string };
  const { logs } = await world.stack.through('schedule', JSON.parse(Input));
  metrics.putEmbedded(logs, minute);
  metrics.putEmbedded((await world.small.rotator.invoke(JSON.parse(Input))).logs, minute);
}

function put(service: string, name: string, [key, value]: [string, string], count: number): void {
  const Dimensions = [{ Name: key, Value: value }];
  metrics.put({ Namespace: `AWS/${service}`, MetricName: name, Dimensions }, count, minute);
}

/** What Lambda counts of invocations: of one that it refuses, nothing but that. */
function countErrors(
  functionName: string,
  ...results: readonly ({ readonly error?: unknown } | 'throttled')[]
) {
  for (const result of results) {
    const isThrottled = result === 'throttled';
    put('Lambda', 'Throttles', ['FunctionName', functionName], Number(isThrottled));
    if (isThrottled) continue;
    put('Lambda', 'Errors', ['FunctionName', functionName], Number(result.error !== undefined));
  }
}

/** What the HTTP API counts of its answers. */
function countAnswers(...results: readonly { readonly payload: unknown }[]): void {
  for (const { payload } of results) {
    const { statusCode } = payload as { readonly statusCode: number };
    put(
      'ApiGateway',
      '4xx',
      ['ApiId', world.ids.api],
      Number(statusCode >= 400 && statusCode < 500),
    );
    put('ApiGateway', '5xx', ['ApiId', world.ids.api], Number(statusCode >= 500));
  }
}

/** What SQS measures of a queue. */
function measureQueue(name: string): void {
  const { sqs } = world;
  const queue: [string, string] = ['QueueName', name];
  put('SQS', 'ApproximateNumberOfMessagesVisible', queue, sqs.bodies(name).length);
  put('SQS', 'ApproximateAgeOfOldestMessage', queue, sqs.oldestAgeMs(name) / 1000);
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
  quietUntil(3000);
  await check();
  expect(breached(entry)).toEqual([]);
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
  await check();
  expect(breached('no-check-is-made')).toEqual([]);
  scheduler.schedules.set(scheduleName, 'DISABLED');
  minute += 180;
  expectAlarm('no-check-is-made');
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
  expectAlarm('access-token-near-its-end');
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
  expectAlarm('person-needed');
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
  expect(breached('uncertain-attempt')).toEqual([]);
  await amendJournal(({ dispatch }) => ({
    dispatch: dispatch && {
      ...dispatch,
      sends: dispatch.sends.map((send) => ({ ...send, sentAtMs: send.sentAtMs - hourMs })),
    },
  }));
  minute += 60;
  await check();
  expectAlarm('uncertain-attempt');
  expect((await follow(linesOf('uncertain-attempt'))).codes).toEqual([1, 0]);
  await expectWhole('uncertain-attempt');
});

it('refresh-token-idle', async () => {
  await world.stack.logIn(301 * dayMs);
  await amendJournal(() => ({ pausedAtMs: Date.now() - 300 * dayMs }));
  await check();
  expectAlarm('refresh-token-idle');
  expect((await follow(linesOf('refresh-token-idle'))).codes).toEqual([0, 0]);
  await expectWhole('refresh-token-idle');
});

it('token-lost', async () => {
  const { stack } = world;
  await stack.logIn(13 * hourMs);
  await control('state', { rotationMode: 'single-use' });
  withVariables({ ...world.env, FRESCO_PROVIDER_URL: stack.providerUrl });
  const written: string[] = [];
  const reporterOf = (watching: (typeof ways)[number]) =>
    reporter({
      prefix: 'fresco',
      watching,
      bus: { publish: async () => undefined },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      emit: (line) => void written.push(line),
    });
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
      reporter: {
        report: async (report) => {
          for (const watching of ways) await reporterOf(watching).report(report);
        },
      },
    },
    { trigger: 'schedule' },
  );
  metrics.putEmbedded(written.join('\n'), minute);
  expectAlarm('token-lost');
  const { codes } = await follow(linesOf('token-lost'), async () => {
    stack.secrets.faults.clear();
    stack.table.faults.clear();
    // The lease of whoever lost it runs out.
    await amendJournal(() => ({ lease: null }));
  });
  expect(codes).toEqual([1, 1, 0]);
  await expectWhole('token-lost');
});

it('rotator-fails', async () => {
  const { stack, ids } = world;
  await stack.logIn(13 * hourMs);
  countErrors(ids.rotator, await stack.through('schedule', { connection: 'nobody' }));
  expectAlarm('rotator-fails');
  const { codes } = await follow(linesOf('rotator-fails'), () => undefined);
  expect(codes).toEqual([0, 0]);
  minute += 60;
  countErrors(ids.rotator, await stack.through('schedule', { connection: 'default' }));
  expect(breached('rotator-fails')).toEqual([]);
  await expectWhole('rotator-fails');
});

it('rotator-fails: a check is throttled, and given up by Lambda where that goes on', () => {
  const { ids, sqs } = world;
  countErrors(ids.rotator, 'throttled');
  expect(breached('rotator-fails')).toEqual(['full']);
  const alias = world.deployment.one('AWS::Lambda::EventInvokeConfig', /schedule/).properties;
  minute += Number(alias['MaximumEventAgeInSeconds']) / 60;
  sqs.put(ids.failures, '{"condition":"EventAgeExceeded"}');
  measureQueue(ids.failures);
  expectAlarm('failed-invocations');
  sqs.drain(ids.failures);
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
async function handle(handler = world.handler) {
  const records = world.sqs.bodies(world.ids.queue).map((body, index) => ({
    messageId: `m${index}`,
    receiptHandle: `r${index}`,
    body,
    attributes: { ApproximateReceiveCount: '1' },
  }));
  return handler.invoke({ Records: records });
}

/** A person's browser, which has no rights in AWS: it knows an address, and keeps the cookies that it is given. */
function browserAt(said: string[]) {
  let cookie: string | undefined;
  const routes = world.deployment
    .all('AWS::ApiGatewayV2::Route')
    .map(({ properties }) => String(properties['RouteKey']));
  return async (method: 'GET' | 'POST', address: string) => {
    const url = new URL(address);
    const route = `${method} ${url.pathname.replace(/[^/]+$/, (it) => (it === 'callback' ? it : '{connection}'))}`;
    expect(routes).toContain(route);
    const result = await world.connect.invoke(
      httpApiEvent({
        method,
        url: address,
        headers: { host: url.host, cookie, 'sec-fetch-site': 'same-origin' },
      }),
    );
    const answer = httpApiAnswer(result.payload);
    said.push(result.logs);
    const [set] = [answer.headers['set-cookie'] ?? []].flat();
    if (set !== undefined) cookie = set.split(';')[0];
    return { ...answer, cookie };
  };
}

it('person-needed, by the link that its alarm shows and nothing else', async () => {
  const { stack, sqs, ids } = world;
  await stack.logIn(13 * hourMs);
  const { generation } = decodeGrant((await stack.grant.current())?.value ?? new Secret(''));
  await control('revoke', {});
  await world.receiver.invoke(await notification(1));
  await handle();
  const [waiting = '', ...others] = sqs
    .drain(ids.queue)
    .filter((body) => body.includes('waitsSinceMs'));
  expect([waiting, others]).toEqual([expect.stringContaining('108061'), []]);
  sqs.put(ids.queue, waiting);
  await stack.through('operator', { connection: 'default', onlyIfDue: false });
  await check();
  expectAlarm('person-needed');
  const links = ways.flatMap((way) =>
    alarmsOf(way, 'person-needed').map(
      (alarm) => /https:\/\/\S+\/connect\/default/.exec(String(alarm['AlarmDescription']))?.[0],
    ),
  );
  const [link = '', ...same] = links;
  expect(same).toEqual([link]);

  const said: string[] = [];
  const browse = browserAt(said);
  expect((await browse('GET', link)).body).toContain('<strong>Invented</strong>');
  const begun = await browse('POST', link);
  expect(begun.status).toBe(303);
  const back = await approveInSandbox(String(begun.headers['location']));
  const done = await browse('GET', back);
  expect(done.body).toContain('<h1>Done, thank you</h1>');

  const grant = decodeGrant((await stack.grant.current())?.value ?? new Secret(''));
  expect(grant.generation).toBe(generation + 1);
  const events = stack.bus.events.length;
  expect((await handle()).payload).toEqual({ batchItemFailures: [] });
  expect(stack.bus.events.slice(events).map((it) => it.detailType)).toEqual(['Entity Changed']);
  sqs.drain(ids.queue);
  await expectWhole('person-needed');
  expect((await browse('GET', link)).body).toContain('<h1>Nothing to do</h1>');

  // Of all that is secret the browser alone was sent something, and nothing of it is in a log or on a page.
  const parts = [...new URL(back).searchParams.values(), begun.cookie?.split('=')[1] ?? ''];
  const tokens = [grant.refreshToken, grant.accessToken, grant.sealKey];
  for (const secret of [...parts, ...tokens.map((it) => it?.reveal() ?? ''), 'sandbox-secret']) {
    expect(secret.length).toBeGreaterThan(10);
    expect(said.join('') + JSON.stringify(done)).not.toContain(secret);
  }
  expect(said.join('')).toContain('connect finish: connected');
});

it('failed-invocations', async () => {
  const { stack, sqs, ids } = world;
  await stack.logIn();
  sqs.put(ids.failures, '{"requestPayload":{"watch":"default","renew":false}}');
  measureQueue(ids.failures);
  expectAlarm('failed-invocations');
  const { codes } = await follow(linesOf('failed-invocations'), () => sqs.drain(ids.failures));
  expect(codes).toEqual([0, 0, 0]);
  minute += 60;
  measureQueue(ids.failures);
  expect(breached('failed-invocations')).toEqual([]);
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
  expectAlarm('dead-letters');
  expect((await follow(linesOf('dead-letters'), () => undefined)).codes).toEqual([0]);
  minute += 60;
  measureQueue(ids.deadLetters);
  expect(breached('dead-letters')).toEqual([]);
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
  for (const handler of [world.handler, world.small.handler]) {
    metrics.putEmbedded((await handle(handler)).logs, minute);
  }
  expectAlarm('notifications-wait');
  sqs.drain(ids.queue);
  quietUntil(600);
  for (const minutes of [10, 5, 0]) {
    sqs.drain(ids.queue);
    sqs.put(ids.queue, body, waitsSinceMs + minutes * 60_000);
    measureQueue(ids.queue);
    minute += minutes === 0 ? 0 : 5;
  }
  expectAlarm('notifications-wait');
  expect((await follow(linesOf('notifications-wait'))).codes).toEqual([2, 0]);
  expect((await handle()).payload).toEqual({ batchItemFailures: [] });
  sqs.drain(ids.queue);
  quietUntil(60);
  measureQueue(ids.queue);
  expect(breached('notifications-wait')).toEqual([]);
});

it('notifications-not-kept', async () => {
  const { stack, sqs, ids } = world;
  await stack.logIn();
  sqs.faults.add({ on: 'SendMessageBatch', kind: 'access-denied', times: 99 });
  countAnswers(await world.receiver.invoke(await notification(3)));
  expectAlarm('notifications-not-kept');
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
    minute += 5;
    // No notification comes in meanwhile.
    countErrors(ids.handler, await world.handler.invoke({ Records: 'none' }));
  }
  expectAlarm('webhook-functions-fail');
  const { codes } = await follow(linesOf('webhook-functions-fail'), () => undefined);
  expect(codes).toEqual([0, 0]);
  minute += 60;
  countErrors(ids.handler, await handle());
  expect(breached('webhook-functions-fail')).toEqual([]);
});

it('webhook-functions-fail: the receiver alone, whose failure is an answer of the API', async () => {
  for (let at = 0; at < 3; at += 1) {
    minute += 5;
    const failed = await world.receiver.invoke(null);
    countErrors(world.ids.receiver, failed);
    countAnswers({ payload: { statusCode: failed.error === undefined ? 200 : 500 } });
  }
  expectAlarm('webhook-functions-fail');
});

it('forged-notifications', async () => {
  await world.stack.logIn();
  const forged = await notification(4, false);
  const results = [];
  for (let n = 0; n < 100; n += 1) results.push(await world.receiver.invoke(forged));
  metrics.putEmbedded(results.map(({ logs }) => logs).join('\n'), minute);
  countAnswers(...results);
  expectAlarm('forged-notifications');
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
      metrics.putEmbedded((await world.sync.invoke(event)).logs, minute);
      const bodies = sqs.drain(ids.continuations);
      if (bodies.length === 0) return;
      event = { Records: bodies.map((body) => ({ body })) };
    }
  };
  await night();
  expect(breached('sync-not-complete')).toEqual([]);
  quietUntil(60);
  minute += 29 * 60;
  expectAlarm('sync-not-complete');
  expect((await follow(linesOf('sync-not-complete'), () => undefined)).codes).toEqual([0, 0]);
  await night();
  expect(breached('sync-not-complete')).toEqual([]);
});

it.each(ways)('no alarm of the template is left out: %s', (way) => {
  const { deployment } = way === 'full' ? world : world.small;
  const left = deployment
    .all('AWS::CloudWatch::Alarm')
    .filter(({ properties }) => !seen[way].has(properties));
  expect(left.map(({ id }) => id)).toEqual([]);
});
