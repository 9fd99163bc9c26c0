import { StoreRefused } from '../ports.ts';
import { parseRecord } from '../records/record.ts';
import { Secret } from '../secret.ts';
import { type EntityId, isEntityId } from '../webhooks/notification.ts';
import { packIds, unpackIds } from './packed-ids.ts';
import type { ChangeFeed, ListedChange, PageRead, Since, Stamp } from './ports.ts';

/** A walk through a list that is under way. */
export interface Walk {
  readonly since: Since | null;
  readonly until: Stamp;
  readonly page: number;
  /** Entities of this query when its last page was read; `null` before the first. */
  readonly total: number | null;
}

/** How far a list has been read. Kept after every page. */
export interface ListCursor {
  /** From where the next walk begins; `null`: from the beginning. */
  readonly since: Since | null;
  readonly walk: Walk | null;
  /** The newest stamp seen. */
  readonly newest: Stamp | null;
  /** What was read of late and may be read again, by stamp and id: it is not told twice. */
  readonly recent: readonly (readonly [Stamp, EntityId])[];
  /** The sync that has set this cursor back, so that its next pass does not do so again. */
  readonly rewoundBy: string | null;
}

/** The cursor of a list that was never read. */
export const newCursor: ListCursor = {
  since: null,
  walk: null,
  newest: null,
  recent: [],
  rewoundBy: null,
};

// More are published again when they are read again; that is allowed, and keeps a cursor within an item of DynamoDB.
const recentMax = 40_000;

// A query from the last stamp reads those of that stamp again: cheap for a few, and sure against shifts.
const rereadMax = 4;

type Page = Extract<PageRead, { kind: 'page' }>;
type Times = Pick<ChangeFeed, 'overlapped' | 'isSettled' | 'isAmbiguous' | 'pageSize'>;

/** A cursor with a walk: the one that is open, else one up to `until`. */
export function withWalk(cursor: ListCursor, until: Stamp): ListCursor & { readonly walk: Walk } {
  const { since, walk } = cursor;
  return { ...cursor, walk: walk ?? { since, until, page: 1, total: null } };
}

/** The cursor set back to `at`, once for a sync: everything from there on is read and told again. */
export function rewound(cursor: ListCursor, at: Stamp, sync: string): ListCursor {
  if (cursor.rewoundBy === sync) return cursor;
  return { ...newCursor, since: { at, inclusive: true }, rewoundBy: sync };
}

/** A page that was read: what of it to publish, and how far the list has been read after that. */
export interface Turn {
  readonly fresh: readonly ListedChange[];
  readonly next: ListCursor;
}

/** Takes a page of the walk that is open. */
export function turned(
  cursor: ListCursor & { readonly walk: Walk },
  page: Page,
  times: Times,
): Turn {
  const { walk } = cursor;
  const missed = (walk.total ?? page.total) - page.total;
  if (walk.page > 1 && missed > 0) {
    return { fresh: [], next: { ...cursor, walk: steppedBack(walk, missed, page, times) } };
  }
  const last = page.changes.at(-1)?.stamp;
  const newest = later(cursor.newest, last);
  const recent = withRecent(cursor.recent, page.changes, newest, times);
  const fresh = freshIn(cursor, page, times);
  const isEmpty = page.changes.length === 0 && page.unreadable === undefined;
  if (!page.isLast && !isEmpty) {
    return { fresh, next: { ...cursor, newest, recent, walk: nextOf(walk, last, page) } };
  }
  const since = newest === null ? cursor.since : resumption(newest, walk.until, times);
  const kept = since?.inclusive === true ? recent : [];
  return { fresh, next: { ...cursor, since, walk: null, newest, recent: kept } };
}

function freshIn(cursor: ListCursor, { changes }: Page, times: Times): ListedChange[] {
  const stamps = stampsIn(changes);
  const again = cursor.recent.filter(([stamp, id]) => stamps.get(id) === stamp);
  const seen = new Set(again.map(([, id]) => id));
  // In the hour that comes twice, the same stamp may be another change.
  return changes.filter(({ stamp, id }) => times.isAmbiguous(stamp) || !seen.has(id));
}

/** Entities that left this query have moved others to pages that were read: those are read again. */
function steppedBack(walk: Walk, missed: number, page: Page, times: Times): Walk {
  const back = Math.ceil(missed / times.pageSize);
  return { ...walk, page: Math.max(1, walk.page - back), total: page.total };
}

