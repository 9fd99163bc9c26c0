import { entityChanged } from '../events/entity-changed.ts';
import type { FrescoEvent } from '../events/event.ts';
import type { EntityId } from '../webhooks/notification.ts';
import { type AskParts, askProvider, type Stop } from './ask.ts';
import { binChanges, decodeBin, encodeBin } from './bin.ts';
import { decodeCursor, encodeCursor, rewound, turned, withWalk } from './cursor.ts';
import type { ChangeList, ListedChange, PublishedState, SyncPorts } from './ports.ts';
import { counted, type SyncSession } from './record.ts';

/** What the work on one list or bin needs. */
export interface Unit {
  readonly ports: SyncPorts;
  readonly asking: AskParts;
  readonly page: SyncSession;
  readonly connection: string;
  readonly companyId: number;
  /** Where its state is kept. */
  readonly key: string;
  readonly entity: 'full' | 'reference';
  /** Hears how many pages of this list are left. */
  readonly onPage: (pagesLeft: number) => void;
}

/** Publishes what has changed in a list, page by page; `undefined` once everything up to the sync's end is published. */
export async function syncList(unit: Unit, list: ChangeList): Promise<Stop | undefined> {
  const { ports, asking, page, companyId, key, entity } = unit;
  const { feed, store } = ports;
  const stored = await store.read(key);
  let { revision } = stored;
  const { since, id } = page.record;
  let cursor = decodeCursor(stored.text);
  if (since !== null) cursor = rewound(cursor, since, id);
  let unreadable = 0;
  for (;;) {
    const walking = withWalk(cursor, page.record.until);
    const query = { ...walking.walk, entity };
    const read = await askProvider(asking, companyId, () => feed.page(companyId, list, query));
    if (read.kind !== 'page') return read;
    unreadable += read.unreadable ?? 0;
    const { fresh, next } = turned(walking, read, feed);
    await publishChanges(unit, list.resource, fresh);
    if ((await store.write(key, encodeCursor(next), revision)) === 'conflict') {
      return (await isTaken(unit)) ? taken : syncList(unit, list);
    }
    revision += 1;
    page.amend((record) => counted(record, { pages: 1 }));
    unit.onPage(Math.ceil(read.total / feed.pageSize) - walking.walk.page);
    // A walk that an earlier sync had begun ends where that one did.
    if (next.walk === null && walking.walk.until >= page.record.until) return leftOut(unreadable);
    cursor = next;
  }
}

function leftOut(count: number): Stop | undefined {
  if (count === 0) return undefined;
  const why = `${count} entries without an id or updated_at were left out, the others are published`;
  // No later sync would read them either.
  return { kind: 'skip', why, scope: 'list', isChoice: true };
}

/** Tells what was deleted and what was recovered since the bin was last looked at. */
export async function syncBin(unit: Unit, resource: string): Promise<Stop | undefined> {
  const { ports, asking, companyId, key } = unit;
  const { text, revision } = await ports.store.read(key);
  const known = decodeBin(text);
  const read = await askProvider(asking, companyId, () => ports.feed.bin(companyId, resource));
  if (read.kind !== 'bin') return read;
  const { added, left } = binChanges(known, read.ids);
  await tellDeletions(unit, resource, added);
  const pending = new Set(left);
  const stop = left.length > 0 ? await tellRecoveries(unit, resource, pending) : undefined;
  unit.onPage(0);
  if (added.length === 0 && left.length === 0) return stop;
  const next = encodeBin([...read.ids, ...pending]);
  if ((await ports.store.write(key, next, revision)) === 'written') return stop;
  return (await isTaken(unit)) ? taken : syncBin(unit, resource);
}

/** Looks again at what notification and API did not agree on, and publishes the truth. */
export async function syncDoubts(unit: Unit, resource: string): Promise<Stop | undefined> {
  const { ports, asking, companyId } = unit;
  const ids = await ports.published.doubted(companyId, resource);
  if (ids.length === 0) return undefined;
  const told = await ports.published.read(companyId, resource, ids);
  const settled: EntityId[] = [];
  let stop: Stop | undefined;
  for (const id of ids) {
    const read = await askProvider(asking, companyId, () =>
      ports.feed.entity(companyId, resource, id),
    );
    if (read.kind !== 'entity' && read.kind !== 'absent') {
      stop = read;
      break;
    }
    const wasDeleted = told.get(id)?.kind !== 'stamp';
    if (read.kind === 'entity' && wasDeleted) await tellRead(unit, resource, id, read.entity, told);
    if (read.kind === 'absent' && !wasDeleted) await tellDeletions(unit, resource, [id]);
    settled.push(id);
  }
  if (settled.length > 0) await ports.published.settle(companyId, resource, settled);
  return stop;
}

