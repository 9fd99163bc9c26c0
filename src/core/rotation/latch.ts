import { refusedApplication } from '../journal/bad-answer.ts';
import type { Doubt, Journal, Latch } from '../journal/journal.ts';
import { holdsLease } from '../journal/lease.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Owner } from '../ports.ts';
import { compare, type Position, positionOf } from '../position.ts';
import type { Pass } from './pass.ts';

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
  return latch.doubt === undefined || isSameClient ? latch : undefined; // guard: a latch in doubt is bound to the application
}

/**
 * The latch as it stands now: one that may mean an application whose credentials were stored again since holds no
 * more. They are read only if a latch is in doubt.
 */
export async function standingLatch(pass: Pass, current: Position): Promise<Latch | undefined> {
  const latch = heldLatch(pass.session.journal, current, undefined);
  if (latch?.doubt === undefined) return latch;
  const client = await pass.ports.client.read();
  return heldLatch(pass.session.journal, current, client?.versionId);
}

/** Whether the token of `current` was refused before. */
export function isRefused({ refusal }: Pick<Journal, 'refusal'>, current: Position): boolean {
  return refusal !== null && compare(refusal.position, current) === 0;
}

/** What stands between a connection and its next refresh, by what the provider answered last; reading alone. */
export function standingOutcome(
  journal: Journal,
  current: Position,
  clientVersionId: string | undefined,
): Outcome | undefined {
  const latch = heldLatch(journal, current, clientVersionId);
  if (latch !== undefined) return { kind: 'latched', latch };
  const { refusal, badAnswer } = journal;
  if (refusal !== null && compare(refusal.position, current) === 0) {
    const { position, doubt } = refusal;
    return { kind: 'refused', position, ...(doubt && { doubt }) };
  }
  return badAnswer?.kind === 'unexpected'
    ? badAnswer
    : refusedApplication(journal, clientVersionId);
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
    /** It was refused before: a note whose answer was lost would be taken for an earlier one. */
    readonly isAgain: boolean;
    /** The application may be what is refused. */
    readonly doubt?: Doubt | undefined;
  },
): Journal | 'lease-lost' {
  const { nowMs } = refused;
  const position = positionOf(refused.current);
  if (!holdsLease(journal, refused.owner)) return 'lease-lost';
  const held = heldLatch(journal, position, undefined);
  if (held !== undefined && held.doubt === undefined) return journal;
  const again = refused.isAgain && isRefused(journal, position);
  const doubt = refused.doubt && { doubt: refused.doubt };
  // guard: the last chance latches
  if (held !== undefined || again || refused.lastChance) {
    const sinceMs = held?.sinceMs ?? nowMs;
    const latch: Latch = { kind: 'revoked', position, sinceMs, ...doubt };
    return { ...journal, latch, refusal: null, badAnswer: null };
  }
  return { ...journal, refusal: { position, atMs: nowMs, ...doubt }, badAnswer: null };
}
