import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/world.ts';
import { built } from '../bundles/built.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { type SandboxServer, startSandbox } from '../sandbox/sandbox-server.ts';
import { needsNoProcess, runHere } from './in-process.ts';

/** The built command. */
export const script = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** How a process of the built command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the built command that is still running. */
export interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves with the first match in what it has said to people so far, or says later. */
  says(pattern: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

/** A home, settings, and a store of one user, with nothing of this machine's own environment. */
export interface Workspace {
  readonly path: string;
  readonly storePath: string;
  readonly env: Readonly<Record<string, string>>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** Runs to its end, inside this process where nothing is about one; `input` is piped in. */
  run(
    args: readonly string[],
    options?: { readonly input?: string; readonly env?: Readonly<Record<string, string>> },
  ): Promise<Ended>;
}

/** A user with nothing stored yet, whose provider is at `providerUrl`. */
export async function createWorkspace(providerUrl: string): Promise<Workspace> {
  await built('package');
  const path = await temporaryFolder();
  const storePath = join(path, 'store');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: path,
    TMPDIR: tmpdir(),
    XDG_CONFIG_HOME: join(path, 'config'),
    XDG_DATA_HOME: join(path, 'data'),
    FRESCO_STORE: `file:${storePath}`,
    FRESCO_PROVIDER_URL: providerUrl,
  };
  const start: Workspace['start'] = (args, more = {}) => startCommand(args, { ...env, ...more });
  return {
    path,
    storePath,
    env,
    start,
    run: (args, { input = '', env: more = {} } = {}) => {
      if (needsNoProcess(args)) return runHere({ env: { ...env, ...more } }, args, { input });
      const running = start(args, more);
      running.process.stdin.end(input);
      return running.ended;
    },
  };
}

/** A workspace whose provider is a sandbox that runs with this machine's clock. */
export async function createSandboxWorkspace(
  options: SandboxOptions = {},
): Promise<Workspace & { readonly sandbox: SandboxServer }> {
  const sandbox = await startSandbox({ clock: { nowMs: () => Date.now() }, ...options });
  return { ...(await createWorkspace(sandbox.url)), sandbox };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function startCommand(args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [script, ...args], { env });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  // A child that never reads its input closes it.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  // What dies late would make the workspace again that is removed after this.
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    process: child,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const [match, group] = pattern.exec(stderr) ?? [];
          if (match !== undefined) resolve(group ?? match);
        };
        child.stderr.on('data', look);
        look();
        void ended.then(() => reject(new Error(`ended without saying ${pattern}: ${stderr}`)));
      }),
  };
}
