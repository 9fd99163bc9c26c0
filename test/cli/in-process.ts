import { Readable } from 'node:stream';
import { exitCodes } from '../../src/cli/failure.ts';
import { output } from '../../src/cli/output.ts';
import { run } from '../../src/cli/program.ts';
import type { Ended } from './workspace.ts';

/** Commands of which nothing is about a process: they end by themselves, and start none. */
const endsByItself =
  /^(token|rotate|status|history|doctor|recover|pause|resume|logout|webhooks|login .*--(manual|refresh-token|application-only|dry-run))\b/;

let isRunning = false;

/** Whether a command can be run inside this process as well; one at a time, for the environment is the process's. */
export function needsNoProcess(args: readonly string[]): boolean {
  return !isRunning && endsByItself.test(args.join(' ')) && !args.includes('--help');
}

/** Runs a command inside this process, with nothing but a workspace's environment: for tests in which nothing is about a process. */
export async function runHere(
  { env = {} }: { readonly env?: Readonly<Record<string, string>> },
  args: readonly string[],
  { isTerminal = false, input = '' } = {},
): Promise<Ended> {
  isRunning = true;
  const before = { ...output };
  const { env: environment, exitCode } = process;
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
  const [out, told]: [string[], string[]] = [[], []];
  output.result = (text) => void out.push(text);
  output.longResult = async (text) => void out.push(text);
  output.message = (text) => void told.push(text);
  output.isTerminal = () => isTerminal;
  process.env = { ...env };
  process.exitCode = exitCodes.done;
  const piped = Readable.from([Buffer.from(input)], { objectMode: false });
  Object.defineProperty(process, 'stdin', { value: piped, configurable: true });
  try {
    const code = await run(['node', 'fresco', ...args]);
    return { code, stdout: out.join(''), stderr: told.join('') };
  } finally {
    Object.defineProperty(process, 'stdin', stdin);
    process.exitCode = exitCode;
    process.env = environment;
    Object.assign(output, before);
    isRunning = false;
  }
}
