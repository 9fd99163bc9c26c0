// What the protocol assumes of any journal, as tests that run over each store of it.
import { describe, expect, it } from 'vitest';
import { emptyJournal, type Journal } from '../../src/core/journal/journal.ts';
import type { JournalStore } from '../../src/core/journal/journal-store.ts';

/** What differs between the stores under test. */
export interface JournalContractOptions {
  /** Parallel writers in the races; default 50. */
  readonly writers?: number;
  readonly timeoutMs?: number;
}

const position = { grant: 2, generation: 7, attempt: 3 };
const sealed = { grant: 2, generation: 8, attempt: 4 };

/** A journal in which nothing is empty, so that a field which a store forgets is seen. */
export const fullJournal: Journal = {
  lease: { owner: 'one', fence: 9, expiresAtMs: 1_790_000_300_000 },
  fence: 9,
  known: position,
  dispatch: {
    parent: position,
    sends: [
      { versionId: 'sent-1', attempt: 4, sentAtMs: 1_790_000_000_001 },
      { versionId: 'sent-2', attempt: 5, sentAtMs: 1_790_000_000_002 },
    ],
  },
  lastAttempt: 5,
  seals: [{ ...sealed, versionId: 'sent-1', box: 'aW52ZW50ZWQ=' }],
  latch: { kind: 'revoked', position, sinceMs: 1_790_000_000_003 },
  refusal: { position, atMs: 1_790_000_000_004 },
  badAnswer: {
    kind: 'application-refused',
    clientVersionId: 'c1',
    said: 'invalid_client',
    inDoubt: false,
    sinceMs: 1_790_000_000_003,
    atMs: 1_790_000_000_004,
    needsPerson: false,
  },
  acceptedClient: 'c0',
  retryAtMs: 1_790_000_000_005,
  pausedAtMs: 1_790_000_000_006,
  canary: {
    position,
    verdict: 'rejected',
    sinceMs: 1_790_000_000_007,
    atMs: 1_790_000_000_008,
    fromFirst: true,
    checkedAtMs: 1_790_000_000_008,
  },
  sentAtMs: [1_790_000_000_001, 1_790_000_000_002],
  liftedFor: position,
  called: { forMs: 1_790_000_000_003, by: 'somebody' },
  failingSinceMs: 1_790_000_000_009,
  history: [{ atMs: 1_789_990_000_000, outcome: 'refreshed', generation: 7 }],
  measured: {
    provider: 'https://provider.example',
    policy: { kind: 'grace', seconds: 60 },
    atMs: 1_789_980_000_000,
  },
};

/** `open` gives one or more handles of one new and empty journal; races are spread over the handles. */
export function journalStoreContract(
  name: string,
  open: () => Promise<readonly JournalStore[]>,
  options: JournalContractOptions = {},
): void {
  const writers = options.writers ?? 50;
  describe(`${name} as a journal`, { timeout: options.timeoutMs ?? 60_000 }, () => {
    it('is empty and at revision 0 at first', async () => {
      const { journal, revision } = await handleOf(await open(), 0).read();
      expect(revision).toBe(0);
      expect(journal).toEqual(emptyJournal);
    });

    it('gives back every field as it was written', async () => {
      const store = handleOf(await open(), 0);
      expect(await store.write(fullJournal, 0)).toBe('written');
      expect((await store.read()).journal).toEqual(fullJournal);
    });

    it('gives back a journal that was emptied, and a latch in doubt', async () => {
      const store = handleOf(await open(), 0);
      await store.write(fullJournal, 0);
      await store.write(emptyJournal, (await store.read()).revision);
      expect((await store.read()).journal).toEqual(emptyJournal);
      const doubt = { clientVersionId: 'c1', said: 'invalid_request' };
      const latch = { kind: 'revoked', position, sinceMs: 1_790_000_000_000, doubt } as const;
      const latched = { ...emptyJournal, latch };
      await store.write(latched, (await store.read()).revision);
      expect((await store.read()).journal).toEqual(latched);
    });

    it('shows a write to every handle at once', async () => {
      const handles = await open();
      await handleOf(handles, 0).write(fullJournal, 0);
      for (const handle of handles) expect((await handle.read()).journal).toEqual(fullJournal);
    });

    it('changes its revision with every write, even of the same journal', async () => {
      const store = handleOf(await open(), 0);
      const seen = [(await store.read()).revision];
      for (const round of [0, 1, 2]) {
        expect(await store.write(fullJournal, seen[round] ?? -1)).toBe('written');
        seen.push((await store.read()).revision);
      }
      expect(new Set(seen).size).toBe(seen.length);
    });

    it('writes nothing over a revision that has passed', async () => {
      const store = handleOf(await open(), 0);
      await store.write(fullJournal, 0);
      const before = await store.read();
      expect(await store.write(emptyJournal, 0)).toBe('conflict');
      const after = await store.read();
      expect({ ...after, dateMs: 0 }).toEqual({ ...before, dateMs: 0 });
    });

    it('writes nothing over a revision that has not been', async () => {
      const store = handleOf(await open(), 0);
      expect(await store.write(fullJournal, 1)).toBe('conflict');
      expect((await store.read()).revision).toBe(0);
    });

    it('lets one of many writers of the same revision through', async () => {
      const handles = await open();
      for (const round of [1, 2]) {
        const { revision } = await handleOf(handles, 0).read();
        const answers = await race(writers, (n) =>
          handleOf(handles, n).write({ ...emptyJournal, fence: 100 * round + n }, revision),
        );
        expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
        const winner = 100 * round + answers.indexOf('written');
        expect((await handleOf(handles, 0).read()).journal.fence).toBe(winner);
      }
    });

    it('loses no count when many read and write until they succeed', async () => {
      const handles = await open();
      await race(10, (n) => addOne(handleOf(handles, n)));
      expect((await handleOf(handles, 0).read()).journal.fence).toBe(10);
    });
  });
}

async function addOne(store: JournalStore): Promise<void> {
  for (;;) {
    const { journal, revision } = await store.read();
    const counted = { ...journal, fence: journal.fence + 1 };
    if ((await store.write(counted, revision)) === 'written') return;
  }
}

function race<T>(callers: number, call: (n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: callers }, (_, n) => call(n)));
}

function handleOf<T>(handles: readonly T[], n: number): T {
  const handle = handles[n % handles.length];
  if (handle === undefined) throw new Error('open must give at least one handle');
  return handle;
}
