import { emptyJournal, type Journal } from '../journal/journal.ts';
import { newest, positionOf } from '../position.ts';
import type { Grant } from '../records/grant.ts';

/**
 * The journal of a connection whose own is lost, from the grants that are kept. Whether the newest refresh
 * token was sent is not known any more, so it counts as sent and unanswered: nothing is presented twice.
 */
export function rebuiltJournal(
  grants: readonly Grant[],
  { nowMs, versionId }: { readonly nowMs: number; readonly versionId: string },
): Journal {
  const parent = newest(...grants.map(positionOf));
  if (parent === undefined) return emptyJournal;
  const attempt = parent.attempt + 1;
  return {
    ...emptyJournal,
    known: parent,
    lastAttempt: attempt,
    dispatch: { parent, sends: [{ versionId, attempt, sentAtMs: nowMs }] },
    history: [{ atMs: nowMs, outcome: 'journal-rebuilt', generation: parent.generation }],
  };
}
