// Goal: a rotator that is killed after the token endpoint has answered loses nothing and spends nothing twice.
// Method: the built bundle is held at one call to a store by a fault, killed there, and run again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAccessToken } from '../../src/core/records/access-token.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import type { Fault } from '../doubles/http/faults.ts';
import { type RotatorStack, startRotatorStack } from './rotator-stack.ts';

let stack: RotatorStack;

beforeAll(async () => {
  stack = await startRotatorStack();
});

afterAll(() => stack.stop());

const call = () => stack.through('schedule', { connection: 'default' });
const sealing = (input: Readonly<Record<string, unknown>>) =>
  JSON.stringify(input).includes('\\"box\\"');
const ofSecret = (name: string) => (input: Readonly<Record<string, unknown>>) =>
  input['SecretId'] === `fresco/default/${name}`;

const points: readonly { name: string; on: 'secrets' | 'table'; fault: Fault }[] = [
  {
    name: 'when the token is sealed',
    on: 'table',
    fault: { on: 'PutItem', kind: 'hang-after', where: sealing },
  },
  {
    name: 'before its version is put',
    on: 'secrets',
    fault: { on: 'PutSecretValue', kind: 'hang-before', where: ofSecret('grant') },
  },
  {
    name: 'when its version is put',
    on: 'secrets',
    fault: { on: 'PutSecretValue', kind: 'hang-after', where: ofSecret('grant') },
  },
  {
    name: 'before its version is current',
    on: 'secrets',
    fault: { on: 'UpdateSecretVersionStage', kind: 'hang-before', where: ofSecret('grant') },
  },
  {
    name: 'when its version is current',
    on: 'secrets',
    fault: { on: 'UpdateSecretVersionStage', kind: 'hang-after', where: ofSecret('grant') },
  },
  {
    name: 'before the access token is published',
    on: 'secrets',
    fault: {
      on: 'UpdateSecretVersionStage',
      kind: 'hang-before',
      where: ofSecret('access-token'),
    },
  },
];

describe('a rotator killed', () => {
  it.each(points)('$name: the next one goes on from there', async ({ on, fault }) => {
    await stack.logIn(13 * 3_600_000);
    await stack.newDay();
    const [before, sent] = [await stack.generation(), await stack.counters()];
    const { faults } = stack[on];
    faults.add(fault);
    const cut = call();
    while (faults.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(stack.kill('schedule')).toBe(1);
    expect((await cut).error?.errorType).toBe('Runtime.ExitError');

    expect((await call()).payload).toEqual({ outcome: 'busy' });
    await endLease();
    const { payload } = await call();
    expect(['recovered', 'adopted']).toContain((payload as { outcome: string }).outcome);

    const [grant, token] = [await stack.grant.current(), await stack.accessToken.current()];
    if (grant === undefined || token === undefined) throw new Error('something is missing');
    const kept = decodeGrant(grant.value);
    expect(kept.generation).toBe(before + 1);
    const published = decodeAccessToken(token.value);
    expect(published.accessToken.reveal()).toBe(kept.accessToken?.reveal());
    expect((await stack.counters()).tokenRequests - sent.tokenRequests).toBe(1);
  });
});

/** The lease runs out by time, which this test does not wait for. */
async function endLease(): Promise<void> {
  const { journal, revision } = await stack.journal.read();
  if (journal.lease === null) throw new Error('the killed rotator held no lease');
  const lease = { ...journal.lease, expiresAtMs: 0 };
  expect(await stack.journal.write({ ...journal, lease }, revision)).toBe('written');
}
