import type { Outcome, TokenFacts } from '../core/outcome.ts';

/** One connection as the page shows it: nothing in it is secret. Times in epoch milliseconds. */
export interface ConnectionView {
  readonly connection: string;
  readonly store: string;
  readonly nowMs: number;
  readonly token: TokenView | null;
  /** Sends whose answer is not on record: since when. */
  readonly uncertainSinceMs: number | null;
  /** Tokens that are kept in seals until they are settled. */
  readonly seals: number;
  readonly leaseUntilMs: number | null;
  readonly latchedSinceMs: number | null;
  readonly pausedSinceMs: number | null;
  readonly failingSinceMs: number | null;
  /** Oldest first. */
  readonly history: readonly HistoryLine[];
}

/** What consumers have now. */
export interface TokenView extends TokenFacts {
  readonly issuedAtMs: number;
  /** Eight hex digits that tell two tokens apart. */
  readonly fingerprint: string;
  /** From when on the schedule refreshes it. */
  readonly refreshFromMs: number;
}

/** One line of the connection's history. */
export interface HistoryLine {
  readonly atMs: number;
  readonly outcome: string;
  readonly generation: number;
}

/** Something that just happened, in one sentence. */
export interface Moment {
  readonly atMs: number;
  readonly kind: 'rotation' | 'webhook' | 'event' | 'request' | 'time';
  readonly tone: 'good' | 'plain' | 'bad';
  readonly text: string;
}

/** The connection as the page reaches it. */
export interface ConsoleConnection {
  look(): Promise<ConnectionView>;
  rotate(): Promise<Outcome>;
  /** Moves the clock of this machine's system and of the sandbox. */
  advance(seconds: number): Promise<void>;
  /** Hears of moments until the function answered with is called. */
  subscribe(listener: (moment: Moment) => void): () => void;
}
