import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../../src/cli/failure.ts';
import { output } from '../../src/cli/output.ts';
import { run } from '../../src/cli/program.ts';

/** The built command. */
export const script = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is under way, in a process of its own or not. */
export interface Begun {
  /** Resolves with the first match in what it has said to people so far, or says later. */
  says(pattern: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
  /** Pipes in the last of its input. */
  input(text: string): void;
}

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
}

/** Commands of which nothing is about a process: they end by themselves, and hand theirs to nobody. */
const endsByItself =
  /^(token|rotate|status|history|doctor|recover|pause|resume|logout|webhooks|sync|choose|login|probe)\b|--help|^$/;

let isRunning = false;

/** Whether a command can be run inside this process as well; one at a time, for the environment is the process's. */
export function needsNoProcess(args: readonly string[]): boolean {
  return !isRunning && endsByItself.test(args.join(' '));
}

/** What a command says, for who waits for a part of it. */
export class Heard {
  text = '';
  readonly #looks = new Set<() => void>();

  readonly add = (chunk: Buffer | string): void => {
    this.text += chunk;
    for (const look of this.#looks) look();
  };

  says(pattern: RegExp, ended: Promise<Ended>): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const [match, group] = pattern.exec(this.text) ?? [];
        if (match !== undefined) resolve(group ?? match);
      };
      this.#looks.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without saying ${pattern}: ${this.text}`)));
    });
  }
}

/** Runs a command inside this process, with nothing but a workspace's environment: for tests in which nothing is about a process. */
export function runHere(
  surroundings: Surroundings,
  args: readonly string[],
  { isTerminal = false, input = '' } = {},
): Promise<Ended> {
  const begun = beginHere(surroundings, args, { isTerminal });
  begun.input(input);
  return begun.ended;
}

/** The same for a command that is talked to while it runs. It must end before its test does. */
export function beginHere(
  { env = {} }: Surroundings,
  args: readonly string[],
  { isTerminal = false } = {},
): Begun {
  const [heard, out, piped] = [new Heard(), [] as string[], new PassThrough()];
  const restore = takeOver(env, piped);
  output.result = (text) => void out.push(text);
  output.longResult = async (text) => void out.push(text);
  output.message = heard.add;
  output.isTerminal = () => isTerminal;
  const ended = run(['node', 'fresco', ...args])
    .finally(restore)
    .then((code) => ({ code, stdout: out.join(''), stderr: heard.text }));
  return {
    ended,
    says: (pattern) => heard.says(pattern, ended),
    input: (text) => void piped.end(text),
  };
}

/** Makes what belongs to the whole process the command's own, until it is given back. */
function takeOver(env: Readonly<Record<string, string>>, piped: PassThrough): () => void {
  if (isRunning) throw new Error('another command has this process: it must end first');
  const before = { ...output };
  const { env: environment, exitCode, argv } = process;
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
  isRunning = true;
  process.env = { ...env };
  process.argv = [process.execPath, script];
  process.exitCode = exitCodes.done;
  Object.defineProperty(process, 'stdin', { value: piped, configurable: true });
  return () => {
    Object.defineProperty(process, 'stdin', stdin);
    process.exitCode = exitCode;
    process.env = environment;
    process.argv = argv;
    Object.assign(output, before);
    isRunning = false;
  };
}
