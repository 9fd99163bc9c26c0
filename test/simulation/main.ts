// Goal: `npm run simulate`: as many random histories as wanted, or the whole matrix, on every core.
// Method: each worker process takes a share of the seeds and sends its tally back; failures are shrunk here.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { History } from './history.ts';
import { baseHistories, caseNamed, casesOf } from './matrix.ts';
import { historyOf } from './random-history.ts';
import { shrink } from './shrinking.ts';
import { simulate } from './simulation.ts';
import { addTally, addVerdict, describe, emptyTally, type Tally } from './tally.ts';

/** A share of the work: every `stride`-th from `from` on; of the matrix, or of as many seeds. */
interface Share {
  readonly from: number;
  readonly stride: number;
  readonly seeds: number | 'matrix';
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    matrix: { type: 'boolean', default: false },
    seed: { type: 'string' },
    case: { type: 'string' },
    share: { type: 'string' },
    workers: { type: 'string' },
  },
});

if (values.share !== undefined) {
  const tally = await work(JSON.parse(values.share) as Share);
  process.send?.(tally);
} else if (values.case !== undefined) {
  const history = await caseNamed(values.case);
  if (history === undefined) throw new Error(`the matrix has no case '${values.case}'`);
  await replay(history, `--case '${values.case}'`);
} else if (values.seed !== undefined) {
  await replay(historyOf(Number(values.seed)), `--seed ${values.seed}`);
} else {
  await simulateAll(Number(values.from), values.matrix ? 'matrix' : Number(values.seeds));
}

async function work({ from, stride, seeds }: Share): Promise<Tally> {
  const tally = emptyTally();
  if (seeds === 'matrix') {
    let index = 0;
    for await (const { name, history } of casesOf(baseHistories())) {
      if (index % stride === from) addVerdict(tally, await simulate(history), `--case '${name}'`);
      index += 1;
    }
    return tally;
  }
  for (let index = 0; index < seeds; index += 1) {
    const seed = from + index * stride;
    addVerdict(tally, await simulate(historyOf(seed)), `--seed ${seed}`);
  }
  return tally;
}

async function simulateAll(from: number, seeds: number | 'matrix'): Promise<void> {
  const started = performance.now();
  const workers = Number(values.workers ?? Math.min(availableParallelism(), 8));
  const tally = emptyTally();
  const shares = Array.from({ length: workers }, (_, index) => ({
    from: from + index,
    stride: workers,
    seeds: seeds === 'matrix' ? seeds : Math.floor((seeds - index + workers - 1) / workers),
  }));
  for (const part of await Promise.all(shares.map(workElsewhere))) addTally(tally, part);
  if (seeds === 'matrix') console.log(`the whole matrix: ${tally.histories} cases`);
  console.log(describe(tally, (performance.now() - started) / 1000));
  const failures = Object.entries(tally.failures);
  for (const [name, labels] of failures) explain(name, labels);
  console.log(
    failures.length === 0 ? 'no promise was broken' : `${failures.length} promises broken`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function workElsewhere(share: Share): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--share', JSON.stringify(share)], {
      execArgv: [...process.execArgv, '--max-semi-space-size=64'],
    });
    child.once('message', (tally) => resolve(tally as Tally));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code} and no tally`)));
  });
}

function explain(name: string, labels: readonly string[]): void {
  console.log(`\nBROKEN in ${labels.length}: ${name}`);
  for (const label of labels.slice(0, 8)) console.log(`  replay: npm run simulate -- ${label}`);
}

/** Plays one history, shrunk if it fails, with its trace. */
async function replay(history: History, label: string): Promise<void> {
  const first = await simulate(history);
  const [violation] = first.violations;
  const name = violation && `${violation.promise} ${violation.what}`;
  const smallest = name === undefined ? history : await shrink(history, name);
  const verdict = await simulate(smallest, true);
  console.log(JSON.stringify(smallest, null, 2));
  console.log(verdict.trace.join('\n'));
  for (const [window, count] of verdict.windows) console.log(`window: ${window} (${count})`);
  for (const { promise, what } of verdict.violations) console.log(`BROKEN ${promise}: ${what}`);
  console.log(`replay: npm run simulate -- ${label}`);
  process.exitCode = name === undefined ? 0 : 1;
}
