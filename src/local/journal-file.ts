import * as v from 'valibot';
import { emptyJournal, type Journal } from '../core/journal.ts';
import type { JournalStore } from '../core/ports.ts';
import type { StoredRecord } from '../core/record.ts';
import type { RecordFile, RecordFormat } from './record-file.ts';
import { count, instantMs, shaped, text } from './stored-shape.ts';

/** A journal with the number of its writes. */
export interface RevisedJournal {
  readonly revision: number;
  readonly journal: Journal;
}

/** A journal in one file; its dates are this machine's, so none is given. */
export function journalFile(file: RecordFile<RevisedJournal>): JournalStore {
  return {
    read: async () => (await file.read()) ?? { journal: emptyJournal, revision: 0 },
    write: (journal, revision) =>
      file.update((stored) =>
        (stored?.revision ?? 0) === revision
          ? { answer: 'written', next: { revision: revision + 1, journal } }
          : { answer: 'conflict' },
      ),
  };
}

const position = { grant: count, generation: count, attempt: count };
const positionShape = v.object(position);
const verdict = v.picklist(['accepted', 'rejected', 'unknown']);

const schema: v.GenericSchema<unknown, RevisedJournal> = v.object({
  revision: v.pipe(count, v.minValue(1)),
  journal: v.object({
    lease: v.nullable(v.object({ owner: text, fence: count, expiresAtMs: instantMs })),
    fence: count,
    known: v.nullable(positionShape),
    dispatch: v.nullable(
      v.object({
        parent: positionShape,
        sends: v.array(v.object({ versionId: text, attempt: count, sentAtMs: instantMs })),
      }),
    ),
    lastAttempt: count,
    seals: v.array(v.object({ ...position, versionId: text, box: text })),
    latch: v.nullable(
      v.variant('kind', [
        v.object({
          kind: v.literal('revoked'),
          position: positionShape,
          sinceMs: instantMs,
        }),
        v.object({
          kind: v.literal('misconfigured'),
          clientVersionId: text,
          error: v.string(),
          sinceMs: instantMs,
        }),
      ]),
    ),
    called: v.nullable(v.object({ forMs: instantMs, by: text })),
    refusal: v.nullable(v.object({ position: positionShape, atMs: instantMs })),
    retryAtMs: v.nullable(instantMs),
    pausedAtMs: v.nullable(instantMs),
    canary: v.nullable(
      v.object({
        position: positionShape,
        verdict,
        sinceMs: instantMs,
        atMs: instantMs,
        fromFirst: v.boolean(),
      }),
    ),
    sentAtMs: v.array(instantMs),
    liftedFor: v.nullable(positionShape),
    failingSinceMs: v.nullable(instantMs),
    history: v.array(v.object({ atMs: instantMs, outcome: v.string(), generation: count })),
  }),
});

/** The JSON of the journal's file. */
export const journalFormat: RecordFormat<RevisedJournal> = {
  name: 'journal',
  // What could not be read back is not written: a broken promise of the caller, not of the disk.
  encode: (revised) => v.parse(schema, revised),
  decode: (record) => shaped(completed(record), schema),
};

/** A journal of an earlier program lacks what was added since: it is as in a journal where nothing happened. */
function completed(record: StoredRecord): StoredRecord {
  const journal = record.fields['journal'];
  if (typeof journal !== 'object' || journal === null) return record;
  return { ...record, fields: { ...record.fields, journal: { ...emptyJournal, ...journal } } };
}
