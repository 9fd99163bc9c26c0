// Goal: the rotator as it is deployed does its work through each of its doors, and through no other.
// Method: the built bundle as a process on Lambda's Node, real SDK, doubles on the wire, the sandbox.
import { readFileSync } from 'node:fs';
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approveInSandbox } from '../../src/cli/login/sandbox-consent.ts';
import { decodeAccessToken } from '../../src/core/records/access-token.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { type RotatorStack, startRotatorStack } from './rotator-stack.ts';

let stack: RotatorStack;
let requestsBefore = 0;
let eventsBefore = 0;

// One for all: nobody is logged in when the first test begins, and each later one logs in once more.
beforeAll(async () => {
  stack = await startRotatorStack();
});

beforeEach(async () => {
  requestsBefore = (await stack.counters()).tokenRequests;
  eventsBefore = stack.bus.events.length;
});

afterAll(() => stack.stop());

/** A login so long ago, on a day of its own; says which generation it stored. */
async function logIn(ageMs = 0): Promise<number> {
  await stack.logIn(ageMs);
  await stack.newDay();
  return stack.generation();
}

const events = () => stack.bus.events.slice(eventsBefore);

const hourMs = 3_600_000;

async function published() {
  const version = await stack.accessToken.current();
  if (version === undefined) throw new Error('nothing is published');
  return decodeAccessToken(version.value);
}

const tokenRequests = async () => (await stack.counters()).tokenRequests - requestsBefore;

