import type { Owner } from '../ports.ts';
import { compare, isNewer, type Position, positionOf } from '../position.ts';
import type { Journal, OpenSend } from './journal.ts';
import { holdsLease } from './lease.ts';

const dayMs = 86_400_000;

/** The longest that a provider's Retry-After is followed: one more request an hour harms nobody. */
export const retryAfterMaxMs = 3_600_000;

/** Unanswered sends that are remembered, each with the version that it may have become. */
export const openSendsMax = 10;

/** Why a token must not be sent: the lease is gone, or something newer than its parent, a wait or a pause has come. */
export type DispatchRefusal = 'lease-lost' | 'overtaken';

/** Journals that the refresh token of `parent` is on its way, before it is; the proof that sealing will work. */
export function markDispatched(
  journal: Journal,
  dispatch: {
    readonly owner: Owner;
    readonly parent: Position;
    readonly versionId: string;
    readonly nowMs: number;
    /** The parent's access token died, which lifts the limit of refreshes on demand this once. */
    readonly lifted: boolean;
  },
): Journal | DispatchRefusal {
  const { owner, versionId, nowMs } = dispatch;
  const parent = positionOf(dispatch.parent);
  if (!holdsLease(journal, owner)) return 'lease-lost'; // guard: what is on record is sent under the lease alone
  if (journal.known !== null && isNewer(journal.known, parent)) return 'overtaken'; // guard: nothing newer known at dispatch
  if (journal.seals.some((seal) => isNewer(seal, parent))) return 'overtaken';
  // Since this one looked the provider may have asked a late holder to wait, or a person may have paused.
  if (waitUntilMs(journal, nowMs) !== undefined || journal.pausedAtMs !== null) return 'overtaken';
  // On record by a write whose answer was lost; since then another may have come, so this is looked at last.
  if (isOnRecord(journal, versionId)) return journal;

  const attempt = Math.max(journal.lastAttempt, parent.attempt) + 1;
  const send: OpenSend = { versionId, attempt, sentAtMs: nowMs };
  const earlier = sendsFrom(journal, parent); // guard: earlier sends stay on record
  return {
    ...journal,
    known: parent,
    lastAttempt: attempt,
    retryAtMs: null,
    liftedFor: dispatch.lifted ? parent : journal.liftedFor,
    dispatch: { parent, sends: [...earlier, send].slice(-openSendsMax) },
    sentAtMs: [...journal.sentAtMs.filter((atMs) => atMs > nowMs - dayMs), nowMs],
  };
}

/** The moment that the provider asked for, while it lies ahead. */
export function waitUntilMs({ retryAtMs }: Journal, nowMs: number): number | undefined {
  const waitMs = (retryAtMs ?? nowMs) - nowMs;
  // A wait that is longer than any that is journalled was journalled by a clock that was ahead.
  return waitMs > 0 && waitMs <= retryAfterMaxMs ? nowMs + waitMs : undefined;
}

/** Takes one send off the record: its answer says that the token was not used. */
export function markUnspent(
  journal: Journal,
  versionId: string,
  retryAtMs: number | null,
): Journal {
  const { dispatch } = journal;
  const withdrawn = dispatch?.sends.find((send) => send.versionId === versionId);
  if (dispatch === null || withdrawn === undefined) return journal;
  const sends = dispatch.sends.filter((send) => send !== withdrawn);
  return {
    ...journal,
    // Meanwhile another send may have got a wait; the longer one serves both.
    retryAtMs: laterOf(journal.retryAtMs, retryAtMs), // guard: who withdraws a send ends no wait of another
    sentAtMs: journal.sentAtMs.toSpliced(journal.sentAtMs.lastIndexOf(withdrawn.sentAtMs), 1),
    dispatch: sends.length === 0 ? null : { ...dispatch, sends },
  };
}

function laterOf(one: number | null, other: number | null): number | null {
  return Math.max(one ?? 0, other ?? 0) || null;
}

/** Whether this send is on record; a login or a logout takes it off. */
export function isOnRecord({ dispatch }: Pick<Journal, 'dispatch'>, versionId: string): boolean {
  return dispatch?.sends.some((send) => send.versionId === versionId) === true;
}

/** The sends from `parent` whose answers are not on record, oldest first. */
export function sendsFrom(journal: Journal, parent: Position): readonly OpenSend[] {
  const { dispatch } = journal;
  return dispatch !== null && compare(dispatch.parent, parent) === 0 ? dispatch.sends : []; // guard: an uncertain send is found uncertain
}

/** Whether some sends from `current` are without an answer, so that nobody knows whether its token is spent. */
export function isUncertain(journal: Journal, current: Position): boolean {
  return sendsFrom(journal, current).length > 0;
}

/** Where the pair that `send` may have brought would stand. */
export function positionAfter(parent: Position, send: Pick<OpenSend, 'attempt'>): Position {
  return { grant: parent.grant, generation: parent.generation + 1, attempt: send.attempt };
}
