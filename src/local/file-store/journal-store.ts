import { emptyJournal, type Journal, journalFrom } from '../../core/journal/journal.ts';
import type { JournalStore } from '../../core/journal/journal-store.ts';
import { StoreRefused } from '../../core/ports.ts';
import { field } from '../../core/records/record.ts';
import type { Reserve } from '../reserve.ts';
import type { RecordFile, RecordFormat } from './record-file.ts';

/** A journal with the number of its writes. */
export interface RevisedJournal {
  readonly revision: number;
  readonly journal: Journal;
}

/**
 * A journal in one file; its dates are this machine's, so none is given. A dispatch is written only where the
 * disk has room for what the token that is sent will bring.
 */
export function journalFile(file: RecordFile<RevisedJournal>, reserve: Reserve): JournalStore {
  const read = async () => (await file.read()) ?? { journal: emptyJournal, revision: 0 };
  return {
    read,
    write: async (journal, revision) => {
      const isDispatch = journal.lastAttempt > (await read()).journal.lastAttempt;
      if (isDispatch) await reserve.hold();
      return file.update((stored) =>
        (stored?.revision ?? 0) === revision
          ? { answer: 'written', next: { revision: revision + 1, journal } }
          : { answer: 'conflict' },
      );
    },
  };
}

/** The JSON of the journal's file. */
export const journalFormat: RecordFormat<RevisedJournal> = {
  name: 'journal',
  encode: ({ revision, journal }) => ({ revision, journal: checked(journal) }),
  decode: (record) => {
    const revision = field.count(record, 'revision');
    const journal = record.fields['journal'];
    if (Object(journal) !== journal || Array.isArray(journal)) {
      throw new StoreRefused('damaged', `${record.name}: "journal" must be a JSON object`);
    }
    return { revision, journal: journalFrom(journal as Record<string, unknown>, record.name) };
  },
};

/** What could not be read back is not written: a broken promise of the caller, not of the disk. */
function checked(journal: Journal): Journal {
  try {
    return journalFrom({ ...journal }, 'the journal to be written');
  } catch (error) {
    throw new TypeError('a journal that could not be read back was to be written', {
      cause: error,
    });
  }
}
