import { exitCodes } from '../../src/cli/failure.ts';
import { output } from '../../src/cli/output.ts';
import { run } from '../../src/cli/program.ts';
import type { Ended } from './workspace.ts';

/** Runs a command inside this process, in a workspace's environment: for tests in which nothing is about a process. */
export async function runHere(
  { env = {} }: { readonly env?: Readonly<Record<string, string>> },
  args: readonly string[],
  { isTerminal = false } = {},
): Promise<Ended> {
  const environment = { ...process.env };
  Object.assign(process.env, env);
  const before = { ...output, exitCode: process.exitCode };
  const [out, told]: [string[], string[]] = [[], []];
  output.result = (text) => void out.push(text);
  output.longResult = async (text) => void out.push(text);
  output.message = (text) => void told.push(text);
  output.isTerminal = () => isTerminal;
  process.exitCode = exitCodes.done;
  try {
    const code = await run(['node', 'fresco', ...args]);
    return { code, stdout: out.join(''), stderr: told.join('') };
  } finally {
    const { exitCode, ...were } = before;
    process.exitCode = exitCode;
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, environment);
    Object.assign(output, were);
  }
}
