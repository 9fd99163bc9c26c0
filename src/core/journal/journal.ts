import type { Verdict } from '../ports.ts';
import type { Position } from '../position.ts';
import type { Seal } from '../records/seal.ts';
import type { ReplayPolicy } from './replay-policy.ts';

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

/** A refusal that may mean the application as well: it holds for this version of its credentials alone. */
export interface Doubt {
  readonly clientVersionId: string;
  /** What the provider said, without secrets. */
  readonly said: string;
}

/** A reason not to send until a person has acted; it holds for what it names and for nothing newer. */
export interface Latch {
  readonly kind: 'revoked';
  readonly position: Position;
  readonly sinceMs: number;
  readonly doubt?: Doubt;
}

/** What the token endpoint answers in place of tokens; never its body. */
export type BadAnswer = {
  /** Since when it has answered so. */
  readonly sinceMs: number;
  /** When it did so last. */
  readonly atMs: number;
  /** It was answered often enough for a person to hear of it. */
  readonly needsPerson: boolean;
} & (
  | {
      readonly kind: 'application-refused';
      readonly clientVersionId: string;
      readonly said: string;
      /** It did not say whether it means the application or the refresh token. */
      readonly inDoubt: boolean;
    }
  /** Not what a token endpoint says; the token is unspent. */
  | ({ readonly kind: 'unexpected'; readonly missing?: string } & HttpFacts)
  /** Not readable as an answer; the token may be spent. */
  | ({ readonly kind: 'unusable' } & HttpFacts)
);

/** What may be shown of an HTTP answer. */
export interface HttpFacts {
  readonly status: number;
  /** A media type of a closed list, or that it is another. */
  readonly contentType: string;
}

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
  /** What the provider answered, where that was not what a token endpoint says. */
  readonly answer?: string;
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
  readonly refusal: {
    readonly position: Position;
    readonly atMs: number;
    readonly doubt?: Doubt;
  } | null;
  /** The last answer that was neither tokens nor a refusal of the token; `null` once there are tokens again. */
  readonly badAnswer: BadAnswer | null;
  /** The version of the application's credentials that the provider accepted last. */
  readonly acceptedClient: string | null;
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
  badAnswer: null,
  acceptedClient: null,
  retryAtMs: null,
  pausedAtMs: null,
  canary: null,
  sentAtMs: [],
  liftedFor: null,
  failingSinceMs: null,
  history: [],
  measured: null,
};
