import type { Verdict } from './ports.ts';
import type { Position } from './position.ts';
import type { ReplayPolicy } from './replay-policy.ts';
import type { Seal } from './seal.ts';

/** The right to refresh, held by one process for one term. */
export interface Lease {
  readonly owner: string;
  readonly fence: number;
  readonly expiresAtMs: number;
}

/** One send of a refresh token whose answer is not on record; its version, if ever kept, has this id. */
export interface OpenSend {
  readonly versionId: string;
  readonly attempt: number;
  readonly sentAtMs: number;
}

/** Refresh tokens on their way: sends from one parent, oldest first, none of them answered as far as we know. */
export interface Dispatch {
  readonly parent: Position;
  readonly sends: readonly OpenSend[];
}

/** A reason not to send until a person has acted; it holds for what it names and for nothing newer. */
export type Latch =
  | { readonly kind: 'revoked'; readonly position: Position; readonly sinceMs: number }
  | {
      readonly kind: 'misconfigured';
      readonly clientVersionId: string;
      readonly error: string;
      readonly sinceMs: number;
    };

/** What the canary said of one published token: since when it has said so, and when it was last asked. */
export interface CanaryRecord {
  readonly position: Position;
  readonly verdict: Verdict;
  readonly sinceMs: number;
  readonly atMs: number;
  /** It has said so from its first look on. */
  readonly fromFirst: boolean;
}

/** What a probe has measured of one provider; it holds for that one alone. */
export interface MeasuredPolicy {
  readonly provider: string;
  readonly policy: ReplayPolicy;
  readonly atMs: number;
}

/** One line of `fresco history`: no values. */
export interface HistoryEntry {
  readonly atMs: number;
  readonly outcome: string;
  readonly generation: number;
}

/** All that must be known consistently about one connection; no token in it can be read without the grant. */
export interface Journal {
  readonly lease: Lease | null;
  /** The highest fence ever given. */
  readonly fence: number;
  /** The newest position that the grant's secret is known to have had as its current one. */
  readonly known: Position | null;
  /** `null`: idle. */
  readonly dispatch: Dispatch | null;
  /** The highest attempt number ever given. */
  readonly lastAttempt: number;
  readonly seals: readonly Seal[];
  readonly latch: Latch | null;
  /** The latch (by its `sinceMs`) for which a person was called last, and which pass did. */
  readonly called: { readonly forMs: number; readonly by: string } | null;
  /** The first `invalid_grant` for a position: the second at a later check latches. */
  readonly refusal: { readonly position: Position; readonly atMs: number } | null;
  /** No send before this moment (Retry-After). */
  readonly retryAtMs: number | null;
  readonly pausedAtMs: number | null;
  readonly canary: CanaryRecord | null;
  /** Sends of the last day, for the quota of versions. */
  readonly sentAtMs: readonly number[];
  /** The published token whose death has lifted the limit of refreshes on demand. */
  readonly liftedFor: Position | null;
  /** Since when passes have failed. */
  readonly failingSinceMs: number | null;
  readonly history: readonly HistoryEntry[];
  /** `null`: nothing was measured, the provider's description stands. */
  readonly measured: MeasuredPolicy | null;
}

/** The journal of a connection of which nothing is on record. */
export const emptyJournal: Journal = {
  lease: null,
  fence: 0,
  known: null,
  dispatch: null,
  lastAttempt: 0,
  seals: [],
  latch: null,
  called: null,
  refusal: null,
  retryAtMs: null,
  pausedAtMs: null,
  canary: null,
  sentAtMs: [],
  liftedFor: null,
  failingSinceMs: null,
  history: [],
  measured: null,
};
