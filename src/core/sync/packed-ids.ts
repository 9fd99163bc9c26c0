import { type EntityId, isEntityId } from '../webhooks/notification.ts';

/** Ids in short: numbers by their distance in base 36, since there may be very many; texts as they are. */
export interface PackedIds {
  readonly ids: string;
  readonly texts: readonly string[];
}

/** Packs ids; their order is lost. */
export function packIds(ids: Iterable<EntityId>): PackedIds {
  const all = [...ids];
  const numbers = all.filter((id) => typeof id === 'number').sort((a, b) => a - b);
  const distances = numbers.map((id, at) => (id - (numbers[at - 1] ?? 0)).toString(36));
  return { ids: distances.join(' '), texts: all.filter((id) => typeof id === 'string') };
}

/** Reads back what `packIds` made; `undefined` for anything else. */
export function unpackIds({ ids, texts }: Readonly<Record<string, unknown>>) {
  if (typeof ids !== 'string' || !Array.isArray(texts)) return undefined;
  let id = 0;
  const numbers =
    ids === ''
      ? []
      : ids.split(' ').map((distance) => {
          id += Number.parseInt(distance, 36);
          return id;
        });
  const all: unknown[] = [...numbers, ...texts];
  return all.every(isEntityId) ? all : undefined;
}
