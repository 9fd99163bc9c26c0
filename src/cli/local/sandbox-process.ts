import { spawn } from 'node:child_process';
import { type Failure, tryAgain, wrongUsage } from '../failure.ts';
import { say, waiting } from '../terminal.ts';

const startMs = 15_000;
const lookEveryMs = 100;

/** Sees to it that a sandbox answers at `url`: one that runs, or on this machine one that is started now. */
export async function reachSandbox(url: string): Promise<void> {
  const found = await lookAt(url);
  if (found === 'sandbox') return;
  if (found === 'other') throw notSandbox(url);
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== 'http:' || hostname !== '127.0.0.1' || port === '')
    throw tryAgain`no sandbox answers at ${url}: run fresco sandbox there`;
  await waiting('starting the sandbox', start(url, port));
}

async function start(url: string, port: string): Promise<void> {
  const [, script = ''] = process.argv;
  const child = spawn(process.execPath, [script, 'sandbox', '--port', port, '--until-idle', '1h'], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  for (let waitedMs = 0; waitedMs < startMs; waitedMs += lookEveryMs) {
    if ((await lookAt(url)) === 'sandbox') {
      say(
        `started a sandbox on ${url}: it ends after an hour without use, or by kill ${child.pid}`,
      );
      return;
    }
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw tryAgain`the sandbox did not start on ${url}: run fresco sandbox to see why`;
}

async function lookAt(url: string): Promise<'sandbox' | 'other' | 'nothing'> {
  try {
    const response = await fetch(`${url}/_sandbox/state`, { signal: AbortSignal.timeout(2000) });
    const state = (await response.json()) as { readonly rotationMode?: unknown } | null;
    return typeof state?.rotationMode === 'string' ? 'sandbox' : 'other';
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code === 'ECONNREFUSED' ? 'nothing' : 'other';
  }
}

function notSandbox(url: string): Failure {
  return wrongUsage`what answers at ${url} is no sandbox: name the sandbox with --provider-url, or run fresco login without --sandbox`;
}
