// Goal: the core with one guard weakened, without touching a file.
// Method: a comment `// guard: <name>` marks the line, at its end or above it; esbuild bundles with another line there.
import { readFile } from 'node:fs/promises';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { sourcesIn } from '../tidy/source-files.ts';

/** One guard of the core, and what stands in its line instead. */
export interface Weakening {
  readonly name: string;
  /** The name in the mark, where a line is weakened in several ways. */
  readonly at?: string;
  /** Nothing, unless it says otherwise. */
  readonly to?: string;
}

/** A guard, and what its loss breaks: a sentence of the specification, or a promise of the simulator. */
export interface Guard extends Weakening {
  readonly breaks: string;
}

/** A row of a table of guards. */
export const guard = (name: string, breaks: string, how: Omit<Weakening, 'name'> = {}): Guard => ({
  name,
  breaks,
  ...how,
});

const mark = /\/\/ guard: (.+)$/;

/** Every mark in the core. */
export function marks(): string[] {
  return sourcesIn('src/core').flatMap(({ text }) =>
    text.split('\n').flatMap((line) => mark.exec(line)?.[1] ?? []),
  );
}

/** What a bundle of `entry` exports over the weakened core; rejects unless its mark is there exactly once. */
export async function bundled<T>(
  entry: Pick<BuildOptions, 'entryPoints' | 'stdin' | 'plugins'>,
  weakening?: Weakening,
): Promise<T> {
  const name = weakening?.at ?? weakening?.name;
  const places = marks().filter((it) => it === name).length;
  if (weakening !== undefined && places !== 1) throw new Error(`${places} marks '${name}'`);
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'silent',
    plugins: [...(entry.plugins ?? []), replacing(name, weakening?.to ?? '')],
  });
  const source = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`)) as T;
}

function replacing(name: string | undefined, to: string): Plugin {
  return {
    name: 'weakening',
    setup({ onLoad }) {
      onLoad({ filter: /src[\\/]core[\\/].+\.ts$/ }, async ({ path }) => {
        const lines = (await readFile(path, 'utf8')).split('\n');
        const at = lines.findIndex((line) => name !== undefined && mark.exec(line)?.[1] === name);
        if (at === -1) return undefined;
        lines[lines[at]?.trim().startsWith('//') ? at + 1 : at] = to;
        return { contents: lines.join('\n'), loader: 'ts' };
      });
    },
  };
}
