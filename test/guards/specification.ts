// Goal: the specifications of the core, run over a core with one guard weakened.
// Method: they are bundled; what they import from vitest only collects them.
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { expect } from 'vitest';
import { bundled, type Weakening } from './weakened.ts';

interface Collected {
  readonly name: string;
  readonly run: () => unknown;
}

const specifications = [
  'journal/dispatch',
  'rotation/gate',
  'journal/lease',
  'operations/login',
  'rotation/native',
  'position',
  'journal/replay-policy',
  'rotation/rotate',
  'rotation/sent-again',
  'rotation/settle',
  'consumers/token-source',
];

const collector = Symbol.for('fresco.specifications');

/** The sentences that do not hold over a weakened core, of all or of those with these names. */
export async function broken(
  weakening?: Weakening,
  sentences?: readonly string[],
): Promise<readonly string[]> {
  const tests: Collected[] = [];
  Object.assign(globalThis, { [collector]: { expect, tests } });
  const contents = specifications.map((name) => `import './${name}.test.ts';`).join('\n');
  const resolveDir = fileURLToPath(new URL('../core/', import.meta.url));
  await bundled({ stdin: { contents, resolveDir }, plugins: [collecting] }, weakening);
  const names = new Set<string>();
  for (const { name, run } of tests) {
    if (sentences?.includes(name) === false) continue;
    try {
      await run();
    } catch {
      names.add(name);
    }
  }
  return [...names];
}

/** Stands in for vitest: a sentence in a table counts once, whichever of its rows fails. */
const vitest = `
const { expect, tests } = globalThis[Symbol.for('fresco.specifications')];
const prefix = [];
const body = (rest) => rest.find((it) => typeof it === 'function');
function describe(name, ...rest) { prefix.push(name); body(rest)(); prefix.pop(); }
function it(name, ...rest) { tests.push({ name: [...prefix, name].join(' > '), run: body(rest) }); }
it.each = (rows) => (name, ...rest) => {
  const run = body(rest);
  for (const row of rows) it(name, () => (Array.isArray(row) ? run(...row) : run(row)));
};
describe.each = (rows) => (name, ...rest) => {
  for (const row of rows) describe(name, () => (Array.isArray(row) ? body(rest)(...row) : body(rest)(row)));
};
export { describe, expect, it };`;

const collecting: Plugin = {
  name: 'collecting',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vitest$/ }, () => ({ path: 'vitest', namespace: 'collecting' }));
    onLoad({ filter: /.*/, namespace: 'collecting' }, () => ({ contents: vitest }));
  },
};
