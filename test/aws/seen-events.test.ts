import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bounded } from '../../src/aws/failures.ts';
import { quotaPausesTable } from '../../src/aws/quota-pauses.ts';
import { seenEventsTable } from '../../src/aws/seen-events.ts';
import { clientConfig } from '../doubles/client-config.ts';
import { type DynamoDbDouble, startDynamoDb } from '../doubles/dynamodb.ts';

const nowMs = 1_790_000_000_000;
const untilMs = nowMs + 60_000;

let double: DynamoDbDouble;
let client: DynamoDBClient;
let keys = 0;

beforeAll(async () => {
  double = await startDynamoDb();
  client = new DynamoDBClient({ ...bounded, ...clientConfig(double.endpoint, 2) });
});

afterEach(() => double.faults.clear());

afterAll(async () => {
  client.destroy();
  await double.stop();
});

const seen = () => seenEventsTable(client, double.tableName);

function newKey(): string {
  keys += 1;
  return `default/event-${keys}/0`;
}

describe('an event', () => {
  it('is claimed by one of many at once, the others hear until when', async () => {
    const key = newKey();
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => seen().claim(key, nowMs, untilMs)),
    );
    expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === 'held')).toHaveLength(19);
    expect(claims).toContainEqual({ kind: 'held', untilMs });
  });

  it('that was confirmed is published for ever', async () => {
    const key = newKey();
    await seen().claim(key, nowMs, untilMs);
    await seen().confirm(key, untilMs);
    expect(await seen().claim(key, untilMs + 1, untilMs + 2)).toEqual({ kind: 'published' });
  });

  it.each([
    { name: 'one ms before its end', atMs: untilMs - 1, kind: 'held' },
    { name: 'at its end', atMs: untilMs, kind: 'claimed' },
  ])('is $kind for another $name', async ({ atMs, kind }) => {
    const key = newKey();
    await seen().claim(key, nowMs, untilMs);
    expect((await seen().claim(key, atMs, atMs + 60_000)).kind).toBe(kind);
  });

  it('that was released is free at once, with what has been settled', async () => {
    const key = newKey();
    await seen().claim(key, nowMs, untilMs);
    await seen().release(key, untilMs, [7, 'text-id']);
    expect(await seen().claim(key, nowMs + 1, untilMs + 1)).toEqual({
      kind: 'claimed',
      settled: [7, 'text-id'],
    });
  });

  it('keeps what has been settled when a claim runs out', async () => {
    const key = newKey();
    await seen().claim(key, nowMs, untilMs);
    await seen().release(key, untilMs, [7]);
    await seen().claim(key, nowMs, untilMs);
    expect(await seen().claim(key, untilMs, untilMs + 60_000)).toMatchObject({ settled: [7] });
  });

  it('is not confirmed nor released by one whose claim another has taken over', async () => {
    const key = newKey();
    await seen().claim(key, nowMs, untilMs);
    await seen().claim(key, untilMs, untilMs + 60_000);
    await seen().confirm(key, untilMs);
    await seen().release(key, untilMs, [7]);
    expect(await seen().claim(key, untilMs + 1, untilMs + 2)).toEqual({
      kind: 'held',
      untilMs: untilMs + 60_000,
    });
  });

  it.each(['internal-after', 'reset-after'] as const)(
    'is claimed though the first answer was lost (%s)',
    async (kind) => {
      double.faults.add({ on: 'UpdateItem', kind });
      expect((await seen().claim(newKey(), nowMs, untilMs)).kind).toBe('claimed');
      expect(double.faults.pending).toEqual([]);
    },
  );

  it('is refused where the table refuses', async () => {
    double.faults.add({ on: 'UpdateItem', kind: 'access-denied' });
    await expect(seen().claim(newKey(), nowMs, untilMs)).rejects.toMatchObject({
      reason: 'denied',
    });
  });
});

describe("a company's pause", () => {
  const pauses = (connection = 'default') => quotaPausesTable(client, double.tableName, connection);

  it('is none at first', async () => {
    expect(await pauses().untilMs(1)).toBeUndefined();
  });

  it('is extended and never shortened', async () => {
    await pauses().raise(2, untilMs);
    await pauses().raise(2, untilMs + 1);
    await pauses().raise(2, untilMs - 1);
    expect(await pauses().untilMs(2)).toBe(untilMs + 1);
  });

  it("is nobody else's", async () => {
    await pauses().raise(3, untilMs);
    expect(await pauses().untilMs(4)).toBeUndefined();
    expect(await pauses('other').untilMs(3)).toBeUndefined();
  });
});
