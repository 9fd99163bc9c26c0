import { expect, it } from 'vitest';
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';
import { JournalSession } from '../../../src/core/journal/journal-session.ts';
import type { JournalStore } from '../../../src/core/journal/journal-store.ts';

/** A journal in memory that refuses a write after any other revision than its own. */
function memoryJournal(between: () => void = () => {}) {
  const state = { journal: emptyJournal, revision: 0 };
  const store: JournalStore = {
    read: async () => ({ ...state, dateMs: 5000 }),
    write: async (journal, revision) => {
      between();
      if (revision !== state.revision) return 'conflict';
      Object.assign(state, { journal, revision: revision + 1 });
      return 'written';
    },
  };
  return { state, store };
}

const time = { nowMs: 70_000, monotonicMs: 100 };
const clock = {
  nowMs: () => time.nowMs,
  monotonicMs: () => time.monotonicMs,
  wait: async () => {},
};

const counted = (journal: Journal): Journal => ({ ...journal, fence: journal.fence + 1 });

it('reading tells the time of the store', async () => {
  expect(await new JournalSession(memoryJournal().store, clock).read()).toBe(5000);
});

it('a change is written and then seen', async () => {
  const { state, store } = memoryJournal();
  const page = new JournalSession(store, clock);
  await page.read();
  expect(await page.amend(counted)).toBe('amended');
  expect(page.journal.fence).toBe(1);
  expect(await page.amend(counted)).toBe('amended');
  expect(state.journal.fence).toBe(2);
});

it('a change that lost a race is made again on the newer journal', async () => {
  let races = 1;
  const { state, store } = memoryJournal(() => {
    if (races-- > 0) Object.assign(state, { journal: { ...emptyJournal, fence: 7 }, revision: 1 });
  });
  const page = new JournalSession(store, clock);
  expect(await page.amend(counted)).toBe('amended');
  expect(state.journal.fence).toBe(8);
});

it('a change that is there already writes nothing', async () => {
  const { state, store } = memoryJournal();
  expect(await new JournalSession(store, clock).amend((journal) => journal)).toBe('amended');
  expect(state.revision).toBe(0);
});

it('a refusal is passed on and writes nothing', async () => {
  const { state, store } = memoryJournal();
  expect(await new JournalSession(store, clock).amend(() => 'lease-lost')).toBe('lease-lost');
  expect(state.revision).toBe(0);
});

it('a journal that never stops changing is given up', async () => {
  let writes = 0;
  const { state, store } = memoryJournal(() => {
    writes += 1;
    Object.assign(state, { revision: state.revision + 1 });
  });
  await expect(new JournalSession(store, clock).amend(counted)).rejects.toMatchObject({
    reason: 'unavailable',
    message: 'the journal changed 50 times in a row',
  });
  expect(writes).toBe(50);
});

it('what was found at first is remembered', async () => {
  const { store } = memoryJournal();
  const page = new JournalSession(store, clock);
  expect(page.found).toBe(emptyJournal);
  await page.read();
  await page.amend(counted);
  await page.read();
  expect(page.found.fence).toBe(0);
});

it("time is the store's, carried on by the monotonic clock", async () => {
  const page = new JournalSession(memoryJournal().store, clock);
  expect(page.nowMs()).toBe(70_000);
  await page.read();
  expect(page.nowMs()).toBe(5000);
  Object.assign(time, { nowMs: 99_000_000, monotonicMs: 350 });
  expect(page.nowMs()).toBe(5250);
});

it('time is in whole milliseconds, whatever the monotonic clock adds', async () => {
  const page = new JournalSession(memoryJournal().store, clock);
  Object.assign(time, { monotonicMs: 100.25 });
  await page.read();
  Object.assign(time, { monotonicMs: 350.6443 });
  expect(page.nowMs()).toBe(5250);
});
