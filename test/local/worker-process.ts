import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

/** A worker that runs, with the lines that it has said so far. */
export interface Worker {
  readonly child: ChildProcess;
  readonly lines: string[];
  /** Resolves with the first line. */
  readonly firstLine: Promise<string>;
  /** Resolves once it has ended, with its exit code; `null` after a signal. */
  readonly ended: Promise<number | null>;
}

/** Bundles store-worker.ts, since a process with a transpiler in it takes ten times as long to start. */
export async function buildWorker(outfile: string): Promise<void> {
  const entry = fileURLToPath(new URL('store-worker.ts', import.meta.url));
  const common = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
  await build({ ...common, entryPoints: [entry], outfile });
}

/** Starts a job of store-worker.ts; it is killed when the test is over. */
export function startWorker(script: string, ...args: readonly string[]): Worker {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  let rest = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const parts = `${rest}${chunk}`.split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      if (lines[0] !== undefined) resolve(lines[0]);
    });
    ended.then(() => reject(new Error('the worker ended without a line')), reject);
  });
  firstLine.catch(() => undefined);
  return { child, lines, firstLine, ended };
}
