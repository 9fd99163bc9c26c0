import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../core/ports.ts';
import { batchedCalls } from '../batched-calls.ts';
import { call } from '../failures.ts';
import type { WriteItem } from './table-item.ts';

/** Replaces items, those that come at the same time with one call; other attributes of theirs go. */
export function puttingItems(
  client: DynamoDBClient,
  table: string,
  clock: Pick<Clock, 'wait'>,
): WriteItem {
  const put = batchedCalls<{ readonly pk: string; readonly attributes: Parameters<WriteItem>[1] }>({
    clock,
    callsAtOnce: 5,
    what: (count) => `write ${count} items of table ${table}`,
    itemsMax: 25,
    // Those of webhooks are far from what a call may carry.
    bytesOf: () => 0,
    send: async (items) => {
      // A call takes a key once: of two the later one counts.
      const byKey = new Map(items.map(({ pk, attributes }) => [pk, attributes]));
      const requests = [...byKey].map(([pk, attributes]) => ({
        PutRequest: { Item: { ...attributes, pk: { S: pk } } },
      }));
      const { UnprocessedItems } = await call(`write items of table ${table}`, () =>
        client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } })),
      );
      const left = new Set(UnprocessedItems?.[table]?.map((it) => it.PutRequest?.Item?.['pk']?.S));
      return items.map(({ pk }) => (left.has(pk) ? 'Throttled' : undefined));
    },
  });
  return (pk, attributes) => put([{ pk, attributes }]);
}
