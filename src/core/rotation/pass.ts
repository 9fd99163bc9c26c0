import type { Doubt } from '../journal/journal.ts';
import { JournalSession } from '../journal/journal-session.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { ReplayPolicy } from '../journal/replay-policy.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Reporter, Trigger } from '../outcome/report.ts';
import type {
  Canary,
  ClientSource,
  Clock,
  Owner,
  Permissions,
  Random,
  TokenEndpoint,
  VersionedSecret,
} from '../ports.ts';
import { type Position, positionOf } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import type { Grant } from '../records/grant.ts';

/** The settings of a pass; times in milliseconds. */
export interface RotationSettings {
  readonly connection: string;
  /** Where this rotator runs: a grant of another environment is not spent. */
  readonly environment: string;
  /** Base URL of the provider that this rotator talks to. */
  readonly provider: string;
  /** What describes the provider; what was measured of it counts for more. */
  readonly policy: ReplayPolicy;
  readonly rotateEveryMs: number;
  /** Longer than the process may live. */
  readonly leaseTermMs: number;
  /** The longest that one token request may take. */
  readonly requestMs: number;
  /** What keeping a new token may take after its answer. */
  readonly storeMs: number;
  /** How often a token may be sent in a day; absent: as Secrets Manager's 100 versions allow. */
  readonly sendsPerDay?: { readonly schedule: number; readonly consumer: number };
  /** The rotator that consumers may ask, written into what is published. */
  readonly refreshWith?: string;
}

/** Everything that a pass touches. */
export interface RotationPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly owner: Owner;
  readonly journal: JournalStore;
  readonly grant: VersionedSecret;
  readonly accessToken: VersionedSecret;
  readonly client: ClientSource;
  readonly endpoint: TokenEndpoint;
  readonly canary: Canary;
  /** Absent: what a manual token may do is not looked at. */
  readonly permissions?: Permissions;
  readonly reporter: Reporter;
  readonly settings: RotationSettings;
}

/** Who asks for a pass, and for what. */
export interface RotationRequest {
  readonly trigger: Trigger;
  /** An operator's or a login's pass spends even when nothing is due, unless this is set. */
  readonly onlyIfDue?: boolean;
  /** A consumer's wish: a token good for at least so long. */
  readonly minValidityMs?: number;
  /** A consumer's complaint: this token was answered with 401. */
  readonly rejected?: Position;
  /** A person has decided that an unanswered token is sent again, whatever the policy says. */
  readonly sendAgain?: true;
  /** How long the process will live; absent: as long as it likes. */
  readonly remainingMs?: () => number;
}

/** A grant with the id of the version that holds it. */
export interface GrantVersion {
  readonly versionId: string;
  readonly grant: Grant;
}

/** One pass of the protocol: what it was given, and what it has learnt so far. */
export interface Pass {
  readonly ports: RotationPorts;
  readonly settings: RotationSettings;
  readonly request: RotationRequest;
  readonly session: JournalSession;
  readonly warnings: string[];
  /** Monotonic moment after which no token may be sent. */
  readonly sendByMs: number;
  /** Monotonic moment at which the lease ends or the process is stopped. */
  readonly endMs: number;
  /** What consumers have, as last read or written. */
  published: AccessToken | undefined;
  /** The version of it that was found at first: a mark of a logout in any other has come since. */
  foundPublished: string | undefined;
  /** What came of a consumer's 401. */
  rejected: RejectedToken;
  /** What was done without a send. */
  done: 'adopted' | 'recovered' | undefined;
  /** The version of the application's credentials that a token was sent with. */
  sentAs: string | undefined;
  /** The token that the provider has just refused. */
  refused: { readonly position: Position; readonly doubt: Doubt | undefined } | undefined;
  /** A token was sent and answered with another: not a second time. */
  spent: boolean;
}

/** What came of a consumer's 401: the token that the provider rejects, none, or the token in question did not show. */
export type RejectedToken = Position | undefined | 'not-visible-yet';

/** How a pass ends; `settled` is what is both current and published by then. */
export interface Ending {
  readonly outcome: Outcome;
  readonly settled?: Position;
}

/** The end of a pass that leaves `current` as it is. */
export function endingAt(current: Position, outcome: Outcome): Ending {
  return { outcome, settled: positionOf(current) };
}

/** Starts a pass: its time counts from here, before the lease is asked for. Without a request: what a person does by hand. */
export function startPass(
  ports: RotationPorts,
  request: RotationRequest = { trigger: 'login' },
): Pass {
  const { settings, clock } = ports;
  const remainingMs = request.remainingMs?.() ?? settings.leaseTermMs;
  const endMs = clock.monotonicMs() + Math.min(settings.leaseTermMs, remainingMs);
  return {
    ports,
    settings,
    request,
    session: new JournalSession(ports.journal, clock),
    warnings: [],
    sendByMs: endMs - settings.requestMs - settings.storeMs,
    endMs,
    published: undefined,
    foundPublished: undefined,
    rejected: undefined,
    done: undefined,
    sentAs: undefined,
    refused: undefined,
    spent: false,
  };
}

/**
 * A step of a pass that spends, named by what has just been done: each is a moment at which a process may
 * die. In their order, which is the protocol's.
 */
export type PassStep =
  | 'lease'
  | 'read'
  | 'dispatched'
  | 'sent'
  | 'answered'
  | 'sealed'
  | 'put'
  | 'promoted'
  | 'published'
  | 'settled'
  | 'canary';
