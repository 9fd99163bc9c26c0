import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';
import { script as command, type Workspace } from './workspace.ts';

/** Debian's `script`, which gives a command a terminal of its own; the tests that need one are left out without. */
export const hasTerminal = existsSync('/usr/bin/script');

/** The keys that prompts know. */
export const keys = { enter: '\r', down: '\u001b[B', space: ' ', interrupt: '\u0003' } as const;

/** A built command whose person sits at a terminal. */
export interface Seated {
  /** Resolves with the first match in what the screen has shown since the last one. */
  shows(pattern: RegExp): Promise<string>;
  /** Types keys, as they are. */
  types(text: string): void;
  readonly ended: Promise<{ readonly code: number | null; readonly screen: string }>;
}

/** Runs the built command on a pseudo-terminal; what it shows comes without its control sequences. */
export function seat(workspace: Workspace, args: readonly string[], more = {}): Seated {
  const line = [
    'stty cols 120 rows 40; exec',
    ...[process.execPath, command, ...args].map((part) => `'${part}'`),
  ].join(' ');
  const env = { ...workspace.env, TERM: 'xterm', SHELL: '/bin/sh', ...more };
  const child = spawn('/usr/bin/script', ['-qec', line, '/dev/null'], { env });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let screen = '';
  let seen = 0;
  const ended = new Promise<{ code: number | null; screen: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, screen }));
  });
  child.stdout.on('data', (chunk: Buffer) => {
    screen += stripVTControlCharacters(chunk.toString('utf8'));
  });
  child.stdin.on('error', () => undefined);
  return {
    ended,
    types: (text) => void child.stdin.write(text),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(screen.slice(seen));
          if (match === null) return;
          seen += match.index + match[0].length;
          child.stdout.off('data', look);
          resolve(match[1] ?? match[0]);
        };
        child.stdout.on('data', look);
        look();
        void ended.then(() => reject(new Error(`ended without showing ${pattern}: ${screen}`)));
      }),
  };
}
