/** One connection as `fresco console` shows it: nothing in it is secret. Times in epoch milliseconds. */
export interface Overview {
  readonly connection: string;
  /** Where it is stored, in words for people. */
  readonly store: string;
  readonly provider: string;
  readonly atMs: number;
  /** What a person has to do now, the first thing first. */
  readonly due: readonly DueStep[];
  /** What waits and will be looked at again without a person. */
  readonly waiting: string | null;
  /** `null` before the first login. */
  readonly token: LivingToken | null;
  readonly companies: readonly string[];
  readonly links: readonly Link[];
  readonly alarms: Seen<readonly Alarm[]>;
  readonly queues: Seen<Queues>;
  readonly journal: readonly (readonly [term: string, value: string])[];
  readonly versions: Seen<readonly StoredVersion[]>;
  /** Newest first. */
  readonly history: readonly PastOutcome[];
}

/** What could be read, or why not; `none`: it does not exist where this connection is stored. */
export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'none' };

/** What is wrong, and the command that mends it. */
export interface DueStep {
  readonly what: string;
  readonly command: string;
}

/** What consumers are served with. */
export interface LivingToken {
  readonly generation: number;
  readonly issuedAtMs: number;
  /** `null`: a manual token, which never expires. */
  readonly expiresAtMs: number | null;
}

/** One link of the chain that a doctor looks at. */
export interface Link {
  readonly name: string;
  readonly state: 'ok' | 'broken' | 'unknown';
  readonly detail: string;
}

/** One alarm of the stack. */
export interface Alarm {
  readonly says: string;
  readonly isRinging: boolean;
  readonly sinceMs: number | null;
}

/** How many webhooks wait to be handled, and how many could not be. */
export interface Queues {
  readonly waiting: number;
  readonly dead: number;
}

/** One stored version of a secret, without its value. */
export interface StoredVersion {
  readonly secret: string;
  readonly versionId: string;
  readonly labels: readonly string[];
}

/** One line of the connection's history. */
export interface PastOutcome {
  readonly atMs: number;
  readonly outcome: string;
  readonly generation: number;
}
