import { type Clock, StoreRefused } from '../ports.ts';
import { retryWhileUnavailable } from '../retry.ts';
import { emptyJournal, type Journal } from './journal.ts';
import type { JournalStore } from './journal-store.ts';

const conflictsMax = 50;

const amendMs = 10_000;

/** Amends a journal outside of any pass; rejects with `StoreRefused` after ten seconds. */
export async function amendJournal(
  store: JournalStore,
  clock: Clock,
  change: (journal: Journal, nowMs: number) => Journal,
): Promise<Journal> {
  const session = new JournalSession(store, clock);
  await retryWhileUnavailable(clock, clock.monotonicMs() + amendMs, async () => {
    await session.read();
    await session.amend((journal) => change(journal, session.nowMs()));
  });
  return session.journal;
}

/** The journal as one pass last saw it, and its only way to change it: by conditional writes. */
export class JournalSession {
  readonly #store: JournalStore;
  readonly #clock: Clock;
  #journal: Journal = emptyJournal;
  #revision = 0;
  #found: Journal | undefined;
  /** The store's clock ahead of our monotonic one. */
  #aheadMs: number | undefined;

  constructor(store: JournalStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** As last read or written by this pass. */
  get journal(): Journal {
    return this.#journal;
  }

  /** As this pass found it at its first reading. */
  get found(): Journal {
    return this.#found ?? emptyJournal;
  }

  /**
   * Epoch milliseconds by the store's clock, carried on by our monotonic one, so that a wall clock that jumps
   * moves no lease and no expiry; by this machine's clock where the store has none. Whole, though the
   * monotonic clock has fractions: CloudWatch throws away metrics of a moment that is not.
   */
  nowMs(): number {
    const clock = this.#clock;
    const nowMs = this.#aheadMs === undefined ? clock.nowMs() : this.#aheadMs + clock.monotonicMs(); // guard: the store's clock for terms
    return Math.round(nowMs);
  }

  /** Reads consistently; resolves with the store's own clock, where it has one. */
  async read(): Promise<number | undefined> {
    const snapshot = await this.#store.read();
    this.#journal = snapshot.journal;
    this.#revision = snapshot.revision;
    this.#found ??= snapshot.journal;
    if (snapshot.dateMs !== undefined) this.#aheadMs = snapshot.dateMs - this.#clock.monotonicMs();
    return snapshot.dateMs;
  }

  /**
   * Writes what `change` makes of the newest journal. `change` may be called again with a newer one; it
   * returns the same object where its work is already there, or a word of refusal, which is passed on. While
   * the store is unavailable it is tried again, until the monotonic moment `untilMs`; absent: once.
   */
  async amend<Refusal extends string = never>(
    change: (journal: Journal) => Journal | Refusal,
    untilMs = Number.NEGATIVE_INFINITY,
  ): Promise<'amended' | Refusal> {
    return retryWhileUnavailable(this.#clock, untilMs, () => this.#amendOnce(change));
  }

  async #amendOnce<Refusal extends string>(
    change: (journal: Journal) => Journal | Refusal,
  ): Promise<'amended' | Refusal> {
    for (let conflicts = 0; conflicts < conflictsMax; conflicts += 1) {
      const next = change(this.#journal);
      if (typeof next === 'string') return next;
      if (next === this.#journal) return 'amended';
      // guard: the journal is written on condition
      if ((await this.#store.write(next, this.#revision)) === 'written') {
        this.#journal = next;
        this.#revision += 1;
        return 'amended';
      }
      await this.read();
    }
    throw new StoreRefused('unavailable', `the journal changed ${conflictsMax} times in a row`);
  }
}
