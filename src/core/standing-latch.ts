import type { Latch } from './journal.ts';
import type { Pass } from './pass.ts';
import type { Position } from './position.ts';
import { heldLatch } from './settlement.ts';

/**
 * The latch as it stands now: one for an application whose credentials were replaced since holds no more.
 * They are read only where there is such a latch.
 */
export async function standingLatch(pass: Pass, current: Position): Promise<Latch | undefined> {
  const latch = heldLatch(pass.page.journal, current, undefined);
  if (latch?.kind !== 'misconfigured') return latch;
  const client = await pass.ports.client.read();
  return heldLatch(pass.page.journal, current, client?.versionId);
}
