import type { Journal } from './journal.ts';

/** A journal as read or written, with what the next conditional write needs. */
export interface JournalSnapshot {
  readonly journal: Journal;
  /** Changes with every write; 0 while nothing was ever written. */
  readonly revision: number;
  /** The store's own clock at its answer, in epoch milliseconds; absent where it is this machine's. */
  readonly dateMs?: number;
}

/** The one record of a connection with consistent reads and conditional writes; rejects with `StoreRefused`. */
export interface JournalStore {
  read(): Promise<JournalSnapshot>;
  /** Replaces the journal if its revision is still `revision`; writes nothing otherwise. */
  write(journal: Journal, revision: number): Promise<'written' | 'conflict'>;
}
