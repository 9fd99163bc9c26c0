import { type EntityId, isEntityId } from './notification.ts';
import { StoreRefused } from './ports.ts';
import { parseRecord } from './record.ts';
import { Secret } from './secret.ts';

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

/** Ids as a short text: numbers by their distance in base 36, since a bin may hold very many. */
export function encodeBin(ids: Iterable<EntityId>): string {
  const all = [...ids];
  const numbers = all.filter((id) => typeof id === 'number').sort((a, b) => a - b);
  const distances = numbers.map((id, at) => (id - (numbers[at - 1] ?? 0)).toString(36));
  const texts = all.filter((id) => typeof id === 'string');
  return JSON.stringify({ v: 1, ids: distances.join(' '), texts });
}

/** Reads back what `encodeBin` wrote; empty from nothing. Throws `StoreRefused` ('damaged'). */
export function decodeBin(text: string | undefined): ReadonlySet<EntityId> {
  if (text === undefined) return new Set();
  const { ids, texts } = parseRecord(new Secret(text), 'bin of a sync').fields;
  if (typeof ids !== 'string' || !Array.isArray(texts)) throw damaged();
  let id = 0;
  const numbers =
    ids === ''
      ? []
      : ids.split(' ').map((distance) => {
          id += Number.parseInt(distance, 36);
          return id;
        });
  const all = [...numbers, ...texts];
  if (!all.every(isEntityId)) throw damaged();
  return new Set(all);
}

function damaged(): StoreRefused {
  return new StoreRefused('damaged', 'what a sync knows of a bin cannot be read');
}
