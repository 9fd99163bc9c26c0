import type { Clock } from '../ports.ts';
import type { RotationSettings } from '../rotation/pass.ts';
import type { Journal, MeasuredPolicy } from './journal.ts';
import { amendJournal } from './journal-session.ts';
import type { JournalStore } from './journal-store.ts';
import type { ReplayPolicy } from './replay-policy.ts';

/** The policy by which a pass goes: what was measured of this very provider, else what describes it. */
export function policyFor(
  { measured }: Pick<Journal, 'measured'>,
  { provider, policy }: Pick<RotationSettings, 'provider' | 'policy'>,
): ReplayPolicy {
  return measured?.provider === provider ? measured.policy : policy;
}

/** Notes what was measured, in the place of what was measured before. */
export async function notePolicy(
  store: JournalStore,
  clock: Clock,
  found: Omit<MeasuredPolicy, 'atMs'>,
): Promise<void> {
  await amendJournal(store, clock, (journal, atMs) => ({
    ...journal,
    measured: { ...found, atMs },
  }));
}
