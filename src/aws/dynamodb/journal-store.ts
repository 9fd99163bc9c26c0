import { randomUUID } from 'node:crypto';
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Journal } from '../../core/journal/journal.ts';
import type { JournalStore } from '../../core/journal/journal-store.ts';
import type { Clock } from '../../core/ports.ts';
import { toRfc3339 } from '../../core/time.ts';
import { call } from '../failures.ts';
import { decodeJournal, encodeJournal, type Item } from './journal-item.ts';

/** The table in which the journals of a stack are; its key is the text `pk`. */
export interface JournalTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

/**
 * The journal of one connection as one item, read consistently and written on condition of its revision.
 * A write that the SDK repeated by itself is known from another's by the id that each write leaves.
 */
export function journalTable(table: JournalTable, connection: string): JournalStore {
  const pk = `journal#${connection}`;
  return {
    read: async () => {
      const { item, dateMs } = await readItem(table, pk);
      const snapshot = { journal: decodeJournal(item), revision: revisionOf(item) };
      return dateMs === undefined ? snapshot : { ...snapshot, dateMs };
    },
    write: async (journal, revision) => {
      const writeId = randomUUID();
      if (await wrote(table, { pk, journal, revision, writeId })) return 'written';
      const { item } = await readItem(table, pk);
      return item?.['writeId']?.S === writeId ? 'written' : 'conflict';
    },
  };
}

function revisionOf(item: Item | undefined): number {
  return Number(item?.['revision']?.N ?? 0);
}

async function readItem(
  { client, table }: JournalTable,
  pk: string,
): Promise<{ readonly item: Item | undefined; readonly dateMs: number | undefined }> {
  return call(`read ${pk} of table ${table}`, async () => {
    const command = new GetItemCommand({
      TableName: table,
      Key: { pk: { S: pk } },
      ConsistentRead: true,
    });
    const date = watchDate(command);
    const { Item: item } = await client.send(command);
    return { item, dateMs: date() };
  });
}

/** The `Date` of the service's answer, once there is one: what the SDK gives back has no headers. */
function watchDate(command: GetItemCommand): () => number | undefined {
  let dateMs = Number.NaN;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Readonly<Record<string, string>> };
      dateMs = Date.parse(headers?.['date'] ?? '');
      return result;
    },
    { step: 'deserialize' },
  );
  return () => (Number.isNaN(dateMs) ? undefined : dateMs);
}

interface Write {
  readonly pk: string;
  readonly journal: Journal;
  readonly revision: number;
  readonly writeId: string;
}

async function wrote({ client, table, clock }: JournalTable, write: Write): Promise<boolean> {
  const answer = await call(
    `write ${write.pk} of table ${table}`,
    () =>
      client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            pk: { S: write.pk },
            ...encodeJournal(write.journal),
            revision: { N: String(write.revision + 1) },
            writeId: { S: write.writeId },
            updatedAt: { S: toRfc3339(clock.nowMs()) },
          },
          ...onRevision(write.revision),
        }),
      ),
    ['ConditionalCheckFailedException'],
  );
  return answer !== 'ConditionalCheckFailedException';
}

function onRevision(revision: number) {
  if (revision === 0) return { ConditionExpression: 'attribute_not_exists(pk)' };
  return {
    ConditionExpression: 'revision = :revision',
    ExpressionAttributeValues: { ':revision': { N: String(revision) } },
  };
}
