// Goal: as many histories a second as the machine has cores for.
// Method: each worker process takes a share and sends its tally back; between them they leave nothing out.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bases, casesOf } from './matrix.ts';
import { historyOf } from './random-history.ts';
import { simulate } from './simulation.ts';
import { addTally, addVerdict, emptyTally, type Tally } from './tally.ts';

/** What to play: some seeds, or the matrix. */
export type Work =
  | { readonly kind: 'seeds'; readonly from: number; readonly count: number }
  | { readonly kind: 'matrix' };

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
  const tally = emptyTally();
  const shares = Array.from({ length: workers }, (_, index) => ({ work, index, of: workers }));
  for (const part of await Promise.all(shares.map(played))) addTally(tally, part);
  return tally;
}

/** Plays one share in this process. */
export async function play({ work, index, of }: Share): Promise<Tally> {
  const tally = emptyTally();
  if (work.kind === 'seeds') {
    for (let seed = work.from + index; seed < work.from + work.count; seed += of) {
      addVerdict(tally, await simulate(historyOf(seed)), `--seed ${seed}`);
    }
    return tally;
  }
  const mine = bases().filter((_, at) => at % of === index);
  for (const base of mine) {
    for (const { name, history } of await casesOf(base)) {
      addVerdict(tally, await simulate(history), `--case '${name}'`);
    }
  }
  return tally;
}

function played(share: Share): Promise<Tally> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(main, ['--share', JSON.stringify(share)], {
      execArgv: [...process.execArgv, '--max-semi-space-size=64'],
    });
    child.once('message', (tally) => resolve(tally as Tally));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code} and no tally`)));
  });
}
