import type { Owner } from '../ports.ts';
import type { Journal } from './journal.ts';

/** Takes the lease unless another owner holds it, is within its term and may be alive. */
export function takeLease(
  journal: Journal,
  owner: Owner,
  term: { readonly nowMs: number; readonly termMs: number },
): Journal | 'held' {
  const { lease } = journal;
  if (lease?.owner === owner.id) return journal;
  if (lease !== null && lease.expiresAtMs > term.nowMs && !owner.isDead(lease.owner)) return 'held';
  const fence = journal.fence + 1;
  return {
    ...journal,
    fence,
    lease: { owner: owner.id, fence, expiresAtMs: term.nowMs + term.termMs },
  };
}

/** Until when another's lease lasts; it may have been given back meanwhile. */
export function busyUntilMs({ lease }: Journal, nowMs: number): number {
  return lease?.expiresAtMs ?? nowMs;
}

/** Whether this owner's lease has not been taken over by anyone. */
export function holdsLease(journal: Journal, owner: Owner): boolean {
  return journal.lease?.owner === owner.id && journal.lease.fence === journal.fence;
}
