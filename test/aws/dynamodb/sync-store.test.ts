import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, it } from 'vitest';
import { puttingItems } from '../../../src/aws/dynamodb/putting-items.ts';
import { publishedStatesTable, syncTable } from '../../../src/aws/dynamodb/sync-store.ts';
import type { WriteItem } from '../../../src/aws/dynamodb/table-item.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { syncStoreContract, toldEntitiesContract } from '../../contract/sync-store.ts';
import { startDynamoDb } from '../../doubles/aws/dynamodb.ts';
import { onTheWire } from '../../doubles/http/on-the-wire.ts';

const { double, client } = await onTheWire(startDynamoDb(), DynamoDBClient, {
  maxAttempts: 2,
});
let records = 0;

afterEach(() => double.faults.clear());

const nowMs = () => 1_790_000_000_000;

syncStoreContract('DynamoDB on the wire', async () => {
  records += 1;
  const open = () => syncTable(client, double.tableName, `connection-${records}`);
  return [open(), open()];
});

toldEntitiesContract('DynamoDB on the wire', async () => {
  records += 1;
  const connection = `connection-${records}`;
  const open = (options: { readonly write?: WriteItem }) =>
    publishedStatesTable(client, double.tableName, { connection, nowMs, ...options });
  return [open({}), open({ write: puttingItems(client, double.tableName, systemClock) })];
});

it('a write that was carried out and not answered is known as one’s own', async () => {
  const store = syncTable(client, double.tableName, 'unanswered');
  double.faults.add({ on: 'UpdateItem', kind: 'internal-after' });
  expect(await store.write('key', 'text', 0)).toBe('written');
  expect(await store.read('key')).toEqual({ text: 'text', revision: 1 });
});

it('what was told ends by itself after 30 days', async () => {
  const told = publishedStatesTable(client, double.tableName, { connection: 'kept', nowMs });
  await told.note(1, 'clients', 7, { kind: 'deleted' });
  const { Item: item } = await client.send(
    new GetItemCommand({
      TableName: double.tableName,
      Key: { pk: { S: 'told#kept#1#clients#7' } },
    }),
  );
  expect(item?.['expiresAt']?.N).toBe(String(1_790_000_000 + 30 * 86_400));
});

it('a doubt ends by itself 30 days after the first that no sync has looked at', async () => {
  let day = 0;
  const at = () => nowMs() + day * 86_400_000;
  const told = publishedStatesTable(client, double.tableName, { connection: 'doubts', nowMs: at });
  const endsAfterDays = async () => {
    const { Item: item } = await client.send(
      new GetItemCommand({
        TableName: double.tableName,
        Key: { pk: { S: 'told#doubts#1#clients#doubted' } },
      }),
    );
    return (Number(item?.['expiresAt']?.N) - 1_790_000_000) / 86_400;
  };
  await told.doubt(1, 'clients', [7]);
  day = 10;
  await told.doubt(1, 'clients', [8]);
  expect(await endsAfterDays()).toBe(30);
  await told.settle(1, 'clients', [7]);
  day = 20;
  await told.doubt(1, 'clients', [7]);
  expect(await endsAfterDays()).toBe(30);
  await told.settle(1, 'clients', [7, 8]);
  day = 29;
  await told.doubt(1, 'clients', [9]);
  expect(await endsAfterDays()).toBe(59);
});
