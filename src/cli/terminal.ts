import type { Readable } from 'node:stream';
import { Failure } from './failure.ts';

const spinnerAfterMs = 1000;
const inputBytesMax = 64 * 1024;

/** Whether a person sits there who can be asked: nothing is piped. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** A line for people. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A line that is the command's result. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Emphasis on a terminal that wants it. */
export function strong(text: string): string {
  const plain = process.stderr.isTTY !== true || Boolean(process.env['NO_COLOR']);
  return plain ? text : `\u001b[1m${text}\u001b[22m`;
}

/** A part of a result in an SGR colour, on a terminal that wants it. */
export function painted(text: string, colour: number): string {
  const plain = process.stdout.isTTY !== true || Boolean(process.env['NO_COLOR']);
  return plain ? text : `\u001b[${colour}m${text}\u001b[0m`;
}

/** Waits for `work`; on a terminal that takes longer than a second, something moves. */
export async function waiting<T>(message: string, work: Promise<T>): Promise<T> {
  if (process.stderr.isTTY !== true) return work;
  let stop = (): void => undefined;
  const timer = setTimeout(async () => {
    const { spinner } = await import('@clack/prompts');
    if (stop === ended) return;
    const shown = spinner({ output: process.stderr });
    shown.start(message);
    stop = () => shown.clear();
  }, spinnerAfterMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    stop();
    stop = ended;
  }
}

function ended(): void {}

/** Asks for a text; without a person to ask, fails with `otherwise` as what to do. */
export async function ask(message: string, otherwise: string): Promise<string> {
  mustBeInteractive(otherwise);
  const { text, isCancel } = await import('@clack/prompts');
  const answer = await text({ message, output: process.stderr, validate: notEmpty });
  if (isCancel(answer)) throw cancelled();
  return answer.trim();
}

/** Asks for a text that is not shown while it is typed. */
export async function askHidden(message: string, otherwise: string): Promise<string> {
  mustBeInteractive(otherwise);
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({ message, output: process.stderr, validate: notEmpty });
  if (isCancel(answer)) throw cancelled();
  return answer.trim();
}

/** One thing to choose from a list. */
export interface Choice<T> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** Has a person choose one of a list. Cancelling rejects with `Failure`, which says `ifCancelled`. */
export async function select<T extends number | string>(
  message: string,
  options: readonly Choice<T>[],
  ifCancelled: string,
): Promise<T> {
  const prompts = await import('@clack/prompts');
  const list = options as Parameters<typeof prompts.select<T>>[0]['options'];
  const answer = await prompts.select<T>({ message, options: list, output: process.stderr });
  if (prompts.isCancel(answer)) throw cancelled(ifCancelled);
  return answer;
}

/** Has a person tick some of a list, at least one. */
export async function multiselect(
  message: string,
  options: readonly Choice<string>[],
  ticked: readonly string[],
): Promise<readonly string[]> {
  const prompts = await import('@clack/prompts');
  const answer = await prompts.multiselect<string>({
    message,
    options: options.map((option) => ({ ...option })),
    initialValues: [...ticked],
    maxItems: 12,
    output: process.stderr,
  });
  if (prompts.isCancel(answer)) throw cancelled();
  return answer;
}

/** Asks yes or no; the safe answer is no. Cancelling rejects with `Failure`, by default that nothing was changed. */
export async function confirm(message: string, ifCancelled?: string): Promise<boolean> {
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message, initialValue: false, output: process.stderr });
  if (prompts.isCancel(answer)) throw cancelled(ifCancelled);
  return answer;
}

/** Everything that is piped in, without the blanks around it. */
export async function readPiped(input: Readable = process.stdin): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > inputBytesMax) {
      throw new Failure(
        'usage',
        `standard input is larger than ${inputBytesMax} bytes: pipe in one value`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

function mustBeInteractive(otherwise: string): void {
  if (!isInteractive()) throw new Failure('usage', otherwise);
}

function notEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? 'a value is needed' : undefined;
}

function cancelled(text = 'cancelled, nothing was changed'): Failure {
  return new Failure('retry', text);
}
