import type { Journal, MeasuredPolicy } from './journal.ts';
import { JournalPage } from './journal-page.ts';
import type { RotationPorts, RotationSettings } from './pass.ts';
import { persist } from './persistence.ts';
import type { Clock, JournalStore } from './ports.ts';
import type { ReplayPolicy } from './replay-policy.ts';

const noteMs = 10_000;

/** The policy by which a pass goes: what was measured of this very provider, else what describes it. */
export function policyFor(
  { measured }: Pick<Journal, 'measured'>,
  { provider, policy }: Pick<RotationSettings, 'provider' | 'policy'>,
): ReplayPolicy {
  return measured?.provider === provider ? measured.policy : policy;
}

/**
 * The same ports, whose passes go by what the journal says was measured. A pass reads the journal before it
 * asks for the policy, and that reading is the one that counts.
 */
export function withMeasuredPolicy<Ports extends RotationPorts>(ports: Ports): Ports {
  const { settings, journal } = ports;
  let seen: Pick<Journal, 'measured'> = { measured: null };
  const store: JournalStore = {
    read: async () => {
      const snapshot = await journal.read();
      seen = snapshot.journal;
      return snapshot;
    },
    write: (changed, revision) => journal.write(changed, revision),
  };
  const measured: RotationSettings = {
    ...settings,
    get policy() {
      return policyFor(seen, settings);
    },
  };
  return { ...ports, journal: store, settings: measured };
}

/** Notes what was measured, in the place of what was measured before. */
export async function notePolicy(
  store: JournalStore,
  clock: Clock,
  found: Omit<MeasuredPolicy, 'atMs'>,
): Promise<void> {
  const page = new JournalPage(store, clock);
  await persist(clock, clock.monotonicMs() + noteMs, async () => {
    await page.read();
    const measured = { ...found, atMs: page.nowMs() };
    await page.amend((journal) => ({ ...journal, measured }));
  });
}
