import type { Outcome } from '../outcome/outcome.ts';
import type { Owner } from '../ports.ts';
import type { Pass } from '../rotation/pass.ts';
import type { Journal } from './journal.ts';

const acquireMs = 5_000;

/** Step 1: takes the lease for the term of a pass; until when another holds it, if one does. */
export async function acquireLease(
  { session, ports, settings }: Pass,
  untilMs = ports.clock.monotonicMs() + acquireMs,
): Promise<Extract<Outcome, { kind: 'busy' }> | undefined> {
  const { owner } = ports;
  const taken = await session.amend(
    (journal) =>
      takeLease(journal, owner, { nowMs: session.nowMs(), termMs: settings.leaseTermMs }),
    untilMs,
  );
  if (taken !== 'held') return undefined;
  return { kind: 'busy', untilMs: busyUntilMs(session.journal, session.nowMs()) };
}

/** Takes the lease unless another owner holds it, is within its term and may be alive. */
export function takeLease(
  journal: Journal,
  owner: Owner,
  term: { readonly nowMs: number; readonly termMs: number },
): Journal | 'held' {
  const { lease } = journal;
  if (lease?.owner === owner.id) return journal;
  if (lease !== null && lease.expiresAtMs > term.nowMs && !owner.isDead(lease.owner)) return 'held'; // guard: takeover only after the term
  const fence = journal.fence + 1;
  return {
    ...journal,
    fence,
    lease: { owner: owner.id, fence, expiresAtMs: term.nowMs + term.termMs },
  };
}

/** Gives the lease back; another's stays. */
export function released(journal: Journal, owner: Owner): Journal {
  return journal.lease?.owner === owner.id ? { ...journal, lease: null } : journal;
}

/** Until when another's lease lasts; it may have been given back meanwhile. */
export function busyUntilMs({ lease }: Journal, nowMs: number): number {
  return lease?.expiresAtMs ?? nowMs;
}

/** Whether this owner's lease has not been taken over by anyone. */
export function holdsLease(journal: Journal, owner: Owner): boolean {
  return journal.lease?.owner === owner.id && journal.lease.fence === journal.fence;
}
