import {
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import { type DynamoDbDouble, startDynamoDb } from './dynamodb.ts';

const nowMs = Date.UTC(2026, 10, 23, 2);

let double: DynamoDbDouble;
let client: DynamoDBClient;

beforeEach(async () => {
  double = await startDynamoDb({ nowMs: () => nowMs });
  client = new DynamoDBClient(clientConfig(double.endpoint));
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

/** Writes the item if its revision is still this one. */
function write(revision: number) {
  return client.send(
    new PutItemCommand({
      TableName: double.tableName,
      Item: { pk: { S: 'default' }, revision: { N: String(revision + 1) } },
      ConditionExpression: 'attribute_not_exists(pk) OR revision = :revision',
      ExpressionAttributeValues: { ':revision': { N: String(revision) } },
    }),
  );
}

async function revision(): Promise<string | undefined> {
  const answer = await client.send(
    new GetItemCommand({
      TableName: double.tableName,
      Key: { pk: { S: 'default' } },
      ConsistentRead: true,
    }),
  );
  return answer.Item?.['revision']?.N;
}

describe('DynamoDB on loopback', () => {
  it('lets one of 20 conditional writes at the same time through', async () => {
    await write(0);
    const ended = await Promise.allSettled(Array.from({ length: 20 }, () => write(1)));
    const refused = ended.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(19);
    expect(refused[0]?.reason).toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(await revision()).toBe('2');
  });

  it.each([
    { name: 'a fraction', expiresAt: { N: String(nowMs / 1000 + 0.5) }, want: 'time to live' },
    { name: 'milliseconds', expiresAt: { N: String(nowMs) }, want: 'time to live' },
    { name: 'a text', expiresAt: { S: String(nowMs / 1000) }, want: 'time to live' },
  ])('refuses a time to live that is $name', async ({ expiresAt, want }) => {
    const TableName = double.tableName;
    const pk = { S: 'default' };
    const put = new PutItemCommand({ TableName, Item: { pk, expiresAt } });
    const update = new UpdateItemCommand({
      TableName,
      Key: { pk },
      UpdateExpression: 'SET a = :a, #e = :e',
      ExpressionAttributeNames: { '#e': 'expiresAt' },
      ExpressionAttributeValues: { ':a': { N: '1' }, ':e': expiresAt },
    });
    await expect(client.send(put)).rejects.toThrow(want);
    await expect(client.send(update)).rejects.toThrow(want);
    const RequestItems = { [TableName]: [{ PutRequest: { Item: { pk, expiresAt } } }] };
    const together = new BatchWriteItemCommand({ RequestItems });
    await expect(client.send(together)).rejects.toThrow(want);
  });

  it('refuses an item of more than 400 KB', async () => {
    const item = (bytes: number) => ({ pk: { S: 'p' }, a: { S: 'x'.repeat(bytes) } });
    const put = (Item: ReturnType<typeof item>) =>
      client.send(new PutItemCommand({ TableName: double.tableName, Item }));
    await put(item(409_600 - 4));
    await expect(put(item(409_600 - 3))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it.each([
    { kind: 'throttled', error: 'ProvisionedThroughputExceededException', written: undefined },
    { kind: 'access-denied', error: 'AccessDeniedException', written: undefined },
    { kind: 'internal-before', error: 'InternalServerError', written: undefined },
    { kind: 'internal-after', error: 'InternalServerError', written: '1' },
  ] as const)('$kind answers $error with $written written', async ({ kind, error, written }) => {
    double.faults.add({ on: 'PutItem', kind });
    await expect(write(0)).rejects.toMatchObject({ name: error });
    expect(await revision()).toBe(written);
  });

  it.each([
    { kind: 'reset-before', written: undefined },
    { kind: 'reset-after', written: '1' },
  ] as const)('$kind breaks the connection with $written written', async ({ kind, written }) => {
    double.faults.add({ on: 'PutItem', kind });
    await expect(write(0)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await revision()).toBe(written);
  });

  it('logs table and key of each call and nothing else of an item', async () => {
    await write(0);
    await write(5).catch(() => {});
    const ids = { TableName: 'fresco', pk: 'default' };
    expect(double.calls.all).toEqual([
      { operation: 'PutItem', ids, outcome: 'ok', atMs: nowMs },
      { operation: 'PutItem', ids, outcome: 'ConditionalCheckFailedException', atMs: nowMs },
    ]);
  });

  it('says the time of the double in its Date header', async () => {
    const dates: unknown[] = [];
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        dates.push((result.response as { headers: Record<string, string> }).headers['date']);
        return result;
      },
      { step: 'deserialize' },
    );
    await write(0);
    expect(dates).toEqual(['Mon, 23 Nov 2026 02:00:00 GMT']);
  });
});
