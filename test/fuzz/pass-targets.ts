import fc from 'fast-check';
import { decodeJournal } from '../../src/aws/dynamodb/journal-item.ts';
import { createTokenSource } from '../../src/core/consumers/token-source.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import { clientSource, decodeClient } from '../../src/core/records/client.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import { NativeRotationFailed, rotateNatively } from '../../src/core/rotation/native.ts';
import type { RotationRequest } from '../../src/core/rotation/pass.ts';
import { rotate } from '../../src/core/rotation/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { granted, type MemorySecret, memoryConnection } from '../core/memory-connection.ts';
import { hostileJson, type Json } from './hostile.ts';
import * as sample from './samples.ts';
import { type Ending, type Target, target } from './target.ts';

/** Mostly good, so that what is spoilt is met with the rest whole. */
const either = (json: Json) =>
  fc.oneof(
    { weight: 1, arbitrary: hostileJson(json) },
    { weight: 1, arbitrary: fc.constant(JSON.stringify(json)) },
  );

const stores = fc.record({
  grant: either(sample.grantJson),
  accessToken: either(sample.accessTokenJson),
  client: either(sample.clientJson),
  journal: either(sample.journalJson),
});

type Stores = typeof stores extends fc.Arbitrary<infer T> ? T : never;

const doors: readonly Pick<RotationRequest, 'trigger'>[] = [
  { trigger: 'schedule' },
  { trigger: 'operator' },
  { trigger: 'consumer' },
];

/** A connection with these texts in its stores; `undefined` where its table does not show its journal at all. */
function connectionOf(stores: Stores) {
  const connection = memoryConnection([granted(5), granted(6)]);
  const { grant, accessToken, journal } = connection;
  fill(grant, stores.grant);
  fill(accessToken, stores.accessToken);
  journal.journal = decodeJournal({ v: { N: '1' }, journal: { S: stores.journal } });
  journal.revision = 1;
  const version = { versionId: 'c1', value: new Secret(stores.client) };
  const client = clientSource({ current: async () => version });
  return { ...connection, ports: { ...connection.ports(), client } };
}

function fill(secret: MemorySecret, text: string): void {
  secret.versions.set('v1', new Secret(text));
  secret.currentId = 'v1';
}

function isGood(decode: (value: Secret) => unknown, text: string): boolean {
  try {
    decode(new Secret(text));
    return true;
  } catch (error) {
    if (error instanceof StoreRefused) return false;
    throw error;
  }
}

const passes = target('passes over damaged stores', {
  share: 6,
  input: fc.record({ stores, trigger: fc.constantFrom(...doors) }),
  refusals: [StoreRefused],
  feed: async ({ stores, trigger }): Promise<Ending> => {
    const { ports, grant, accessToken, presented } = connectionOf(stores);
    const outcome = await rotate(ports, {
      ...trigger,
      remainingMs: () => 900_000,
    } as RotationRequest);
    const isUsable = isGood(decodeGrant, stores.grant) && isGood(decodeClient, stores.client);
    if (!isUsable && presented.length > 0) throw new Error('a token was spent over damage');
    if (!isGood(decodeGrant, stores.grant)) unchanged(grant, accessToken, stores);
    return outcome.kind === 'refreshed' || outcome.kind === 'adopted' ? 'taken' : 'refused';
  },
});

/** What is damaged is a person's to repair: nothing is written over or beside it. */
function unchanged(grant: MemorySecret, accessToken: MemorySecret, stores: Stores): void {
  const isSame = (secret: MemorySecret, text: string) =>
    secret.versions.size === 1 && secret.versions.get('v1')?.equals(new Secret(text));
  if (!isSame(grant, stores.grant) || !isSame(accessToken, stores.accessToken)) {
    throw new Error('something was written over damage');
  }
}

const versionId = 'v'.repeat(32);
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

const nativeRotations = target('native rotations over damaged stores', {
  share: 2,
  input: fc.record({ stores, step: fc.constantFrom(...steps) }),
  refusals: [StoreRefused, NativeRotationFailed],
  feed: async ({ stores, step }): Promise<Ending> => {
    const { ports } = connectionOf(stores);
    await rotateNatively(ports, { step, versionId, remainingMs: () => 900_000 });
    return 'taken';
  },
});

const consumers = target('consumers of a damaged secret', {
  share: 4,
  input: either(sample.accessTokenJson),
  refusals: [StoreRefused],
  feed: async (text): Promise<Ending> => {
    const { ports, accessToken } = memoryConnection();
    fill(accessToken, text);
    const source = createTokenSource({
      clock: ports().clock,
      accessToken,
      rotator: { ask: async () => ({ kind: 'unavailable', detail: 'invented' }) },
    });
    return (await source.obtain()).kind === 'token' ? 'taken' : 'refused';
  },
});

/** The core over stores that anyone may have edited. */
export const passTargets: readonly Target[] = [passes, nativeRotations, consumers];
