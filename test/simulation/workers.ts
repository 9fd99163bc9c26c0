// Goal: as many histories a second as the machine has cores for.
// Method: each worker process takes a share and sends its tally back; between them they leave nothing out.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { addTally, emptyTally, type Tally } from './tally.ts';

/** What to play: some seeds, or every n-th case of the matrix. */
export type Work =
  | { readonly kind: 'seeds'; readonly from: number; readonly count: number }
  | { readonly kind: 'matrix'; readonly every: number };

/** Every `of`-th part of some work, from the `index`-th on. */
export interface Share {
  readonly work: Work;
  readonly index: number;
  readonly of: number;
}

/** Plays all of it on `workers` processes, one for each core by default. */
export async function playElsewhere(
  work: Work,
  workers = Math.min(availableParallelism(), 8),
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'fresco-simulation-'));
  try {
    const worker = await bundled(folder);
    const tally = emptyTally();
    const shares = Array.from({ length: workers }, (_, index) => ({ work, index, of: workers }));
    const parts = await Promise.all(shares.map((share) => played(worker, share)));
    for (const part of parts) addTally(tally, part);
    return tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A plain bundle plays a third more in a second than sources that are compiled as they are loaded. */
async function bundled(folder: string): Promise<string> {
  const outfile = join(folder, 'worker.mjs');
  const entry = fileURLToPath(new URL('worker.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile,
    logLevel: 'silent',
  });
  return outfile;
}

function played(worker: string, share: Share): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const child = fork(worker, [JSON.stringify(share)], {
      execArgv: ['--max-semi-space-size=64'],
    });
    child.once('message', (tally) => resolve(tally as Tally));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code} and no tally`)));
  });
}
