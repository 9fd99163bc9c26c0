import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { journalTable } from '../../../src/aws/dynamodb/journal-store.ts';
import { emptyJournal } from '../../../src/core/journal/journal.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { fullJournal, journalStoreContract } from '../../contract/journal-store.ts';
import { startDynamoDb } from '../../doubles/aws/dynamodb.ts';
import { clientConfig } from '../../doubles/http/client-config.ts';
import type { FaultKind } from '../../doubles/http/faults.ts';
import { onTheWire } from '../../doubles/http/on-the-wire.ts';

const { double, client } = await onTheWire(startDynamoDb(), DynamoDBClient, {
  maxAttempts: 2,
});
let journals = 0;

afterEach(() => double.faults.clear());

const at = (connection: string) =>
  journalTable({ client, table: double.tableName, clock: systemClock }, connection);

function newConnection(): string {
  journals += 1;
  return `test-${journals}`;
}

journalStoreContract('DynamoDB on the wire', async () => {
  const connection = newConnection();
  return [at(connection), at(connection)];
});

describe('a journal in the table', () => {
  it("comes with the date of the service's answer", async () => {
    const nowMs = Date.UTC(2026, 10, 23, 2, 0, 0);
    const elsewhere = await startDynamoDb({ nowMs: () => nowMs });
    const skewed = new DynamoDBClient(clientConfig(elsewhere.endpoint));
    const table = { client: skewed, table: elsewhere.tableName, clock: systemClock };
    expect((await journalTable(table, 'default').read()).dateMs).toBe(nowMs);
    skewed.destroy();
    await elsewhere.stop();
  });

  it('is read consistently', async () => {
    const seen: unknown[] = [];
    client.middlewareStack.add(
      (next) => (args) => {
        seen.push(args.input);
        return next(args);
      },
      { step: 'initialize', name: 'seen' },
    );
    await at(newConnection()).read();
    client.middlewareStack.remove('seen');
    expect(seen).toEqual([expect.objectContaining({ ConsistentRead: true })]);
  });

  it('is one for each connection', async () => {
    const [mine, other] = [newConnection(), newConnection()];
    await at(mine).write(fullJournal, 0);
    expect((await at(other).read()).journal).toEqual(emptyJournal);
  });

  it.each<{ kind: FaultKind }>([{ kind: 'internal-after' }, { kind: 'reset-after' }])(
    'is written, and says so, though its first answer was lost ($kind)',
    async ({ kind }) => {
      const store = at(newConnection());
      double.faults.add({ on: 'PutItem', kind });
      expect(await store.write(fullJournal, 0)).toBe('written');
      expect(await store.write(emptyJournal, 0)).toBe('conflict');
      expect(double.faults.pending).toEqual([]);
    },
  );

  it.each<{ kind: FaultKind; times: number; reason: string }>([
    { kind: 'throttled', times: 2, reason: 'throttled' },
    { kind: 'internal-before', times: 2, reason: 'unavailable' },
    { kind: 'access-denied', times: 1, reason: 'denied' },
  ])('is refused as $reason on $kind', async ({ kind, times, reason }) => {
    const store = at(newConnection());
    double.faults.add({ on: 'GetItem', kind, times }, { on: 'PutItem', kind, times });
    await expect(store.read()).rejects.toMatchObject({ reason });
    await expect(store.write(fullJournal, 0)).rejects.toMatchObject({ reason });
    expect(double.faults.pending).toEqual([]);
  });

  it('is refused as missing where there is no table', async () => {
    const nowhere = { client, table: 'never-made', clock: systemClock };
    await expect(journalTable(nowhere, 'default').read()).rejects.toMatchObject({
      reason: 'missing',
      message: expect.stringContaining('journal#default of table never-made'),
    });
  });

  it.each([
    { name: 'of a newer version', v: '2', journal: '{}', said: 'is of version 2' },
    { name: 'that is no JSON', v: '1', journal: '{"invented', said: 'is not a JSON object' },
    { name: 'that is a list', v: '1', journal: '[]', said: 'is not a JSON object' },
    {
      name: 'with odd fields',
      v: '1',
      journal: '{"fence":"9","seals":{}}',
      said: '"fence", "seals"',
    },
  ])('$name is refused as damaged', async ({ v, journal, said }) => {
    const connection = newConnection();
    const Item = { pk: { S: `journal#${connection}` }, v: { N: v }, journal: { S: journal } };
    await client.send(new PutItemCommand({ TableName: double.tableName, Item }));
    const refusal = await at(connection)
      .read()
      .catch((error) => error);
    expect(refusal).toMatchObject({ reason: 'damaged', message: expect.stringContaining(said) });
    expect(refusal.message).not.toContain('invented');
  });

  it('lacks nothing that a later version of this program has added', async () => {
    const connection = newConnection();
    const journal = { S: '{"fence":9}' };
    const Item = { pk: { S: `journal#${connection}` }, v: { N: '1' }, journal };
    await client.send(new PutItemCommand({ TableName: double.tableName, Item }));
    expect((await at(connection).read()).journal).toEqual({ ...emptyJournal, fence: 9 });
  });
});
