import { describe, expect, it } from 'vitest';
import { emptyJournal, journalFrom } from '../../../src/core/journal/journal.ts';
import { rebuiltJournal } from '../../../src/core/operations/rebuilt-journal.ts';
import type { Grant } from '../../../src/core/records/grant.ts';

const position = { grant: 2, generation: 7, attempt: 3 };
const older = { grant: 2, generation: 6, attempt: 1 };

describe('a journal that is begun again from the grants that are kept', () => {
  it('takes the newest refresh token for sent, and its attempt for used', () => {
    const grants = [position, older] as unknown as readonly Grant[];
    const journal = rebuiltJournal(grants, { nowMs: 5, versionId: 'v'.repeat(32) });
    expect(journal).toEqual({
      ...emptyJournal,
      known: position,
      lastAttempt: 4,
      dispatch: {
        parent: position,
        sends: [{ versionId: 'v'.repeat(32), attempt: 4, sentAtMs: 5 }],
      },
      history: [{ atMs: 5, outcome: 'journal-rebuilt', generation: 7 }],
    });
    expect(journalFrom({ ...journal }, 'journal')).toEqual(journal);
  });

  it('is empty where no grant is kept', () => {
    expect(rebuiltJournal([], { nowMs: 5, versionId: 'v' })).toEqual(emptyJournal);
  });
});
