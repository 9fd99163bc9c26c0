import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { PublishedState, PublishedStates, SyncStore } from '../../core/sync/ports.ts';
import { limitOf } from '../../core/webhooks/limit.ts';
import { type EntityId, isEntityId } from '../../core/webhooks/notification.ts';
import type { Item } from './journal-item.ts';
import {
  changeItem,
  type ItemAddress,
  readItem,
  settingItems,
  type WriteItem,
} from './table-item.ts';

/** How far a sync of a connection is, one item for each key in the stack's table. */
export function syncTable(client: DynamoDBClient, table: string, connection: string): SyncStore {
  const at = (key: string): ItemAddress => ({ client, table, pk: `sync#${connection}#${key}` });
  return {
    read: async (key) => {
      const item = await readItem(at(key));
      return { text: item?.['text']?.S, revision: Number(item?.['revision']?.N ?? 0) };
    },
    write: async (key, text, revision) => {
      const writeId = randomUUID();
      const isFirst = revision === 0;
      const written = await changeItem(at(key), {
        update: 'SET #text = :text, #revision = :next, #writeId = :writeId',
        condition: isFirst ? 'attribute_not_exists(pk)' : '#revision = :revision',
        names: { '#text': 'text', '#revision': 'revision', '#writeId': 'writeId' },
        values: {
          ':text': { S: text },
          ':next': { N: String(revision + 1) },
          ':writeId': { S: writeId },
          ...(isFirst ? {} : { ':revision': { N: String(revision) } }),
        },
      });
      if (written !== undefined) return 'written';
      // The SDK's own second try meets what the first has written.
      const found = await readItem(at(key));
      return found?.['writeId']?.S === writeId ? 'written' : 'conflict';
    },
  };
}

// As long as a nightly sync may have failed before a webhook's word counts for nothing.
const keptSeconds = 30 * 86_400;
const readsMax = 20;

/** What webhooks have told, one item for each entity; `expiresAt` (seconds) is its time to live. */
export function publishedStatesTable(
  client: DynamoDBClient,
  table: string,
  options: {
    readonly connection: string;
    readonly nowMs: () => number;
    /** How notes are written. */
    readonly write?: WriteItem;
  },
): PublishedStates {
  const { write = settingItems(client, table) } = options;
  const limit = limitOf(readsMax);
  const doubtsAt = (companyId: number, resource: string): ItemAddress => ({
    client,
    table,
    // The id of an entity is a number or in quotation marks.
    pk: `told#${options.connection}#${companyId}#${resource}#doubted`,
  });
  const expires = () => ({ N: String(Math.ceil(options.nowMs() / 1000) + keptSeconds) });
  const at = (companyId: number, resource: string, id: EntityId): ItemAddress => ({
    client,
    table,
    // A text that looks like a number is another id.
    pk: `told#${options.connection}#${companyId}#${resource}#${JSON.stringify(id)}`,
  });
  return {
    read: async (companyId, resource, ids) => {
      const found = ids.map((id) =>
        limit(async () => [id, stateIn(await readItem(at(companyId, resource, id)))] as const),
      );
      const states = await Promise.all(found);
      return new Map(states.flatMap(([id, state]) => (state ? [[id, state] as const] : [])));
    },
    note: async (companyId, resource, id, state) => {
      await write(at(companyId, resource, id).pk, {
        state: { S: state.kind === 'deleted' ? deleted : `at ${state.stamp}` },
        expiresAt: expires(),
      });
    },
    doubted: async (companyId, resource) => {
      const ids = (await readItem(doubtsAt(companyId, resource)))?.['ids']?.SS ?? [];
      return ids.map((id) => JSON.parse(id)).filter(isEntityId);
    },
    doubt: (companyId, resource, ids) => addDoubts(doubtsAt(companyId, resource), ids, expires()),
    settle: async (companyId, resource, ids) => {
      await changeItem(doubtsAt(companyId, resource), {
        update: 'DELETE #ids :ids',
        names: { '#ids': 'ids' },
        values: { ':ids': { SS: ids.map((id) => JSON.stringify(id)) } },
      });
    },
  };
}

async function addDoubts(
  at: ItemAddress,
  ids: readonly EntityId[],
  expires: { readonly N: string },
): Promise<void> {
  const names = { '#ids': 'ids', '#expires': 'expiresAt' };
  const values = { ':ids': { SS: ids.map((id) => JSON.stringify(id)) }, ':expires': expires };
  const condition = 'attribute_not_exists(#ids)';
  const update = 'SET #expires = :expires ADD #ids :ids';
  if ((await changeItem(at, { update, condition, names, values })) !== undefined) return;
  // Where no sync ever looks at them, they end with the first of them.
  const more = 'SET #expires = if_not_exists(#expires, :expires) ADD #ids :ids';
  await changeItem(at, { update: more, names, values });
}

const deleted = 'deleted';

function stateIn(item: Item | undefined): PublishedState | undefined {
  const state = item?.['state']?.S;
  if (state === undefined) return undefined;
  return state === deleted
    ? { kind: 'deleted' }
    : { kind: 'stamp', stamp: state.slice('at '.length) };
}
