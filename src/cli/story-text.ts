import type { WriteStream } from 'node:tty';
import type { Tone } from '../console/view.ts';
import type { Stage } from './stage.ts';
import type { StoryEnd } from './story.ts';
import type { StoryLine } from './story-scene.ts';

/** Emphasis for one stream: none where it is no terminal, or none is wanted (NO_COLOR). */
export interface Emphasis {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly toned: (tone: Tone, text: string) => string;
}

/** What the stream may show. */
export function emphasisFor(
  stream: Pick<WriteStream, 'isTTY'>,
  env: Readonly<Record<string, string | undefined>>,
): Emphasis {
  const isPlain = stream.isTTY !== true || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  const paint = (on: number, off: number) => (text: string) =>
    isPlain ? text : `\u001b[${on}m${text}\u001b[${off}m`;
  const tones = { good: paint(32, 39), plain: paint(2, 22), bad: paint(31, 39) };
  return { strong: paint(1, 22), faint: paint(2, 22), toned: (tone, text) => tones[tone](text) };
}

const marks: Readonly<Record<Tone, string>> = { good: '✓', plain: '·', bad: '✗' };
const happeningWidth = 39;

/** What is on the stage, and where. */
export function openingText(stage: Stage, { strong, faint }: Emphasis): string {
  const row = (name: string, url: string, what: string) =>
    `  ${name.padEnd(9)} ${strong(url.padEnd(31))} ${faint(what)}`.trimEnd();
  return [
    `${strong('Fresco on one machine')}: a provider, a rotator, a webhook handler. No account, no AWS.`,
    '',
    row('provider', stage.sandboxUrl, 'a stand-in for Fatture in Cloud'),
    row('console', stage.consoleUrl, 'the connection’s life, faults a click away'),
    row('webhooks', stage.sink, 'the receiver'),
  ].join('\n');
}

/** A line of the story, at an hour since its beginning. */
export function lineText(line: StoryLine, hour: number, emphasis: Emphasis): string {
  const { strong, faint, toned } = emphasis;
  const [first = '', ...more] = line.results;
  const begin = `  ${toned(line.tone, marks[line.tone])} ${faint(`${hour} h`.padStart(5))}  `;
  const indent = ' '.repeat(11 + happeningWidth);
  return [
    ...(line.act === undefined ? [] : ['', strong(line.act)]),
    `${begin}${line.happening.padEnd(happeningWidth)}${first}`,
    ...more.map((result) => `${indent}${result}`),
  ].join('\n');
}

/** The figures, in one sentence. */
export function closingText(end: StoryEnd, took: { hours: number; seconds: string }): string {
  const { delivered, published } = end.webhooks;
  const healed = end.faults.filter((fault) => fault.healed).length;
  return `\n${took.hours} h in ${took.seconds} s: ${end.tokenRequests} token requests, ${published} of ${delivered} webhooks published, ${healed} of ${end.faults.length} faults healed without a person.`;
}
