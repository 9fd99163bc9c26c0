import { amendJournal } from '../journal/journal-session.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Clock } from '../ports.ts';
import { withEntry } from '../rotation/settle.ts';

/** Whether the wish changed anything, and since when rotation is paused; `null`: it is not. */
export interface Paused {
  readonly changed: boolean;
  readonly sinceMs: number | null;
}

/**
 * Stops every pass, by any caller, from using a refresh token until `resume`; what was kept is still
 * recovered and published. Kept in the journal by a conditional write, so that no pass undoes it.
 */
export function pause(store: JournalStore, clock: Clock): Promise<Paused> {
  return set(store, clock, 'paused');
}

/** Lets passes spend again; nothing is spent by this itself. */
export function resume(store: JournalStore, clock: Clock): Promise<Paused> {
  return set(store, clock, 'resumed');
}

async function set(
  store: JournalStore,
  clock: Clock,
  outcome: 'paused' | 'resumed',
): Promise<Paused> {
  let changed = false;
  let triedAtMs: number | undefined;
  const { pausedAtMs: sinceMs } = await amendJournal(store, clock, (journal, atMs) => {
    const isPaused = journal.pausedAtMs !== null;
    if (isPaused === (outcome === 'paused')) {
      // After a first try that is another's work, or that try itself, whose answer was lost.
      changed = journal.history.some((it) => it.outcome === outcome && it.atMs === triedAtMs);
      return journal;
    }
    changed = true;
    triedAtMs = atMs;
    const entry = { atMs, outcome, generation: journal.known?.generation ?? 0 };
    return {
      ...journal,
      pausedAtMs: isPaused ? null : atMs,
      history: withEntry(journal.history, entry),
    };
  });
  return { changed, sinceMs };
}
