import type { HistoryEntry, Journal } from '../journal/journal.ts';
import { holdsLease } from '../journal/lease.ts';
import { meaningOf, type Outcome } from '../outcome/outcome.ts';
import { answerOf } from '../outcome/outcome-text.ts';
import type { Owner } from '../ports.ts';
import { isNewer, type Position, positionOf } from '../position.ts';
import { orWarn } from '../store-refusal.ts';
import type { Ending, Pass } from './pass.ts';

const historyMax = 100;
const settleMs = 5_000;

/**
 * Step 8: ends a pass in the journal with one write. Where that fails the lease runs out by itself, and the
 * next pass settles.
 */
export async function settle(pass: Pass, { outcome, settled }: Ending): Promise<void> {
  const { session, sentAs, ports } = pass;
  const untilMs = Math.min(pass.endMs, ports.clock.monotonicMs() + settleMs);
  await orWarn(pass, 'the pass was not closed in the journal: ', () =>
    session.amend(
      (journal) =>
        closePass(journal, {
          owner: ports.owner,
          outcome,
          nowMs: session.nowMs(),
          settled,
          sentAs,
        }),
      untilMs,
    ),
  );
}

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
  const { owner, outcome, nowMs } = closing;
  if (!holdsLease(journal, owner)) return journal;
  return {
    ...(closing.settled === undefined ? journal : settled(journal, closing.settled, outcome)),
    lease: null,
    acceptedClient: (outcome.kind === 'refreshed' && closing.sentAs) || journal.acceptedClient,
    failingSinceMs: failingSinceMs(journal, outcome, nowMs),
    history: withEntry(journal.history, {
      atMs: nowMs,
      outcome: outcome.kind,
      generation: (closing.settled ?? journal.known)?.generation ?? 0,
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

function settled(journal: Journal, position: Position, outcome: Outcome): Journal {
  const { dispatch } = journal;
  const movedPast = dispatch !== null && isNewer(position, dispatch.parent);
  const advanced = journal.known === null || isNewer(position, journal.known);
  return {
    ...journal,
    known: advanced ? positionOf(position) : journal.known,
    // Uncertainty about the token that is still current must not be forgotten.
    dispatch: movedPast ? null : dispatch, // guard: settled only past the parent
    seals: journal.seals.filter((seal) => isNewer(seal, position)), // guard: seals go at last
    refusal: movedPast ? null : journal.refusal,
    // A newer token shows that the provider serves us: no latch outlives it, but one that this pass has found.
    latch: advanced && outcome.kind !== 'latched' ? null : journal.latch,
    badAnswer: advanced && meaningOf(outcome).class === 'done' ? null : journal.badAnswer, // guard: a newer token ends what was answered
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
