import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { jsonIn } from '../../core/text/json.ts';
import type { SenderStore } from '../../core/webhooks/admission.ts';
import type { Item } from './journal-item.ts';
import { readItem, settingItems } from './table-item.ts';

/** Whose notifications a connection takes, one item in the stack's table. */
export function admittedSendersTable(
  client: DynamoDBClient,
  table: string,
  connection: string,
): SenderStore {
  const at = { client, table, pk: `subscriptions#${connection}#senders` };
  return {
    read: async () => {
      const item = await readItem(at);
      return item && sendersIn(item);
    },
    note: async ({ companies, application, learnUntilMs }) => {
      const values: Item = {
        ...(companies && { companies: { S: JSON.stringify(companies) } }),
        ...(application != null && { application: { S: application } }),
        ...(learnUntilMs !== undefined && { learnUntilMs: { N: String(learnUntilMs) } }),
      };
      await settingItems(client, table)(at.pk, values);
    },
  };
}

function sendersIn(item: Item) {
  return {
    companies: companiesIn(item['companies']?.S ?? '[]'),
    application: item['application']?.S ?? null,
    learnUntilMs: Number(item['learnUntilMs']?.N ?? 0),
  };
}

function companiesIn(text: string): readonly number[] {
  const ids = jsonIn(text);
  return Array.isArray(ids) ? ids.filter((id) => Number.isSafeInteger(id)) : [];
}
