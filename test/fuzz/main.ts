// npm run fuzz -- --inputs 1000000 --seed 1
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hushed } from './hushed.ts';
import { type Tally, Unhandled } from './target.ts';
import { shared, startBench } from './targets.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const bench = await startBench();
const targets = bench.targets.filter(({ name }) => name.includes(values.only));
const counts = shared(targets, inputs);
const results: (Tally & { readonly target: string; readonly inputsPerSecond: number })[] = [];
const startedAt = performance.now();

try {
  for (const [at, { name, run }] of targets.entries()) {
    // Deadlines that the last parser's requests have left come due now, and are not counted for the next one's input.
    await turn();
    await turn();
    const began = performance.now();
    const tally = await hushed(() => run({ inputs: counts[at] ?? 1, seed }));
    const seconds = (performance.now() - began) / 1000;
    const inputsPerSecond = Math.round((tally.taken + tally.refused) / seconds);
    results.push({ target: name, ...tally, inputsPerSecond });
    if (!values.json) {
      console.log(
        `${name.padEnd(50)} ${column(tally.taken)} taken ${column(tally.refused)} refused ${column(inputsPerSecond)}/s`,
      );
    }
  }
  const total = results.reduce((sum, { taken, refused }) => sum + taken + refused, 0);
  const seconds = (performance.now() - startedAt) / 1000;
  const inputsPerSecond = Math.round(total / seconds);
  const summary = { inputs: total, targets: results.length, seed, seconds, inputsPerSecond };
  console.log(
    values.json
      ? JSON.stringify({ ...summary, results })
      : `${total} inputs to ${results.length} parsers, all handled (seed ${seed}, ${seconds.toFixed(1)} s, ${inputsPerSecond} inputs/s)`,
  );
} catch (error) {
  if (!(error instanceof Unhandled)) throw error;
  console.error(error.message.slice(0, 4000), '\n', error.cause);
  process.exitCode = 1;
} finally {
  await bench.stop();
}

function column(count: number): string {
  return String(count).padStart(8);
}
