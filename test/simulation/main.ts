// Goal: `npm run simulate`: as many random histories as wanted, or the whole matrix, on every core.
// Method: the work is shared out, the tallies added up; each broken promise comes with the command that shows it.
import { parseArgs } from 'node:util';
import { renewWitnesses } from './guards/witnesses.ts';
import type { History } from './histories/history.ts';
import { historyOf } from './histories/random-history.ts';
import { nameOf, shrink } from './histories/shrinking.ts';
import { caseNamed } from './matrix/matrix.ts';
import { simulate } from './simulation.ts';
import { describe } from './tally.ts';
import { playElsewhere, type Work } from './workers.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    matrix: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
    witnesses: { type: 'boolean', default: false },
    seed: { type: 'string' },
    case: { type: 'string' },
    workers: { type: 'string' },
  },
});

if (values.witnesses) {
  const missing = await renewWitnesses(numberOf('seeds', values.seeds));
  process.exitCode = missing.length === 0 ? 0 : 1;
} else if (values.case !== undefined) {
  const history = await caseNamed(values.case);
  if (history === undefined) throw new Error(`the matrix has no case '${values.case}'`);
  await replay(history, `--case '${values.case}'`);
} else if (values.seed !== undefined) {
  await replay(historyOf(numberOf('seed', values.seed)), `--seed ${values.seed}`);
} else {
  await simulateAll(values.matrix ? matrix() : seeds());
}

/** `--from random` begins anywhere, and says where. */
function seeds(): Work {
  const anywhere = Math.floor(Math.random() * 2 ** 40);
  const from = values.from === 'random' ? anywhere : numberOf('from', values.from);
  return { kind: 'seeds', from, count: numberOf('seeds', values.seeds) };
}

/** `--every 10` leaves out nine of ten cases. */
function matrix(): Work {
  return { kind: 'matrix', every: Math.max(1, numberOf('every', values.every)) };
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${option} must be a whole number, got '${text}'`);
}

async function simulateAll(work: Work): Promise<void> {
  const startedMs = performance.now();
  const workers = values.workers === undefined ? [] : [numberOf('workers', values.workers)];
  const tally = await playElsewhere(work, ...workers);
  if (work.kind === 'matrix') {
    const part = work.every === 1 ? 'the whole matrix' : `every ${work.every}th case of the matrix`;
    const { decided, histories } = tally;
    console.log(`${part}: ${decided} cases, ${histories} of them played`);
    console.log('the others differ from a played one in a policy or a mode that nobody asked for');
  }
  console.log(describe(tally, (performance.now() - startedMs) / 1000));
  const failures = Object.entries(tally.failures);
  for (const [name, labels] of failures) explain(name, labels);
  const again =
    work.kind === 'matrix'
      ? `--matrix --every ${work.every}`
      : `--seeds ${work.count} --from ${work.from}`;
  console.log(`all of it again: npm run simulate -- ${again}`);
  console.log(
    failures.length === 0 ? 'no promise was broken' : `${failures.length} promises were broken`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function explain(name: string, labels: readonly string[]): void {
  console.log(`\nBROKEN in ${labels.length}: ${name}`);
  for (const label of labels.slice(0, 8)) console.log(`  replay: npm run simulate -- ${label}`);
}

/** Plays one history, shrunk if it fails, with its trace. */
async function replay(history: History, label: string): Promise<void> {
  const [violation] = (await simulate(history)).violations;
  const smallest = violation === undefined ? history : await shrink(history, nameOf(violation));
  const verdict = await simulate(smallest, true);
  console.log(JSON.stringify(smallest, null, 2));
  console.log(verdict.trace.join('\n'));
  for (const [window, count] of verdict.windows) console.log(`window: ${window} (${count})`);
  for (const broken of verdict.violations) console.log(`BROKEN ${nameOf(broken)}`);
  console.log(`replay: npm run simulate -- ${label}`);
  process.exitCode = violation === undefined ? 0 : 1;
}
