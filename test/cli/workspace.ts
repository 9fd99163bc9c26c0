import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/world.ts';
import { built } from '../bundles/built.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { type SandboxServer, startSandbox } from '../sandbox/sandbox-server.ts';
import { type Begun, beginHere, type Ended, Heard, needsNoProcess, script } from './in-process.ts';

export { type Ended, script } from './in-process.ts';

/** A process of the built command that is still running. */
export interface Running extends Begun {
  readonly process: ChildProcessWithoutNullStreams;
}

/** A home, settings, and a store of one user, with nothing of this machine's own environment. */
export interface Workspace {
  readonly path: string;
  readonly storePath: string;
  readonly env: Readonly<Record<string, string>>;
  /** Starts it in a process of its own. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** Begins what ends before the test does: inside this process where nothing is about one. */
  begin(args: readonly string[], env?: Readonly<Record<string, string>>): Begun;
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
  const begin: Workspace['begin'] = (args, more = {}) =>
    needsNoProcess(args) ? beginHere({ env: { ...env, ...more } }, args) : start(args, more);
  return {
    path,
    storePath,
    env,
    start,
    begin,
    run: (args, { input = '', env: more = {} } = {}) => {
      const begun = begin(args, more);
      begun.input(input);
      return begun.ended;
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
  const [out, heard] = [new Heard(), new Heard()];
  child.stdout.on('data', out.add);
  child.stderr.on('data', heard.add);
  // A child that never reads its input closes it.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout: out.text, stderr: heard.text }));
  });
  // What dies late would make the workspace again that is removed after this.
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    process: child,
    ended,
    says: (pattern) => heard.says(pattern, ended),
    input: (text) => void child.stdin.end(text),
  };
}
