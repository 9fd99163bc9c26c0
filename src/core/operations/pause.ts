import type { Journal } from '../journal/journal.ts';
import { JournalSession } from '../journal/journal-session.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Clock } from '../ports.ts';
import { retryWhileUnavailable } from '../retry.ts';
import { withEntry } from '../rotation/settle.ts';

const setMs = 10_000;

/** Whether the wish changed anything, and since when rotation is paused; `null`: it is not. */
export interface Paused {
  readonly changed: boolean;
  readonly sinceMs: number | null;
}

/**
 * Keeps every pass from spending a refresh token until `resume`, whoever asks for it; what was kept is still
 * recovered and published. Kept in the journal by a conditional write, so that no pass undoes it.
 */
export function pause(store: JournalStore, clock: Clock): Promise<Paused> {
  return set(store, clock, (journal, nowMs) => {
    if (journal.pausedAtMs !== null) return journal;
    return noted({ ...journal, pausedAtMs: nowMs }, nowMs, 'paused');
  });
}

/** Lets passes spend again; nothing is spent by this itself. */
export function resume(store: JournalStore, clock: Clock): Promise<Paused> {
  return set(store, clock, (journal, nowMs) => {
    if (journal.pausedAtMs === null) return journal;
    return noted({ ...journal, pausedAtMs: null }, nowMs, 'resumed');
  });
}

async function set(
  store: JournalStore,
  clock: Clock,
  change: (journal: Journal, nowMs: number) => Journal,
): Promise<Paused> {
  const session = new JournalSession(store, clock);
  let changed = false;
  await retryWhileUnavailable(clock, clock.monotonicMs() + setMs, async () => {
    await session.read();
    await session.amend((journal) => {
      const next = change(journal, session.nowMs());
      changed ||= next !== journal;
      return next;
    });
  });
  return { changed, sinceMs: session.journal.pausedAtMs };
}

function noted(journal: Journal, atMs: number, outcome: string): Journal {
  const entry = { atMs, outcome, generation: journal.known?.generation ?? 0 };
  return { ...journal, history: withEntry(journal.history, entry) };
}
