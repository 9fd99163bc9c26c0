import * as v from 'valibot';
import type { PublishedState, PublishedStates, SyncStore } from '../core/sync/ports.ts';
import type { EntityId } from '../core/webhooks/notification.ts';
import type { FileStore } from './file-store/file-store.ts';
import { hashedFiles } from './file-store/hashed-files.ts';
import type { RecordFile, RecordFormat } from './file-store/record-file.ts';
import { count, instantMs, shaped, text } from './file-store/stored-shape.ts';

interface Kept {
  readonly text: string;
  readonly revision: number;
}

type KeptByKey = Readonly<Record<string, Kept>>;

const keptSchema: v.GenericSchema<unknown, { readonly entries: KeptByKey }> = v.object({
  entries: v.record(v.string(), v.object({ text, revision: count })),
});

/** The JSON of how far a sync is. */
export const keptFormat: RecordFormat<KeptByKey> = {
  name: 'state of a sync',
  encode: (entries) => ({ entries }),
  decode: (record) => shaped(record, keptSchema).entries,
};

/** How far a sync of a connection is, in one file. */
export function syncFile(store: FileStore, connection: string): SyncStore {
  const file = store.record(`sync-${connection}`, keptFormat);
  return {
    read: async (key) => (await file.read())?.[key] ?? { text: undefined, revision: 0 },
    write: (key, value, revision) =>
      file.update((stored = {}) => {
        if ((stored[key]?.revision ?? 0) !== revision) return { answer: 'conflict' };
        const entry = { text: value, revision: revision + 1 };
        return { answer: 'written', next: { ...stored, [key]: entry } };
      }),
  };
}

interface Told {
  /** `null`: published as deleted. */
  readonly stamp: string | null;
  readonly atMs: number;
}

type ToldByKey = Readonly<Record<string, Told>>;

const keptMs = 30 * 86_400_000;

const toldSchema: v.GenericSchema<unknown, { readonly entities: ToldByKey }> = v.object({
  entities: v.record(v.string(), v.object({ stamp: v.nullable(v.string()), atMs: instantMs })),
});

/** The JSON of what was published of entities. */
export const toldFormat: RecordFormat<ToldByKey> = {
  name: 'entities told',
  encode: (entities) => ({ entities }),
  decode: (record) => shaped(record, toldSchema).entities,
};

type DoubtsByList = Readonly<Record<string, readonly EntityId[]>>;

const doubtsMax = 10_000;

const doubtsSchema: v.GenericSchema<unknown, { readonly lists: DoubtsByList }> = v.object({
  lists: v.record(v.string(), v.array(v.union([v.number(), v.string()]))),
});

/** The JSON of entities in doubt. */
export const doubtsFormat: RecordFormat<DoubtsByList> = {
  name: 'deletions told',
  encode: (lists) => ({ lists }),
  decode: (record) => shaped(record, doubtsSchema).lists,
};

/** What webhooks have published, in files named by a hash; kept for 30 days. */
export function publishedStatesFiles(
  store: FileStore,
  options: { readonly connection: string; readonly nowMs: () => number },
): PublishedStates {
  const { connection, nowMs } = options;
  const keyOf = (companyId: number, resource: string, id: EntityId) =>
    `${connection}/${companyId}/${resource}/${JSON.stringify(id)}`;
  const fileOf = hashedFiles(store, 'told', toldFormat);
  const doubts = store.record(`doubted-${connection}`, doubtsFormat);
  const changeDoubts = (list: string, to: (ids: readonly EntityId[]) => readonly EntityId[]) =>
    doubts.update((stored = {}) => ({
      answer: undefined,
      next: { ...stored, [list]: to(stored[list] ?? []) },
    }));
  return {
    read: async (companyId, resource, ids) => {
      const read = new Map<RecordFile<ToldByKey>, ToldByKey>();
      const found: [EntityId, PublishedState][] = [];
      for (const id of ids) {
        const key = keyOf(companyId, resource, id);
        const file = fileOf(key);
        const entities = read.get(file) ?? (await file.read()) ?? {};
        read.set(file, entities);
        const told = entities[key];
        if (told !== undefined && told.atMs > nowMs() - keptMs) found.push([id, stateOf(told)]);
      }
      return new Map(found);
    },
    note: async (companyId, resource, id, state) => {
      const key = keyOf(companyId, resource, id);
      const atMs = nowMs();
      const told = { stamp: state.kind === 'deleted' ? null : state.stamp, atMs };
      await fileOf(key).update((stored = {}) => ({
        answer: undefined,
        next: { ...recent(stored, atMs), [key]: told },
      }));
    },
    doubted: async (companyId, resource) =>
      (await doubts.read())?.[`${companyId}/${resource}`] ?? [],
    doubt: (companyId, resource, ids) =>
      changeDoubts(`${companyId}/${resource}`, (before) =>
        [...new Set([...before, ...ids])].slice(-doubtsMax),
      ),
    settle: (companyId, resource, ids) =>
      changeDoubts(`${companyId}/${resource}`, (before) =>
        before.filter((id) => !ids.includes(id)),
      ),
  };
}

function stateOf({ stamp }: Told): PublishedState {
  return stamp === null ? { kind: 'deleted' } : { kind: 'stamp', stamp };
}

function recent(entities: ToldByKey, nowMs: number): ToldByKey {
  return Object.fromEntries(
    Object.entries(entities).filter(([, { atMs }]) => atMs > nowMs - keptMs),
  );
}
