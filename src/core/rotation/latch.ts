import { refusedApplication } from '../journal/bad-answer.ts';
import type { Journal, Latch } from '../journal/journal.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { compare, type Position } from '../position.ts';
import type { Pass } from './pass.ts';
import { heldLatch } from './settle.ts';

/**
 * The latch as it stands now: one that may mean an application whose credentials were stored again since holds no
 * more. They are read only where there is such a latch.
 */
export async function standingLatch(pass: Pass, current: Position): Promise<Latch | undefined> {
  const latch = heldLatch(pass.session.journal, current, undefined);
  if (latch?.doubt === undefined) return latch;
  const client = await pass.ports.client.read();
  return heldLatch(pass.session.journal, current, client?.versionId);
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
