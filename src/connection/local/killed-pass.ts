import type { Outcome } from '../../core/outcome/outcome.ts';
import type { PassStep } from '../../core/rotation/pass.ts';
import { rotate } from '../../core/rotation/rotate.ts';
import { systemClock } from '../../local/clock.ts';
import { openFileStore } from '../../local/file-store/file-store.ts';
import { travellingClock } from '../../local/travelling-clock.ts';
import { filePorts } from '../file.ts';
import { openProvider } from '../provider.ts';
import { watchedPorts } from './watched-ports.ts';

/** A pass over a file store that is not to live to its end. */
export interface DoomedPass {
  readonly path: string;
  readonly connection: string;
  readonly providerUrl: string;
  /** How far the stand's clock is ahead of this machine's. */
  readonly aheadMs: number;
  readonly dieAfter: PassStep;
  /** Ends this process at once, as SIGKILL does: nothing of it runs on. */
  die(): void;
}

/**
 * The rotator's pass, killed when the step `dieAfter` is done. Answers with how it ended where it never came
 * to that step. Rejects with `StoreRefused`.
 */
export async function runDoomedPass(doomed: DoomedPass): Promise<Outcome> {
  const { path, connection, providerUrl, aheadMs, dieAfter, die } = doomed;
  const clock = travellingClock(systemClock);
  clock.advance(aheadMs);
  const store = await openFileStore(path, { clock });
  const provider = await openProvider({ providerUrl, providerFile: undefined }, { clock, env: {} });
  const reporter = { report: async () => undefined };
  const ports = { ...filePorts(store, { name: connection, provider, reporter }), clock };
  let hasLease = false;
  const watched = watchedPorts(ports, (step) => {
    // The gate reads the grant too; the step is the read that the lease protects.
    hasLease ||= step === 'lease';
    if (step === dieAfter && hasLease) die();
  });
  return rotate(watched, { trigger: 'operator' });
}