function nextOf(walk: Walk, last: Stamp | undefined, { changes, total }: Page): Walk {
  const ofLast = changes.filter(({ stamp }) => stamp === last).length;
  return last !== undefined && ofLast <= rereadMax && ofLast < changes.length
    ? { ...walk, since: { at: last, inclusive: true }, page: 1, total: null }
    : { ...walk, page: walk.page + 1, total };
}

/** What appears late has a stamp of about now; once that is long past, the newest stamp is enough. */
function resumption(newest: Stamp, until: Stamp, times: Times): Since {
  return times.isSettled(newest, until)
    ? { at: newest, inclusive: false }
    : { at: times.overlapped(newest), inclusive: true };
}

function withRecent(
  recent: ListCursor['recent'],
  changes: readonly ListedChange[],
  newest: Stamp | null,
  times: Times,
): ListCursor['recent'] {
  const from = newest === null ? '' : times.overlapped(newest);
  const read = changes.map(({ stamp, id }) => [stamp, id] as const);
  const stamps = stampsIn(changes);
  const before = recent.filter(([stamp, id]) => stamps.get(id) !== stamp);
  return [...before, ...read].filter(([stamp]) => stamp >= from).slice(-recentMax);
}

/** A page shows an entity once. */
function stampsIn(changes: readonly ListedChange[]): ReadonlyMap<EntityId, Stamp> {
  return new Map(changes.map(({ id, stamp }) => [id, stamp]));
}

function later(a: Stamp | null, b: Stamp | undefined): Stamp | null {
  if (b === undefined) return a;
  return a === null || b > a ? b : a;
}

/** The JSON of a cursor. */
export function encodeCursor(cursor: ListCursor): string {
  const byStamp = new Map<Stamp, EntityId[]>();
  for (const [stamp, id] of cursor.recent) {
    const ids = byStamp.get(stamp);
    if (ids === undefined) byStamp.set(stamp, [id]);
    else ids.push(id);
  }
  const packed = [...byStamp].map(([stamp, ids]) => ({ stamp, ...packIds(ids) }));
  // Readers of 0.1.0 look for pairs under `recent`; without them they tell a few entities again.
  return JSON.stringify({ v: 1, ...cursor, recent: [], packed });
}

/** Reads back what `encodeCursor` wrote; a new cursor from nothing. Throws `StoreRefused` ('damaged'). */
export function decodeCursor(text: string | undefined): ListCursor {
  if (text === undefined) return newCursor;
  const { fields } = parseRecord(new Secret(text), 'cursor of a sync');
  const { since, walk, newest, rewoundBy, recent: pairs, packed = [] } = fields;
  const recent =
    Array.isArray(pairs) && Array.isArray(packed)
      ? [...pairs.map(pairIn), ...packed.map(recentAt)]
      : [undefined];
  const good =
    isNullOr(since, isSince) &&
    isNullOr(walk, isWalk) &&
    isNullOr(newest, isStamp) &&
    isNullOr(rewoundBy, isStamp) &&
    recent.every((entries) => entries !== undefined);
  if (!good) throw new StoreRefused('damaged', 'the cursor of a sync cannot be read');
  return { since, walk, newest, recent: recent.flat(), rewoundBy } as ListCursor;
}

/** As 0.1.0 wrote each of them. */
function pairIn(value: unknown): (readonly [Stamp, EntityId])[] | undefined {
  const [stamp, id] = Array.isArray(value) ? (value as unknown[]) : [];
  return isStamp(stamp) && isEntityId(id) ? [[stamp, id]] : undefined;
}

function recentAt(value: unknown): (readonly [Stamp, EntityId])[] | undefined {
  const fields = Object(value) as Record<string, unknown>;
  const { stamp } = fields;
  return isStamp(stamp) ? unpackIds(fields)?.map((id) => [stamp, id] as const) : undefined;
}

function isNullOr(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === null || is(value);
}

function isStamp(value: unknown): value is Stamp {
  return typeof value === 'string' && value !== '';
}

function isSince(value: unknown): boolean {
  const { at, inclusive } = Object(value) as Record<string, unknown>;
  return isStamp(at) && typeof inclusive === 'boolean';
}

function isWalk(value: unknown): boolean {
  const { since, until, page, total } = Object(value) as Record<string, unknown>;
  return (
    isNullOr(since, isSince) &&
    isStamp(until) &&
    Number.isSafeInteger(page) &&
    isNullOr(total, Number.isSafeInteger)
  );
}
