import { sendsFrom } from '../journal/dispatch.ts';
import type { Doubt, HistoryEntry, Journal, Latch } from '../journal/journal.ts';
import { holdsLease } from '../journal/lease.ts';
import { meaningOf, type Outcome } from '../outcome/outcome.ts';
import { answerOf } from '../outcome/outcome-text.ts';
import type { Owner } from '../ports.ts';
import { compare, isNewer, type Position, positionOf } from '../position.ts';

const historyMax = 100;

/** How a pass ends in the journal. */
export interface Closing {
  readonly owner: Owner;
  readonly outcome: Outcome;
  readonly nowMs: number;
  /** The position that is both current and published; absent: nothing may be settled. */
  readonly settled: Position | undefined;
  /** The version of the application's credentials that a token was sent with. */
  readonly sentAs?: string | undefined;
}

/**
 * Ends a pass in one write: settles what is current and published, notes the outcome and gives the lease
 * back. A holder that has lost its lease changes nothing.
 */
export function closePass(journal: Journal, closing: Closing): Journal {
  const { owner, outcome, nowMs, settled } = closing;
  if (!holdsLease(journal, owner)) return journal;
  return {
    ...(settled === undefined ? journal : settle(journal, settled, outcome)),
    lease: null,
    acceptedClient: (outcome.kind === 'refreshed' && closing.sentAs) || journal.acceptedClient,
    failingSinceMs: failingSinceMs(journal, outcome, nowMs),
    history: withEntry(journal.history, {
      atMs: nowMs,
      outcome: outcome.kind,
      generation: (settled ?? journal.known)?.generation ?? 0,
      ...answerIn(outcome),
    }),
  };
}

function answerIn(outcome: Outcome): Pick<HistoryEntry, 'answer'> {
  const answer = answerOf(outcome);
  return answer === undefined ? {} : { answer };
}

/** Since when the connection has failed, once a pass has ended so; `null`: it does not. */
export function failingSinceMs(journal: Journal, outcome: Outcome, nowMs: number): number | null {
  const meaning = meaningOf(outcome);
  if (meaning.class === 'done') return null;
  return meaning.isFailing ? (journal.failingSinceMs ?? nowMs) : journal.failingSinceMs;
}

function settle(journal: Journal, settled: Position, outcome: Outcome): Journal {
  const { dispatch } = journal;
  const movedPast = dispatch !== null && isNewer(settled, dispatch.parent);
  const advanced = journal.known === null || isNewer(settled, journal.known);
  return {
    ...journal,
    known: advanced ? positionOf(settled) : journal.known,
    // Uncertainty about the token that is still current must not be forgotten.
    dispatch: movedPast ? null : dispatch,
    seals: journal.seals.filter((seal) => isNewer(seal, settled)),
    refusal: movedPast ? null : journal.refusal,
    // A newer token shows that the provider serves us: no latch outlives it, but one that this pass has found.
    latch: advanced && outcome.kind !== 'latched' ? null : journal.latch,
    badAnswer: advanced && meaningOf(outcome).class === 'done' ? null : journal.badAnswer,
  };
}

/** The history with one more entry, unless it only says again what the last one says. */
export function withEntry(
  history: readonly HistoryEntry[],
  entry: HistoryEntry,
): readonly HistoryEntry[] {
  const last = history.at(-1);
  const repeated =
    last?.outcome === entry.outcome &&
    last.generation === entry.generation &&
    last.answer === entry.answer;
  return repeated ? history : [...history, entry].slice(-historyMax);
}

/** The latch, if it still holds: for the current grant's position, and in doubt for the client as it is stored now. */
export function heldLatch(
  journal: Journal,
  current: Position,
  clientVersionId: string | undefined,
): Latch | undefined {
  const { latch } = journal;
  if (latch === null) return undefined;
  if (compare(latch.position, current) !== 0) return undefined;
  const isSameClient =
    clientVersionId === undefined || latch.doubt?.clientVersionId === clientVersionId;
  return latch.doubt === undefined || isSameClient ? latch : undefined;
}

/**
 * Notes that the token of `current` was refused: the second time, or with little access token left, it latches.
 * Only the holder of the lease may: a late one is refused because another has been served.
 */
export function markRefused(
  journal: Journal,
  refused: {
    readonly owner: Owner;
    readonly current: Position;
    readonly nowMs: number;
    readonly lastChance: boolean;
    /** The application may be what is refused. */
    readonly doubt?: Doubt | undefined;
  },
): Journal | 'lease-lost' {
  const { nowMs } = refused;
  const position = positionOf(refused.current);
  if (!holdsLease(journal, refused.owner)) return 'lease-lost';
  const held = heldLatch(journal, position, undefined);
  if (held !== undefined && held.doubt === undefined) return journal;
  const again = journal.refusal !== null && compare(journal.refusal.position, position) === 0;
  const doubt = refused.doubt && { doubt: refused.doubt };
  if (held !== undefined || again || refused.lastChance) {
    const sinceMs = held?.sinceMs ?? nowMs;
    const latch: Latch = { kind: 'revoked', position, sinceMs, ...doubt };
    return { ...journal, latch, refusal: null, badAnswer: null };
  }
  return { ...journal, refusal: { position, atMs: nowMs, ...doubt }, badAnswer: null };
}

/** Whether some sends from `current` are without an answer, so that nobody knows whether its token is spent. */
export function isUncertain(journal: Journal, current: Position): boolean {
  return sendsFrom(journal, current).length > 0;
}
