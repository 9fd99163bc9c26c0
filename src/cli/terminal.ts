import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { visible } from '../core/text/visible.ts';
import { Failure, wrongUsage } from './failure.ts';
import { output } from './output.ts';
import { aimed } from './target.ts';

const movesEveryMs = 1000;
const inputBytesMax = 64 * 1024;

/** Whether a person sits there who can be asked: nothing is piped. */
export function isInteractive(): boolean {
  return isatty(0) && isatty(2);
}

/** Whether what is said on standard error is read as it is said, and not by a job's log. */
export function isReadByAPerson(): boolean {
  return output.isTerminal();
}

/** A part of a line in an SGR style, which shows on a terminal that wants it. */
export interface Styled {
  readonly text: string;
  readonly on: number;
  readonly off: number;
}

/** One line; a break inside it is not one. */
export type Line = string | readonly (string | Styled)[];

/** Lines for people. */
export function say(...lines: readonly Line[]): void {
  output.message(aimed(textOf(lines, { isTTY: output.isTerminal() })));
}

/** Lines that are the command's result; throws `EPIPE` where nobody reads any more. */
export function print(...lines: readonly Line[]): void {
  output.result(aimed(textOf(lines, { isTTY: isatty(1) })));
}

/** A result: one JSON value where `--json` asks for it, else lines for people. */
export function printResult(
  { json }: { readonly json?: boolean | undefined },
  value: unknown,
  ...lines: readonly Line[]
): void {
  print(...(json === true ? [JSON.stringify(value)] : lines));
}

/** The same for a long result: waits for a reader that is slow. */
export function printAll(lines: readonly Line[]): Promise<void> {
  return output.longResult(textOf(lines, { isTTY: isatty(1) }));
}

/** A line for people that `clearMoving` takes away again; nothing but on a terminal. */
export function sayMoving(text: string): void {
  clearMoving();
  output.message(visible(text).slice(0, (process.stderr.columns || 80) - 1));
}

/** Takes the moving line away. */
export function clearMoving(): void {
  if (output.isTerminal()) output.message('\r\u001b[K');
}

/** Emphasis. */
export function strong(text: string): Styled {
  return { text, on: 1, off: 22 };
}

/** A part in an SGR colour, or faint (2). */
export function painted(text: string, colour: number): Styled {
  return { text, on: colour, off: 0 };
}

/** The lines as a stream gets them. What is not ours in them commands no terminal and forges no line. */
export function textOf(
  lines: readonly Line[],
  stream: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): string {
  const isPlain = stream.isTTY !== true || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  const shown = (part: string | Styled) => {
    if (typeof part === 'string') return visible(part);
    const text = visible(part.text);
    return isPlain ? text : `\u001b[${part.on}m${text}\u001b[${part.off}m`;
  };
  return lines
    .map((line) => `${(typeof line === 'string' ? [line] : line).map(shown).join('')}\n`)
    .join('');
}

/** Waits for `work`; on a terminal that takes longer than a second, something moves. */
export async function waiting<T>(message: string, work: Promise<T>): Promise<T> {
  if (!output.isTerminal()) return work;
  let shown = 0;
  const timer = setInterval(() => {
    shown += 1;
    sayMoving(`${message} ${'.'.repeat(1 + (shown % 3))}`);
  }, movesEveryMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (shown > 0) clearMoving();
  }
}

/** Asks for a text; without a person to ask, fails with `otherwise` as what to do. */
export async function ask(message: string, otherwise: string): Promise<string> {
  mustBeInteractive(otherwise);
  const wish = { ...shownAs(message), validate: notEmpty };
  return (await answerTo((prompts) => prompts.text(wish))).trim();
}

/** Asks for a text that is not shown while it is typed. */
export async function askHidden(message: string, otherwise: string): Promise<string> {
  mustBeInteractive(otherwise);
  const wish = { ...shownAs(message), validate: notEmpty };
  return (await answerTo((prompts) => prompts.password(wish))).trim();
}

/** One thing to choose from a list. */
export interface Choice<T> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

function shownChoice<T>({ value, label, hint }: Choice<T>): Choice<T> {
  return { value, label: visible(label), ...(hint === undefined ? {} : { hint: visible(hint) }) };
}

/** Has a person choose one of a list. Cancelling rejects with `Failure`, which says `ifCancelled`. */
export function select<T extends number | string>(
  message: string,
  choices: readonly Choice<T>[],
  ifCancelled: string,
): Promise<T> {
  const options = choices.map(shownChoice) as Parameters<
    typeof import('@clack/prompts').select<T>
  >[0]['options'];
  const wish = { ...shownAs(message), options };
  return answerTo((prompts) => prompts.select<T>(wish), ifCancelled) as Promise<T>;
}

/** Has a person tick some of a list, at least one. */
export function multiselect(
  message: string,
  choices: readonly Choice<string>[],
  ticked: readonly string[],
): Promise<readonly string[]> {
  const wish = { ...shownAs(message), initialValues: [...ticked], maxItems: 12 };
  const options = choices.map(shownChoice);
  return answerTo((prompts) => prompts.multiselect<string>({ ...wish, options }));
}

/** Asks yes or no; the safe answer is no. Cancelling rejects with `Failure`, by default that nothing was changed. */
export function confirm(message: string, ifCancelled?: string): Promise<boolean> {
  const wish = { ...shownAs(message), initialValue: false };
  return answerTo((prompts) => prompts.confirm(wish), ifCancelled);
}

type Prompts = typeof import('@clack/prompts');

function shownAs(message: string) {
  return { message: visible(message), output: process.stderr };
}

async function answerTo<T>(
  ask: (prompts: Prompts) => Promise<T>,
  ifCancelled = 'cancelled, nothing was changed',
): Promise<Exclude<T, symbol>> {
  const prompts = await import('@clack/prompts');
  const answer = await ask(prompts);
  if (!prompts.isCancel(answer)) return answer as Exclude<T, symbol>;
  throw new Failure('retry', ifCancelled, { endedBy: 'SIGINT' });
}

/** Everything that is piped in, without the blanks around it. */
export async function readPiped(input: Readable = process.stdin): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > inputBytesMax)
      throw wrongUsage`standard input is larger than ${inputBytesMax} bytes: pipe in one value`;
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