const taken: Stop = { kind: 'taken' };

/**
 * Whether another pass has the record. One that has lost it may write a last page: if the one that has it gave
 * way to that, both would end.
 */
async function isTaken({ page }: Unit): Promise<boolean> {
  return (await page.save()) === 'conflict';
}

async function publishChanges(
  unit: Unit,
  resource: string,
  changes: readonly ListedChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const { ports, page, companyId } = unit;
  const ids = changes.map(({ id }) => id);
  const told = await ports.published.read(companyId, resource, ids);
  const left = changes.filter(
    (change) => page.record.since !== null || !wasTold(unit, change, told),
  );
  await publish(
    unit,
    resource,
    left.map((change) => changeEvent(unit, resource, change)),
  );
  for (const { id, stamp } of left) {
    await keepInLine(unit, resource, id, { kind: 'stamp', stamp }, told);
  }
  const alreadyTold = changes.length - left.length;
  page.amend((record) => counted(record, { changed: left.length, alreadyTold }));
}

function wasTold(
  { ports }: Unit,
  { id, stamp }: ListedChange,
  told: ReadonlyMap<EntityId, PublishedState>,
): boolean {
  const state = told.get(id);
  return state?.kind === 'stamp' && state.stamp === stamp && !ports.feed.isAmbiguous(stamp);
}

async function tellDeletions(
  unit: Unit,
  resource: string,
  ids: readonly EntityId[],
): Promise<void> {
  if (ids.length === 0) return;
  const { page, companyId } = unit;
  const told = await unit.ports.published.read(companyId, resource, ids);
  const left = ids.filter((id) => told.get(id)?.kind !== 'deleted');
  await publish(
    unit,
    resource,
    left.map((id) => event(unit, resource, id, { change: 'delete' })),
  );
  for (const id of left) await keepInLine(unit, resource, id, { kind: 'deleted' }, told);
  const alreadyTold = ids.length - left.length;
  page.amend((record) => counted(record, { deleted: left.length, alreadyTold }));
}

/** What has left the bin is living again or gone for good: only the provider knows. Empties `pending`. */
async function tellRecoveries(
  unit: Unit,
  resource: string,
  pending: Set<EntityId>,
): Promise<Stop | undefined> {
  const { ports, asking, companyId } = unit;
  const { feed } = ports;
  const told = await ports.published.read(companyId, resource, [...pending]);
  for (const id of [...pending]) {
    if (told.get(id)?.kind !== 'stamp') {
      const read = await askProvider(asking, companyId, () => feed.entity(companyId, resource, id));
      if (read.kind !== 'entity' && read.kind !== 'absent') return read;
      if (read.kind === 'entity') await tellRead(unit, resource, id, read.entity, told);
    }
    pending.delete(id);
  }
  return undefined;
}

/** Tells one entity that was read by itself. */
async function tellRead(
  unit: Unit,
  resource: string,
  id: EntityId,
  entity: unknown,
  told: ReadonlyMap<EntityId, PublishedState>,
): Promise<void> {
  const stamp = unit.ports.feed.stampOf(entity) ?? '';
  await publish(unit, resource, [changeEvent(unit, resource, { id, stamp, isNew: false, entity })]);
  await keepInLine(unit, resource, id, { kind: 'stamp', stamp }, told);
  unit.page.amend((record) => counted(record, { changed: 1 }));
}

/** What notifications told of an entity must not stand against what the sync has told since. */
async function keepInLine(
  { ports, companyId }: Unit,
  resource: string,
  id: EntityId,
  state: PublishedState,
  told: ReadonlyMap<EntityId, PublishedState>,
): Promise<void> {
  if (told.has(id)) await ports.published.note(companyId, resource, id, state);
}

function changeEvent(unit: Unit, resource: string, change: ListedChange): FrescoEvent {
  const { id, stamp, isNew, entity } = change;
  return event(unit, resource, id, {
    change: isNew ? 'create' : 'update',
    ...(stamp === '' ? {} : { updatedAt: stamp }),
    ...(unit.entity === 'full' && entity !== undefined ? { entity } : {}),
  });
}

function event(
  { connection, companyId }: Unit,
  resource: string,
  id: EntityId,
  what: Pick<Parameters<typeof entityChanged>[0], 'change' | 'updatedAt' | 'entity'>,
): FrescoEvent {
  return entityChanged({ connection, companyId, resource, id, origin: 'sync', ...what });
}

async function publish(
  { ports, page }: Unit,
  resource: string,
  events: readonly FrescoEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await ports.bus.publish(events);
  page.amend((record) => {
    const count = (record.resources[resource] ?? 0) + events.length;
    return { ...record, resources: { ...record.resources, [resource]: count } };
  });
}
