import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { StoreRefused } from '../../core/ports.ts';
import { parseRecord } from '../../core/records/record.ts';
import { Secret } from '../../core/secret.ts';
import type {
  ExpectedSubscription,
  ExpectedSubscriptions,
} from '../../core/webhooks/subscriptions.ts';
import { changeItem, readItem } from './table-item.ts';

const triesMax = 8;

/** The subscriptions that a connection should have, one item in the stack's table. */
export function expectedSubscriptionsTable(
  client: DynamoDBClient,
  table: string,
  connection: string,
): ExpectedSubscriptions {
  const at = { client, table, pk: `subscriptions#${connection}` };
  const read = async () => {
    const text = (await readItem(at))?.['text']?.S;
    return { text, list: text === undefined ? [] : listIn(text) };
  };
  return {
    list: async () => (await read()).list,
    change: async (to) => {
      for (let tries = 0; tries < triesMax; tries += 1) {
        const { text, list } = await read();
        const next = JSON.stringify({ v: 1, subscriptions: to(list) });
        if (next === text) return;
        const written = await changeItem(at, {
          update: 'SET #text = :next',
          condition: text === undefined ? 'attribute_not_exists(pk)' : '#text = :text',
          names: { '#text': 'text' },
          values: { ':next': { S: next }, ...(text === undefined ? {} : { ':text': { S: text } }) },
        });
        if (written !== undefined) return;
      }
      throw new StoreRefused('unavailable', 'the list of subscriptions kept changing: try again');
    },
  };
}

function listIn(text: string): readonly ExpectedSubscription[] {
  const record = parseRecord(new Secret(text), 'the list of subscriptions');
  const list = record.fields['subscriptions'];
  if (Array.isArray(list) && list.every(isExpected)) return list;
  throw new StoreRefused(
    'damaged',
    'the list of subscriptions cannot be read: restore the table, or create the subscriptions again',
  );
}

function isExpected(value: unknown): value is ExpectedSubscription {
  const { id, companyId, sink, types } = Object(value) as Readonly<Record<string, unknown>>;
  const texts = Array.isArray(types) ? [id, sink, ...types] : [undefined];
  return texts.every((text) => typeof text === 'string') && Number.isSafeInteger(companyId);
}