describe('the rotator in its bundle', () => {
  it('finds nobody logged in, and says so', async () => {
    const { payload, error } = await stack.through('schedule', { connection: 'default' });
    expect(error).toBeUndefined();
    expect(payload).toEqual({ outcome: 'not-connected' });
  });

  it('leaves a fresh token alone when the schedule calls', async () => {
    await logIn();
    const { payload } = await stack.through('schedule', { connection: 'default' });
    expect(payload).toEqual({ outcome: 'fresh' });
    expect(await tokenRequests()).toBe(0);
  });

  it('refreshes when the schedule calls and it is due, once', async () => {
    const generation = await logIn(13 * hourMs);
    const call = () => stack.through('schedule', { connection: 'default' });
    expect((await call()).payload).toEqual({ outcome: 'refreshed' });
    expect((await call()).payload).toEqual({ outcome: 'fresh' });
    expect((await published()).generation).toBe(generation + 1);
    expect(await tokenRequests()).toBe(1);
  });

  it('refreshes for an operator, stores, publishes, and tells how', async () => {
    const generation = await logIn();
    const { payload, logs } = await stack.through('operator', { connection: 'default' });
    expect(payload).toMatchObject({
      outcome: { kind: 'refreshed', token: { generation: generation + 1 } },
      warnings: [],
    });
    expect(await published()).toMatchObject({
      generation: generation + 1,
      connection: 'default',
      companies: [{ id: 108061, name: 'Invented' }],
      refreshWith: 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers',
    });
    expect(events().map(({ detailType }) => detailType)).toEqual(['Token Refreshed']);
    expect(await tokenRequests()).toBe(1);
    await expectNoSecretIn(logs, JSON.stringify([payload, events()]));
  });

  it('writes one line of metrics that is JSON and nothing else', async () => {
    await logIn();
    const { logs } = await stack.through('schedule', { connection: 'default' });
    const lines = logs.split('\n').filter((line) => line.includes('CloudWatchMetrics'));
    expect(lines).toHaveLength(1);
    const gauge = { prefix: 'fresco', connection: 'default', Attention: 0 };
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(gauge);
  });

  it('answers a consumer with a generation and an expiry, and never with a token', async () => {
    await logIn();
    const before = await published();
    const { grant, generation } = before;
    const wish = { connection: 'default', minValidityMs: 30 * hourMs };
    const { payload } = await stack.through('consumers', wish);
    expect(payload).toMatchObject({ kind: 'published', position: { generation } });
    const rejected = { grant, generation, attempt: 0 };
    const complaint = await stack.through('consumers', { connection: 'default', rejected });
    expect(complaint.payload).toMatchObject({ kind: 'published', position: { generation } });
    await expectNoSecretIn(JSON.stringify([payload, complaint.payload]));
    expect(await published()).toEqual(before);
  });

  it('refreshes for a consumer whose token does not last', async () => {
    const generation = await logIn(23 * hourMs);
    const wish = { connection: 'default', minValidityMs: 2 * hourMs };
    const { payload } = await stack.through('consumers', wish);
    expect(payload).toMatchObject({ kind: 'published', position: { generation: generation + 1 } });
    expect((await published()).generation).toBe(generation + 1);
  });

  it('is driven by Secrets Manager as docs/deploy.md says, each step delivered twice', async () => {
    const generation = await logIn(13 * hourMs);
    const [first, later] = documentedRotations();
    if (first === undefined || later === undefined) throw new Error('the page has lost a call');
    await stack.secretsClient.send(
      new RotateSecretCommand({
        ...first,
        ClientRequestToken: '00000000-0000-4000-8000-00000000000a',
      }),
    );
    expect(await stack.secrets.rotationsEnded()).toEqual([{ kind: 'rotated', attempts: 1 }]);
    const current = await stack.grant.current();
    expect(current?.versionId).toBe('00000000-0000-4000-8000-00000000000a');
    expect(current && decodeGrant(current.value).generation).toBe(generation + 1);
    expect((await published()).generation).toBe(generation + 1);
    expect(await tokenRequests()).toBe(1);

    // Within ten minutes: it ends well, and the provider is asked for nothing.
    const ClientRequestToken = '00000000-0000-4000-8000-00000000000b';
    await stack.secretsClient.send(new RotateSecretCommand({ ...later, ClientRequestToken }));
    expect((await stack.secrets.rotationsEnded()).at(-1)).toEqual({ kind: 'rotated', attempts: 1 });
    expect((await published()).generation).toBe(generation + 1);
    expect(await tokenRequests()).toBe(1);
  });

  it('heals a connection that needs a person by a consent through its own door, and hands out no secret', async () => {
    const generation = await logIn();
    await controlSandbox(stack.providerUrl, 'revoke');
    for (const outcome of ['refused', 'latched']) {
      const { payload } = await stack.through('operator', { connection: 'default' });
      expect(payload).toMatchObject({ outcome: { kind: outcome } });
    }
    const logs: string[] = [];
    const ask = async (request: object) => {
      const answer = await stack.through('consent', { connection: 'default', ...request });
      logs.push(answer.logs);
      return answer.payload as { readonly kind: string; readonly authorizeUrl?: string };
    };
    const open = await ask({ step: 'look' });
    expect(open).toEqual({ kind: 'open', expects: 'Invented' });
    expect(await ask({ step: 'look', connection: 'other' })).toEqual({ kind: 'nothing-to-do' });
    const begun = await ask({ step: 'begin', browser: 'cookie-of-a-browser' });
    const { searchParams } = new URL(await approveInSandbox(begun.authorizeUrl ?? ''));
    const { code = '', state } = Object.fromEntries(searchParams);
    const end = { step: 'finish', state, code, browser: 'cookie-of-a-browser' };
    const connected = await ask(end);
    expect(connected).toMatchObject({ kind: 'connected', generation: generation + 1 });
    expect(await ask(end)).toEqual({ kind: 'already-used' });
    expect((await published()).companies.map(({ id }) => id)).toEqual([108061]);
    const { payload } = await stack.through('schedule', { connection: 'default' });
    expect(payload).toEqual({ outcome: 'fresh' });
    expect(events().at(-1)?.detailType).toBe('Token Refresh Recovered');
    const told = JSON.stringify([open, begun, connected, events(), logs]);
    await expectNoSecretIn(told);
    for (const secret of [code, 'cookie-of-a-browser']) expect(told).not.toContain(secret);
  });

  it.each([
    {
      name: 'a schedule that asks like an operator',
      door: 'schedule',
      event: { connection: 'default', onlyIfDue: false },
    },
    {
      name: 'a consumer that asks like an operator',
      door: 'consumers',
      event: { connection: 'default', onlyIfDue: false },
    },
    {
      name: 'a consumer that plays Secrets Manager',
      door: 'consumers',
      event: { SecretId: 'x', ClientRequestToken: 'y', Step: 'createSecret' },
    },
    { name: 'a connection that is not served', door: 'operator', event: { connection: 'other' } },
    {
      name: "another stack's secret",
      door: 'native',
      event: {
        SecretId:
          'arn:aws:secretsmanager:eu-south-1:000000000000:secret:other/default/grant-AbCdEf',
        ClientRequestToken: '00000000-0000-4000-8000-00000000000a',
        Step: 'createSecret',
      },
    },
  ] as const)('refuses $name, before it has called anyone', async ({ door, event }) => {
    const calls = stack.table.calls.count();
    const { error } = await stack.through(door, event);
    expect(error?.errorType).toBe('CallRefused');
    expect(stack.table.calls.count()).toBe(calls);
    expect(await tokenRequests()).toBe(0);
  });
});

async function expectNoSecretIn(...texts: string[]): Promise<void> {
  const version = await stack.grant.current();
  if (version === undefined) throw new Error('nothing is stored');
  const grant = decodeGrant(version.value);
  const secrets = [grant.refreshToken, grant.accessToken, grant.sealKey].map((it) => it?.reveal());
  for (const secret of [...secrets, 'sandbox-secret']) {
    for (const text of texts) expect(text).not.toContain(secret);
  }
}

/** The calls of `aws secretsmanager rotate-secret` that the docs print, in their order. */
function documentedRotations(): {
  readonly SecretId: string;
  readonly RotationLambdaARN?: string;
}[] {
  const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const calls = [...page.matchAll(/^aws secretsmanager rotate-secret (.*)$/gm)];
  return calls.map(([, text = '']) => {
    const option = (name: string) => new RegExp(`--${name} (\\S+)`).exec(text)?.[1];
    const RotationLambdaARN = option('rotation-lambda-arn')?.replace(
      '<NativeRotation>',
      'arn:aws:lambda:eu-south-1:000000000000:function:rotator:native',
    );
    return { SecretId: option('secret-id') ?? '', ...(RotationLambdaARN && { RotationLambdaARN }) };
  });
}
