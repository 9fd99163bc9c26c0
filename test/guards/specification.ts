// Goal: the specifications of the core, run over a core with one guard weakened, without touching a file.
// Method: esbuild bundles them with one exact snippet replaced; what they import from vitest only collects them.

import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { expect } from 'vitest';

const core = fileURLToPath(new URL('../../src/core/', import.meta.url));

/** One exact change of one file of `src/core`, named from there. */
export interface Weakening {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A guard of the protocol, how it is weakened, and the sentence that does not hold without it. */
export interface Guard extends Weakening {
  readonly name: string;
  readonly breaks: string;
}

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

/**
 * The sentences that do not hold over a weakened core, of all or of those with this name; rejects unless the
 * snippet is there once.
 */
export async function broken(weakening?: Weakening, sentence?: string): Promise<readonly string[]> {
  const folder = fileURLToPath(new URL('../core/', import.meta.url));
  const { outputFiles } = await build({
    stdin: {
      contents: specifications.map((name) => `import './${name}.test.ts';`).join('\n'),
      resolveDir: folder,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'silent',
    plugins: [collecting, ...(weakening === undefined ? [] : [replacing(weakening)])],
  });
  const tests: Collected[] = [];
  Object.assign(globalThis, { [collector]: { expect, tests } });
  const source = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`);
  const names = new Set<string>();
  for (const { name, run } of tests) {
    if (sentence !== undefined && name !== sentence) continue;
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

function replacing({ file, from, to }: Weakening): Plugin {
  return {
    name: 'weakening',
    setup({ onLoad }) {
      onLoad({ filter: /src[\\/]core[\\/].+\.ts$/ }, async ({ path }) => {
        if (relative(core, path).split(sep).join('/') !== file) return undefined;
        const parts = (await readFile(path, 'utf8')).split(from);
        if (parts.length !== 2) {
          throw new Error(
            `${file} has ${parts.length - 1} places like '${from}': name one exactly`,
          );
        }
        return { contents: parts.join(to), loader: 'ts' };
      });
    },
  };
}
