import { StoreRefused } from '../ports.ts';
import { parseRecord } from '../records/record.ts';
import { Secret } from '../secret.ts';
import type { EntityId } from '../webhooks/notification.ts';
import { packIds, unpackIds } from './packed-ids.ts';

/** What is new in a bin, and what is no longer in it: recovered, or gone for good. */
export interface BinChanges {
  readonly added: readonly EntityId[];
  readonly left: readonly EntityId[];
}

/** Compares a bin with what was in it when it was last told of. */
export function binChanges(known: ReadonlySet<EntityId>, ids: readonly EntityId[]): BinChanges {
  const now = new Set(ids);
  return {
    added: [...now].filter((id) => !known.has(id)),
    left: [...known].filter((id) => !now.has(id)),
  };
}

/** Ids as a short text. */
export function encodeBin(ids: Iterable<EntityId>): string {
  return JSON.stringify({ v: 1, ...packIds(ids) });
}

/** Reads back what `encodeBin` wrote; empty from nothing. Throws `StoreRefused` ('damaged'). */
export function decodeBin(text: string | undefined): ReadonlySet<EntityId> {
  if (text === undefined) return new Set();
  const ids = unpackIds(parseRecord(new Secret(text), 'bin of a sync').fields);
  if (ids === undefined) throw damaged();
  return new Set(ids);
}

function damaged(): StoreRefused {
  return new StoreRefused('damaged', 'what a sync knows of a bin cannot be read');
}
