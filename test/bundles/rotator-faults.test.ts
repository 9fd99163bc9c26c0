// Goal: whatever AWS answers in the middle of a rotation, nothing is lost, nothing is spent twice, and the next
// check heals it. Method: the built bundle over the wire, each call of a pass meeting each fault in turn.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAccessToken } from '../../src/core/records/access-token.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import type { Fault, FaultKind } from '../doubles/http/faults.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { type RotatorStack, startRotatorStack } from './rotator-stack.ts';

let stack: RotatorStack;

const kinds: readonly FaultKind[] = [
  'throttled',
  'access-denied',
  'key-disabled',
  'internal-before',
  'internal-after',
  'reset-before',
  'reset-after',
];
// The rest takes half a minute more, most of it waiting.
const tried = process.env['FRESCO_FULL'] === undefined ? kinds.slice(3, 5) : kinds;
const ofSecret = (kind: string) => (input: Readonly<Record<string, unknown>>) =>
  input['SecretId'] === `fresco/default/${kind}`;

/** Every call that a rotation makes of AWS, in its order; a table cannot meet a disabled key of a secret. */
const calls: readonly { name: string; store: 'secrets' | 'table'; at: Omit<Fault, 'kind'> }[] = [
  { name: 'the journal is read', store: 'table', at: { on: 'GetItem' } },
  {
    name: 'the grant is read',
    store: 'secrets',
    at: { on: 'GetSecretValue', where: ofSecret('grant') },
  },
  {
    name: 'the access token is read',
    store: 'secrets',
    at: { on: 'GetSecretValue', where: ofSecret('access-token') },
  },
  {
    name: 'the client is read',
    store: 'secrets',
    at: { on: 'GetSecretValue', where: ofSecret('client') },
  },
  { name: 'the lease is taken', store: 'table', at: { on: 'PutItem' } },
  { name: 'the dispatch is journalled', store: 'table', at: { on: 'PutItem', skip: 1 } },
  { name: 'the token is sealed', store: 'table', at: { on: 'PutItem', skip: 2 } },
  {
    name: 'its version is put',
    store: 'secrets',
    at: { on: 'PutSecretValue', where: ofSecret('grant') },
  },
  {
    name: 'its version is made current',
    store: 'secrets',
    at: { on: 'UpdateSecretVersionStage', where: ofSecret('grant') },
  },
  {
    name: 'the access token is put',
    store: 'secrets',
    at: { on: 'PutSecretValue', where: ofSecret('access-token') },
  },
  {
    name: 'the access token is made current',
    store: 'secrets',
    at: { on: 'UpdateSecretVersionStage', where: ofSecret('access-token') },
  },
  { name: 'the pass is closed', store: 'table', at: { on: 'PutItem', skip: 3 } },
];

describe.each(tried)('%s', (kind) => {
  // A stack for each kind: a secret holds no more than 100 versions of a day.
  beforeAll(async () => {
    stack = await startRotatorStack();
    await controlSandbox(stack.providerUrl, 'state', { rotationMode: 'single-use-family' });
  });

  afterAll(() => stack.stop());

  it.each(calls)('when $name', async ({ store, at }) => {
    await stack.logIn(13 * 3_600_000);
    await stack.newDay();
    const [before, sentBefore] = [await stack.generation(), await stack.counters()];
    const { faults } = stack[store];
    faults.add({ ...at, kind });
    await check();
    expect(faults.pending).toEqual([]);

    const held = (await check()) === 'busy';
    // A pass that could not be closed leaves its lease, which runs out by time.
    if (held) await stack.newDay();
    const outcome = await check();
    expect(['fresh', 'refreshed', 'recovered', 'adopted']).toContain(outcome);
    expect(await stack.generation()).toBe(before + 1);
    const sent = await stack.counters();
    expect(sent.tokenRequests - sentBefore.tokenRequests).toBe(1);
    expect(sent.refreshTokensReused).toBe(0);
    const [grant, token] = [await stack.grant.current(), await stack.accessToken.current()];
    if (grant === undefined || token === undefined) throw new Error('something is missing');
    const published = decodeAccessToken(token.value).accessToken.reveal();
    expect(published).toBe(decodeGrant(grant.value).accessToken?.reveal());
    expect((await stack.journal.read()).journal).toMatchObject({
      dispatch: null,
      seals: [],
      lease: null,
    });
  });
});

async function check(): Promise<string> {
  const { payload } = await stack.through('schedule', { connection: 'default' });
  return (payload as { outcome: string }).outcome;
}
