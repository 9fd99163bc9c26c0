import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandTargets } from './command-targets.ts';
import { fileTargets } from './file-targets.ts';
import { lambdaTargets, startDenyingAws } from './lambda-targets.ts';
import { passTargets } from './pass-targets.ts';
import { providerTargets } from './provider-targets.ts';
import { serverTargets, startServers } from './server-targets.ts';
import { storedTargets } from './stored-targets.ts';
import type { Target } from './target.ts';
import { webhookTargets } from './webhook-targets.ts';

/** Every parser of outside data, with what they need around them. */
export interface Bench {
  readonly targets: readonly Target[];
  /** Ends the servers and removes the files. */
  stop(): Promise<void>;
}

/** Starts what the targets need: an AWS, two servers on loopback, and a folder for files. */
export async function startBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'fresco-fuzz-'));
  const aws = await startDenyingAws();
  const servers = await startServers();
  return {
    targets: [
      ...providerTargets,
      ...webhookTargets,
      ...storedTargets,
      ...passTargets,
      ...lambdaTargets,
      ...commandTargets(join(folder, 'config')),
      ...serverTargets(servers),
      ...fileTargets(join(folder, 'store')),
    ],
    stop: async () => {
      await Promise.all([aws.stop(), servers.redirect.close(), servers.tokens.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** How many inputs each target gets of `inputs` in all, at least one each. */
export function shared(targets: readonly Target[], inputs: number): readonly number[] {
  const whole = targets.reduce((sum, { share }) => sum + share, 0);
  const parts = targets.map(({ share }) => Math.max(1, Math.floor((inputs * share) / whole)));
  const rest = inputs - parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part, at) => (at === 0 ? Math.max(1, part + rest) : part));
}
