import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { limitOf } from '../../core/webhooks/limit.ts';
import { bounded, call } from '../failures.ts';
import type { Item } from './journal-item.ts';

/** A client of DynamoDB. */
export function dynamoDb(): DynamoDBClient {
  return new DynamoDBClient(bounded);
}

/** One item of the stack's table, by its key `pk`. */
export interface ItemAddress {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly pk: string;
}

/** A conditional change of an item in DynamoDB's expressions; the words of `names` stand for attributes. */
export interface ItemChange {
  readonly update: string;
  /** Absent: whatever is there. */
  readonly condition?: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

/** The item, read consistently; rejects with `StoreRefused`. */
export async function readItem({ client, table, pk }: ItemAddress): Promise<Item | undefined> {
  const command = { TableName: table, Key: { pk: { S: pk } }, ConsistentRead: true };
  const answer = await call(`read ${pk} of table ${table}`, () =>
    client.send(new GetItemCommand(command)),
  );
  return answer.Item;
}

/** The item as changed, made where there was none; `undefined` if the condition did not hold. */
export async function changeItem(
  { client, table, pk }: ItemAddress,
  change: ItemChange,
): Promise<Item | undefined> {
  const answer = await call(
    `write ${pk} of table ${table}`,
    () =>
      client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { pk: { S: pk } },
          UpdateExpression: change.update,
          ConditionExpression: change.condition,
          ExpressionAttributeNames: { ...change.names },
          ExpressionAttributeValues: { ...change.values },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    ['ConditionalCheckFailedException'],
  );
  return answer === 'ConditionalCheckFailedException' ? undefined : answer.Attributes;
}

/** Writes attributes of an item, whatever is there; rejects with `StoreRefused`. */
export type WriteItem = (pk: string, attributes: Item) => Promise<void>;

/** Writes one item with each call, and leaves its other attributes as they are. */
export function settingItems(client: DynamoDBClient, table: string): WriteItem {
  const limit = limitOf(20);
  return async (pk, attributes) => {
    const fields = Object.entries(attributes);
    const change = {
      update: `SET ${fields.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      names: Object.fromEntries(fields.map(([name]) => [`#${name}`, name])),
      values: Object.fromEntries(fields.map(([name, value]) => [`:${name}`, value])),
    };
    await limit(() => changeItem({ client, table, pk }, change));
  };
}
