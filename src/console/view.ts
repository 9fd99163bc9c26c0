import type { TokenFacts } from '../core/outcome/outcome.ts';
import type { Position } from '../core/position.ts';
import type { PassStep } from '../core/rotation/pass.ts';

/** One connection as the page shows it: nothing in it is secret. Times in epoch milliseconds. */
export interface ConnectionView {
  readonly connection: string;
  /** Where it is stored, in words for people. */
  readonly store: string;
  /** Base URL of the provider. */
  readonly provider: string;
  readonly nowMs: number;
  /** `null` before the first login. */
  readonly token: TokenView | null;
  /** Since when a refresh is without an answer on record. */
  readonly uncertainSinceMs: number | null;
  /** Whether the provider has said that it no longer accepts this token. */
  readonly isRejected: boolean;
  /** Whether it was made to forget this token, of which nobody here has heard yet. */
  readonly isForgotten: boolean;
  /** Tokens that are kept in seals until they are settled. */
  readonly seals: number;
  /** Until when a living pass holds the lease. */
  readonly leaseUntilMs: number | null;
  /** Until when the provider does not want to be asked. */
  readonly waitingUntilMs: number | null;
  /** Why nothing is sent until a person has acted, and what they have to do. */
  readonly latch: string | null;
  /** Where a person may consent then; `null` where the provider would not send them back. */
  readonly connectUrl: string | null;
  readonly pausedSinceMs: number | null;
  readonly failingSinceMs: number | null;
  /** Oldest first. */
  readonly history: readonly HistoryLine[];
  readonly stored: StoredView;
  /** How far webhooks have come; `null` where none are received. */
  readonly webhooks: WebhooksView | null;
  /** The rotator that was killed last, until its work has been finished; `null` where none was. */
  readonly killed: KilledView | null;
}

/** What is stored of a connection, without a value. */
export interface StoredView {
  readonly lease: { readonly isHolderDead: boolean } | null;
  /** Sends without an answer on record. */
  readonly dispatch: { readonly parent: Position; readonly sends: number } | null;
  readonly seals: readonly Position[];
  /** The newest versions, oldest first. */
  readonly grant: readonly VersionView[];
  readonly accessToken: readonly VersionView[];
}

/** One version of a secret: where it stands and what it is labelled. */
export interface VersionView extends Position {
  readonly versionId: string;
  readonly labels: readonly string[];
}

/** Counts since the start. */
export interface WebhooksView {
  /** What the provider sent, each try counted. */
  readonly sent: number;
  /** What the receiver has verified and queued. */
  readonly accepted: number;
  /** What is in the queue now. */
  readonly waiting: number;
  /** What has come out on the bus. */
  readonly published: number;
}

/** A rotator process that was killed, and what has become of its work. */
export interface KilledView {
  readonly step: PassStep;
  /** How the pass ended if it did not reach this step. */
  readonly missed: string | null;
  /** How the next run ended, if there was one. */
  readonly next: Done | null;
  /** Since that run has to wait: when another may do more. */
  readonly againAtMs: number | null;
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

/** How something is to be taken. */
export type Tone = 'good' | 'plain' | 'bad';

/** Something that just happened, in one sentence. */
export interface Moment {
  readonly atMs: number;
  readonly kind: 'login' | 'rotation' | 'webhook' | 'event' | 'request' | 'provider' | 'time';
  readonly tone: Tone;
  readonly text: string;
}

/** What became of something that a person asked for, in one sentence. */
export interface Done {
  readonly tone: Tone;
  readonly text: string;
}

/** The connection as the page reaches it. */
export interface ConsoleConnection {
  /** Rejects where the store refuses. */
  look(): Promise<ConnectionView>;
  rotate(): Promise<Done>;
  /** What has happened of late, oldest first. */
  recent(): readonly Moment[];
  /** Hears of moments from now on, until the function answered with is called. */
  subscribe(listener: (moment: Moment) => void): () => void;
  /** Absent where the provider is real: it is not to be broken, and time is not to be moved. */
  readonly sandbox?: ConsoleSandbox;
}

/** The provider that may be broken. */
export interface ConsoleSandbox {
  readonly url: string;
  /** Moves the clocks of this machine's system and of the sandbox on. */
  advance(seconds: number): void;
  /** Logs in again; a person's approval is given for them. */
  consent(): Promise<Done>;
  /** Lets everyone who looks know what was done to the provider; `kills`: the access token is dead by it. */
  tell(done: Done, kills?: 'access token'): Promise<void>;
  /** Starts a rotator as a process of its own and kills it when this step is done. */
  kill(step: PassStep): Promise<Done>;
  /** Lets the next run come, at the moment when it may do something. */
  nextRun(): Promise<Done>;
}
