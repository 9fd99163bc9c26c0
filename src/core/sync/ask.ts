import type { Clock } from '../ports.ts';
import { unlessRefused } from '../store-refusal.ts';
import type { QuotaPauses } from '../webhooks/ports.ts';
import type { Halt, SyncBudget } from './budget.ts';
import type { QuotaLeft, ReadFailure } from './ports.ts';

/** Why the work on a list or bin ends without it being done. */
export type Stop =
  /** It goes on later; what else is to be done may go on now, within the scope that is not halted. */
  | { readonly kind: 'halt'; readonly halt: Halt; readonly scope: 'list' | 'company' | 'all' }
  /** It cannot be read, however often. */
  | {
      readonly kind: 'skip';
      readonly why: string;
      readonly scope: 'list' | 'company';
      /** The token may not read it, which is for the person to choose who consents. */
      readonly isChoice?: true;
    }
  /** Nothing can be read until somebody has acted. */
  | { readonly kind: 'person'; readonly detail: string }
  /** Another pass is at work. */
  | { readonly kind: 'taken' };

/** What asking needs. */
export interface AskParts {
  readonly clock: Clock;
  readonly pauses: QuotaPauses;
  readonly budget: SyncBudget;
  readonly onRequest: () => void;
}

const triesMax = 3;
const firstWaitMs = 1000;
const retryTokenMs = 60_000;

/** Asks the provider within the budget: waits its waits out, tries again what may pass, and says why not else. */
export async function askProvider<T extends { readonly kind: string }>(
  parts: AskParts,
  companyId: number,
  send: () => Promise<T | ReadFailure>,
): Promise<Exclude<T, ReadFailure> | Stop> {
  const { clock, budget } = parts;
  for (let failures = 0; ; ) {
    const halt = await budget.acquire();
    if (halt !== undefined) return haltOf(halt);
    parts.onRequest();
    const read = await send();
    if (!['failed', 'no-token'].includes(read.kind)) budget.noteAnswer();
    if (!isFailure(read)) {
      if ('quota' in read) budget.noteQuota(read.quota as QuotaLeft);
      return read as Exclude<T, ReadFailure>;
    }
    if (read.kind === 'wait') {
      const longer = await heedWait(parts, companyId, read.waitMs);
      if (longer !== undefined) return haltOf(longer);
      continue;
    }
    failures += 1;
    if (read.kind !== 'failed') return stopOf(read, clock.nowMs());
    // Where a whole provider is down, each list would wait in vain.
    if (failures >= triesMax || budget.isSilent) {
      budget.noteFailure();
      return stopOf(read, clock.nowMs());
    }
    await clock.wait(firstWaitMs * 4 ** (failures - 1));
  }
}

const failureKinds: readonly string[] = [
  'forbidden',
  'wait',
  'licence-expired',
  'no-token',
  'failed',
  'unreachable',
  'refused',
] satisfies readonly ReadFailure['kind'][];

function isFailure(read: { readonly kind: string }): read is ReadFailure {
  return failureKinds.includes(read.kind);
}

function haltOf(halt: Halt): Stop {
  return { kind: 'halt', halt, scope: halt.reason === 'quota' ? 'company' : 'all' };
}

async function heedWait(parts: AskParts, companyId: number, waitMs: number) {
  // Without the marker the others learn of the quota from the provider, as this one did.
  await unlessRefused(() => parts.pauses.raise(companyId, parts.clock.nowMs() + waitMs));
  return parts.budget.waitOrStop(waitMs);
}

function stopOf(read: Exclude<ReadFailure, { kind: 'wait' }>, nowMs: number): Stop {
  switch (read.kind) {
    case 'forbidden':
      return { kind: 'skip', why: read.detail, scope: 'list', isChoice: true };
    case 'refused':
      return { kind: 'skip', why: read.detail, scope: 'list' };
    case 'unreachable':
      return { kind: 'skip', why: read.detail, scope: 'company' };
    case 'licence-expired':
      return { kind: 'skip', why: 'the licence of the company has expired', scope: 'company' };
    case 'no-token': {
      const { person, detail } = read;
      if (person) return { kind: 'person', detail };
      const halt = { reason: 'token', resumeAtMs: nowMs + retryTokenMs, detail } as const;
      return { kind: 'halt', halt, scope: 'all' };
    }
    case 'failed': {
      const halt = { reason: 'failed', resumeAtMs: nowMs, detail: read.detail } as const;
      return { kind: 'halt', halt, scope: 'list' };
    }
  }
}
