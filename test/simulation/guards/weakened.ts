// Goal: the simulator over a core with one guard weakened, without touching a file.
// Method: esbuild bundles core and simulator; one exact snippet of one file is replaced on the way in.
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { History } from '../histories/history.ts';
import type { Verdict } from '../simulation.ts';

const core = fileURLToPath(new URL('../../../src/core/', import.meta.url));

/** One exact change of one file of `src/core`, named from there. */
export interface Weakening {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The simulator over a weakened core. */
export interface WeakenedSimulator {
  simulate(history: History): Promise<Verdict>;
}

/** Bundles and loads a simulator; rejects unless the snippet is in its file exactly once. */
export async function weakened(weakening: Weakening): Promise<WeakenedSimulator> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../simulation.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'silent',
    plugins: [replacing(weakening)],
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('the weakened simulator was not bundled');
  const source = Buffer.from(bundle.contents).toString('base64');
  return (await import(
    /* @vite-ignore */ `data:text/javascript;base64,${source}`
  )) as WeakenedSimulator;
}

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
