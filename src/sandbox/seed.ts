import { collectionSpecs } from './api/collection-specs.ts';
import type { Collections } from './api/collections.ts';
import { romeDate } from './api/rome-time.ts';
import { specimen } from './api/specimens.ts';
import type { Clock } from './clock.ts';

/** Puts `count` invented entities of each kind and document type into a company, telling nobody. */
export function seed(
  collections: Collections,
  clock: Clock,
  companyId: number,
  count: number,
): void {
  const date = romeDate(clock.nowMs());
  for (const { kind, types } of collectionSpecs) {
    for (const type of types.length === 0 ? [undefined] : types) {
      for (let n = 1; n <= count; n += 1) {
        const fields = specimen(kind, collections.nextNumber(), date);
        collections.create(
          companyId,
          kind,
          type === undefined ? fields : { ...fields, type },
          true,
        );
      }
    }
  }
}
