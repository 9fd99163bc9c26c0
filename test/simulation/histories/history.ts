// Goal: one history is one value, small enough to print, and replays exactly.
// Method: plain data; everything that is not in it follows from its seed.

import { rotationTimes } from '../../../src/config/rotation-times.ts';
import type { ReplayPolicy } from '../../../src/core/journal/replay-policy.ts';
import type { ProviderSettings } from '../world/provider.ts';
import type { PlannedFault } from './faults.ts';

/** What an actor does. */
export type ActorKind =
  /** A check of the schedule. */
  | 'schedule'
  /** A consumer that wants a token, complains where the API refuses it, and asks the rotator. */
  | 'consumer'
  /** Several callers in one process, over one token source. */
  | 'crowd'
  /** An operator's `rotate`. */
  | 'operator'
  /** An operator's `pause` and, some time later, `resume`. */
  | 'pause'
  /** A person says which of the companies jobs work for. */
  | 'narrow'
  /** A person stores the application again, as it was. */
  | 'application'
  /** A person logs in again. */
  | 'login'
  /** A person puts in a token that they have made at the provider, which no refresh follows. */
  | 'manual'
  /** A person brings a refresh token from elsewhere; a pass proves it. */
  | 'adopt'
  /** An operator gives a link, and a person consents by it; another browser and another tab call back, too. */
  | 'consent'
  /** Secrets Manager's own rotation, its four steps, some of them again. */
  | 'native'
  /** The same with each step delivered twice at once. */
  | 'native twice'
  /** A person moves the grant's label current back, in the console. */
  | 'rollback'
  /** A person overwrites the published access token. */
  | 'damage'
  /** A person takes their consent back, at the provider. */
  | 'revoke'
  /** The server stops to accept the access token that is published. */
  | 'lockout';

/** The kinds that the matrix lists, for enumeration. */
export const actorKinds: readonly ActorKind[] = [
  'schedule',
  'consumer',
  'crowd',
  'operator',
  'pause',
  'narrow',
  'application',
  'login',
  'adopt',
  'consent',
  'native',
  'native twice',
  'rollback',
  'damage',
  'revoke',
  'lockout',
];

/** The kinds that run a program of ours; the others are a hand in a store or at the server. */
export const programs: readonly ActorKind[] = actorKinds.slice(0, actorKinds.indexOf('rollback'));

/** One actor of a history. */
export interface ActorPlan {
  readonly kind: ActorKind;
  /** When it starts, from the history's beginning. */
  readonly atMs: number;
  /** How far its wall clock is ahead. */
  readonly skewMs: number;
}

/** Where the rotator runs. */
export type Host =
  /** Killed at its timeout; nobody can know whether another one lives. */
  | 'lambda'
  /** Lives as long as it likes; a dead process is known to be dead. */
  | 'machine';

/** What is stored at the beginning. */
export type Beginning =
  /** A grant, and its access token published. */
  | 'connected'
  /** Nothing: nobody has ever logged in. */
  | 'empty'
  /** A refresh token from elsewhere, not yet used. */
  | 'adopted'
  /** The grant of another environment. */
  | 'elsewhere'
  /** A token was kept in a seal that does not open. */
  | 'unreadable';

/** All of them, for enumeration. */
export const beginnings: readonly Beginning[] = [
  'connected',
  'empty',
  'adopted',
  'elsewhere',
  'unreadable',
];

/** All that a history is made of. */
export interface History {
  readonly seed: number;
  readonly host: Host;
  readonly provider: ProviderSettings;
  readonly policy: ReplayPolicy;
  readonly beginning: Beginning;
  /** How old the stored access token is at the beginning. */
  readonly ageMs: number;
  /** Refreshes in the day before. */
  readonly sentBefore: number;
  readonly actors: readonly ActorPlan[];
  readonly faults: readonly PlannedFault[];
  /** How the next suspended call is chosen: from the seed, in turns, or by a script of process ids. */
  readonly order: 'uniform' | 'sticky' | 'turns' | readonly number[];
}

/** When histories begin: no moment of the real world. */
export const beginningMs = Date.UTC(2026, 10, 23);

/** Times that the simulated rotator is configured with: those that are deployed. */
export const times = {
  ...rotationTimes,
  lifeMs: rotationTimes.functionMs,
  rotateEveryMs: 24 * 3_600_000,
} as const;

/** The longest that one clock may be off unnoticed; stored times are whole seconds. */
export const skewMaxMs = 30_000;
