import type { BadAnswer, Doubt, HttpFacts, Latch } from '../journal/journal.ts';
import { healsByItself, type RefusalReason } from '../ports.ts';
import { type Position, positionOf } from '../position.ts';

/** What a person or a consumer may know of a published token. */
export interface TokenFacts extends Position {
  /** `null`: never. */
  readonly expiresAtMs: number | null;
}

/** What may be said of a token pair: where it stands and how long it lasts. */
export function factsOf(token: TokenFacts): TokenFacts {
  return { ...positionOf(token), expiresAtMs: token.expiresAtMs };
}

/** How one pass of the protocol ended. */
export type Outcome =
  /** Nothing was due. */
  | { readonly kind: 'fresh'; readonly token: TokenFacts }
  /** A refresh token was spent and its successor is current and published. */
  | { readonly kind: 'refreshed'; readonly token: TokenFacts }
  /** A token that an earlier pass had kept is current and published; nothing was spent. */
  | { readonly kind: 'recovered'; readonly token: TokenFacts }
  /** Somebody else's newer token is current and published; nothing was spent. */
  | { readonly kind: 'adopted'; readonly token: TokenFacts }
  /** Another pass holds the lease. */
  | { readonly kind: 'busy'; readonly untilMs: number }
  /** The schedule's work is paused by an operator. */
  | { readonly kind: 'paused'; readonly sinceMs: number }
  /** Rate-limited by the provider (Retry-After). */
  | { readonly kind: 'waiting'; readonly untilMs: number }
  /** Too many refreshes on demand, or too many versions in a day. */
  | { readonly kind: 'limited'; readonly untilMs: number }
  /** A token was sent and no answer is on record; it may be sent again at `replayAtMs`. */
  | {
      readonly kind: 'uncertain';
      readonly sinceMs: number;
      readonly replayAtMs: number;
      /** What came in place of tokens, where something did. */
      readonly answer?: HttpFacts;
    }
  /** The provider refused the refresh token once; refused again, the connection is latched. */
  | { readonly kind: 'refused'; readonly position: Position; readonly doubt?: Doubt }
  /** The provider refuses the application: the token is unspent, and it is asked again once an hour. */
  | Extract<BadAnswer, { kind: 'application-refused' }>
  /** No send until a person has acted. */
  | { readonly kind: 'latched'; readonly latch: Latch }
  /** The provider cannot be reached or does not process requests; nothing was spent. */
  | { readonly kind: 'unavailable'; readonly detail: string; readonly retryAtMs: number | null }
  /** The answer was none that a token endpoint gives; nothing is known to be spent. */
  | Extract<BadAnswer, { kind: 'unexpected' }>
  /** A store of ours refused or did not answer; whatever was kept is kept. */
  | {
      readonly kind: 'store-refused';
      readonly reason: RefusalReason;
      readonly detail: string;
      /** A person has logged the connection out: nothing failed. */
      readonly isLoggedOut?: true;
    }
  /** The new token is safe, but not current or not published yet: the next pass goes on from there. */
  | { readonly kind: 'kept'; readonly detail: string }
  /** Both stores refused the new token until the deadline. */
  | { readonly kind: 'lost'; readonly detail: string }
  /** Too little time left to start a spend. */
  | { readonly kind: 'out-of-time' }
  /** This machine's clock is off, so no lease can be trusted. */
  | { readonly kind: 'clock-skewed'; readonly skewMs: number }
  /** What is stored is older than what is known to have been stored. */
  | { readonly kind: 'rolled-back'; readonly known: Position; readonly found: Position | null }
  /** A token was kept in a seal that the grant's key does not open. */
  | { readonly kind: 'seal-unreadable'; readonly versionId: string }
  /** The grant belongs to another account, region, stage or machine. */
  | { readonly kind: 'elsewhere'; readonly environment: string }
  /** The provider rejects the manual token, which nobody can refresh. */
  | { readonly kind: 'token-rejected'; readonly sinceMs: number }
  /** The manual token works, but not for all that it has to. */
  | { readonly kind: 'permission-missing'; readonly missing: readonly string[] }
  /** Nobody has logged in yet, or the client's credentials are not stored. */
  | { readonly kind: 'not-connected'; readonly missing: 'grant' | 'client' };

/** What has to happen after an outcome: nothing, another check, or a person. */
export type OutcomeClass = 'done' | 'retry' | 'person';

/** What an outcome means to those who hear of it. */
export interface OutcomeMeaning {
  /** For exit codes and log levels. */
  readonly class: OutcomeClass;
  /** Whether an event tells of it. */
  readonly isNews: boolean;
  /** Whether the connection counts as failing from then on; what is neither failing nor done changes nothing. */
  readonly isFailing: boolean;
  /** Whether the alarm for a person rings at each check that finds it. */
  readonly isAlarming: boolean;
}

const done = { class: 'done', isNews: true, isFailing: false, isAlarming: false } as const;
const passing = { class: 'retry', isNews: true, isFailing: true, isAlarming: false } as const;
const broken = { class: 'person', isNews: true, isFailing: true, isAlarming: true } as const;
/** As somebody wants it, or as another pass has it: nothing is wrong. */
const quiet = { isNews: false, isFailing: false, isAlarming: false } as const;

const meanings = {
  fresh: { ...done, isNews: false },
  refreshed: done,
  recovered: done,
  adopted: done,
  busy: { ...quiet, class: 'retry' },
  limited: { ...quiet, class: 'retry' },
  waiting: passing,
  uncertain: passing,
  refused: passing,
  unavailable: passing,
  kept: passing,
  'out-of-time': passing,
  'store-refused': passing,
  'store-refused for good': broken,
  // A pause that is forgotten ends in a dead token: its alarm rings once a refresh is due.
  paused: { ...quiet, class: 'person', isAlarming: true },
  latched: broken,
  'application-refused': passing,
  'application-refused again': broken,
  unexpected: passing,
  'unexpected again': broken,
  lost: broken,
  'clock-skewed': broken,
  'rolled-back': broken,
  'seal-unreadable': broken,
  elsewhere: broken,
  'token-rejected': broken,
  'permission-missing': broken,
  'not-connected': broken,
  'no login': { ...quiet, class: 'person' },
} as const satisfies Readonly<Record<string, OutcomeMeaning>>;

/** What an outcome means: the one table behind exit codes, events, metrics and the journal. */
export function meaningOf(outcome: Outcome): OutcomeMeaning {
  return meanings[caseOf(outcome)];
}

function caseOf(outcome: Outcome): keyof typeof meanings {
  switch (outcome.kind) {
    case 'store-refused':
      if (outcome.isLoggedOut) return 'no login';
      return healsByItself(outcome.reason) ? 'store-refused' : 'store-refused for good';
    case 'application-refused':
      return outcome.needsPerson ? 'application-refused again' : outcome.kind;
    case 'unexpected':
      return outcome.needsPerson ? 'unexpected again' : outcome.kind;
    case 'not-connected':
      return outcome.missing === 'grant' ? 'no login' : 'not-connected';
    default:
      return outcome.kind;
  }
}

/** The class of an outcome. */
export function classOf(outcome: Outcome): OutcomeClass {
  return meaningOf(outcome).class;
}

/** Since when that stands for which a person is alerted once; other outcomes that need one say so each time. */
export function alertsSinceMs(outcome: Outcome): number | undefined {
  if (outcome.kind === 'latched') return outcome.latch.sinceMs;
  if (outcome.kind === 'application-refused' && outcome.needsPerson) return outcome.sinceMs;
  return outcome.kind === 'token-rejected' ? outcome.sinceMs : undefined;
}
