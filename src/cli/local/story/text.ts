import type { Tone } from '../../../console/view.ts';
import { type Line, painted, strong } from '../../terminal.ts';
import type { Stage } from './demo.ts';
import type { StoryLine } from './scene.ts';
import type { StoryEnd } from './story.ts';

const marks: Readonly<Record<Tone, string>> = { good: '✓', plain: '·', bad: '✗' };
const faint = 2;
const colours: Readonly<Record<Tone, number>> = { good: 32, plain: faint, bad: 31 };
const happeningWidth = 39;

/** What is on the stage, and where if it stays: addresses that end with the command lead nobody anywhere. */
export function openingLines(
  stage: Pick<Stage, 'sandboxUrl' | 'consoleUrl' | 'sink'>,
  stays: boolean,
): readonly Line[] {
  const urls = [stage.sandboxUrl, stage.consoleUrl, stage.sink];
  const width = Math.max(...urls.map(({ length }) => length));
  const row = (name: string, url: string, what: string) => [
    `  ${name.padEnd(9)} `,
    strong(url.padEnd(width)),
    ' ',
    painted(what, faint),
  ];
  return [
    [
      strong('Fresco on one machine'),
      ': a provider, a rotator, a webhook handler. No account, no AWS.',
    ],
    '',
    ...(stays
      ? [
          row('provider', stage.sandboxUrl, 'a stand-in for Fatture in Cloud'),
          row('console', stage.consoleUrl, 'the connection, and faults to try out'),
          row('webhooks', stage.sink, 'the receiver'),
        ]
      : ['This ends with the demo. In a terminal and without --once, its page stays up.']),
  ];
}

/** The outcome of a line of the story, at an hour since its beginning. */
export function storyLines(line: StoryLine, hour: number): readonly Line[] {
  const [first = '', ...more] = line.results;
  const indent = ' '.repeat(11 + happeningWidth);
  return [
    ...(line.act === undefined ? [] : ['', [strong(line.act)]]),
    [
      '  ',
      painted(marks[line.tone], colours[line.tone]),
      ' ',
      painted(`${hour} h`.padStart(5), faint),
      `  ${line.happening.padEnd(happeningWidth)}${first}`,
    ],
    ...more.map((result) => `${indent}${result}`),
  ];
}

/** The figures, in one sentence. */
export function closingText(end: StoryEnd, took: { hours: number; seconds: string }): string {
  const { delivered, published } = end.webhooks;
  const healed = end.faults.filter((fault) => fault.healed).length;
  return `${took.hours} h in ${took.seconds} s: ${end.tokenRequests} token requests, ${published} of ${delivered} webhooks published, ${healed} of ${end.faults.length} faults repaired without a person.`;
}
