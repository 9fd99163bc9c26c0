import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { QuotaPauses } from '../../core/webhooks/ports.ts';
import { changeItem, type ItemAddress, readItem } from './table-item.ts';

/** Until when each company's quota rests, one item each in the stack's table. */
export function quotaPausesTable(
  client: DynamoDBClient,
  table: string,
  connection: string,
): QuotaPauses {
  const at = (companyId: number): ItemAddress => ({
    client,
    table,
    pk: `pause#${connection}#${companyId}`,
  });
  return {
    untilMs: async (companyId) => {
      const until = (await readItem(at(companyId)))?.['untilMs']?.N;
      return until === undefined ? undefined : Number(until);
    },
    raise: async (companyId, untilMs) => {
      await changeItem(at(companyId), {
        update: 'SET #until = :until, expiresAt = :expires',
        condition: 'attribute_not_exists(pk) OR #until < :until',
        names: { '#until': 'untilMs' },
        values: {
          ':until': { N: String(untilMs) },
          ':expires': { N: String(Math.ceil(untilMs / 1000)) },
        },
      });
    },
  };
}
