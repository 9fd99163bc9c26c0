import { describe, expect, it } from 'vitest';
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';
import type { JournalStore } from '../../../src/core/journal/journal-store.ts';
import { pause, resume } from '../../../src/core/operations/pause.ts';
import { StoreRefused } from '../../../src/core/ports.ts';

const time = { nowMs: 70_000, monotonicMs: 100 };
const clock = {
  nowMs: () => time.nowMs,
  monotonicMs: () => time.monotonicMs,
  wait: async () => {},
};

/** A journal in memory; `before` runs ahead of each write and may change what is stored. */
function stored(before: (state: { journal: Journal; revision: number }) => void = () => {}) {
  const state: { journal: Journal; revision: number } = {
    journal: { ...emptyJournal, known: position },
    revision: 4,
  };
  const store: JournalStore = {
    read: async () => ({ ...state }),
    write: async (journal, revision) => {
      before(state);
      if (revision !== state.revision) return 'conflict';
      Object.assign(state, { journal, revision: revision + 1 });
      return 'written';
    },
  };
  return { state, store };
}

const position = { grant: 1, generation: 3, attempt: 2 };

describe('a pause', () => {
  it('lets the history get no longer than its hundred lines', async () => {
    const { state, store } = stored();
    const history = Array.from({ length: 100 }, (_, n) => ({
      atMs: n,
      outcome: 'x',
      generation: n,
    }));
    state.journal = { ...state.journal, history };
    await pause(store, clock);
    expect(state.journal.history).toHaveLength(100);
    expect(state.journal.history.at(-1)).toMatchObject({ outcome: 'paused' });
  });

  it('may come before anything is known', async () => {
    const { state, store } = stored();
    state.journal = emptyJournal;
    await pause(store, clock);
    expect(state.journal.history).toEqual([{ atMs: 70_000, outcome: 'paused', generation: 0 }]);
  });

  it('stands in the journal and in its history until it is ended', async () => {
    const { state, store } = stored();
    expect(await pause(store, clock)).toEqual({ changed: true, sinceMs: 70_000 });
    expect(state.journal).toMatchObject({ pausedAtMs: 70_000, known: position });
    expect(await resume(store, clock)).toEqual({ changed: true, sinceMs: null });
    expect(state.journal.pausedAtMs).toBeNull();
    expect(state.journal.history).toEqual([
      { atMs: 70_000, outcome: 'paused', generation: 3 },
      { atMs: 70_000, outcome: 'resumed', generation: 3 },
    ]);
  });

  it('asked for again keeps the moment of the first, and writes nothing', async () => {
    const { state, store } = stored();
    await pause(store, clock);
    const { revision } = state;
    expect(await pause(store, { ...clock, nowMs: () => 90_000 })).toEqual({
      changed: false,
      sinceMs: 70_000,
    });
    expect(state.revision).toBe(revision);
  });

  it('that is not there is not ended', async () => {
    const { state, store } = stored();
    expect(await resume(store, clock)).toEqual({ changed: false, sinceMs: null });
    expect(state.revision).toBe(4);
  });

  it('keeps what a pass writes meanwhile', async () => {
    let passes = 0;
    const { state, store } = stored((now) => {
      if (passes > 0) return;
      passes += 1;
      Object.assign(now, { journal: { ...now.journal, fence: 9 }, revision: now.revision + 1 });
    });
    expect(await pause(store, clock)).toEqual({ changed: true, sinceMs: 70_000 });
    expect(state.journal).toMatchObject({ fence: 9, pausedAtMs: 70_000 });
  });

  it.each([
    { wish: 'pause', work: pause, before: null, meanwhile: 60_000 },
    { wish: 'resume', work: resume, before: 60_000, meanwhile: null },
  ])('is not what this $wish has changed, where another was faster', async (its) => {
    let others = 0;
    const { state, store } = stored((now) => {
      others += 1;
      if (others > 1) return;
      const history = [{ atMs: 70_000, outcome: 'adopted', generation: 3 }];
      const journal = { ...now.journal, pausedAtMs: its.meanwhile, history };
      Object.assign(now, { journal, revision: now.revision + 1 });
    });
    state.journal = { ...state.journal, pausedAtMs: its.before };
    expect(await its.work(store, clock)).toEqual({ changed: false, sinceMs: its.meanwhile });
    expect(state.revision).toBe(5);
  });

  it.each([
    { wish: 'pause', work: pause, before: null, after: 70_000 },
    { wish: 'resume', work: resume, before: 60_000, after: null },
  ])('is what this $wish has changed, though the answer to its write was lost', async (its) => {
    const { state, store } = stored();
    state.journal = { ...state.journal, pausedAtMs: its.before };
    const write: JournalStore['write'] = async (journal, revision) => {
      const written = await store.write(journal, revision);
      if (revision === 4) throw new StoreRefused('unavailable', 'no answer');
      return written;
    };
    const later = { ...clock, nowMs: () => (state.revision === 4 ? 70_000 : 71_000) };
    expect(await its.work({ ...store, write }, later)).toEqual({
      changed: true,
      sinceMs: its.after,
    });
    expect(state.revision).toBe(5);
  });

  it('is written again where the store did not answer', async () => {
    let writes = 0;
    const { state, store } = stored(() => {
      writes += 1;
      if (writes === 1) throw new StoreRefused('unavailable', 'no answer');
    });
    expect(await pause(store, clock)).toEqual({ changed: true, sinceMs: 70_000 });
    expect(state.journal.pausedAtMs).toBe(70_000);
  });
});
