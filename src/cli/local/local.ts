import { type Command, InvalidArgumentError, Option } from 'commander';
import { killSteps } from '../../console/kill-steps.ts';
import { failureOf, wrongUsage } from '../failure.ts';
import { Session } from '../session.ts';
import { parseForward } from '../settings/forward.ts';
import { connectionCommand } from '../settings/options.ts';
import { parsePort } from '../settings/port.ts';
import { sandboxPort } from '../settings/settings.ts';
import { say } from '../terminal.ts';
import type { LocalOptions } from './options.ts';

const consolePort = 4000;
const webhookPort = 4001;

/** `fresco local`: the whole system on this machine, with the console page. */
export function localCommand(): Command {
  return connectionCommand('local', {
    summary: 'run the whole system on this machine, with its page',
    description:
      'Runs rotator, schedule, webhook receiver and handler in one process over a file store, with a page that shows what they do. With --sandbox it first plays a demo against a stand-in for Fatture in Cloud, which you can break, and keeps nothing. Without it, it keeps a connection fresh while it runs.',
    examples: [
      'fresco local --sandbox',
      'fresco local --sandbox --once --json',
      'fresco local --sandbox --kill-at sealed',
      'fresco local --store file:/var/lib/fresco --connection default --sink https://hooks.example.org/fresco',
      'fresco local --store file:/var/lib/fresco --connection default --forward ./on-event.sh',
    ],
  })
    .addOption(
      new Option('--sandbox', 'against a stand-in for Fatture in Cloud').conflicts([
        ...([
          'store',
          'connection',
          'prefix',
          'provider',
          'providerUrl',
          'sink',
          'forward',
        ] as const),
      ]),
    )
    .option('--once', 'with --sandbox: play the demo and end')
    .addOption(
      new Option(
        '--kill-at <step>',
        'with --sandbox: kill a rotator after this step, and show how the next run recovers',
      ).choices(Object.keys(killSteps)),
    )
    .option(
      '--sink <url>',
      'public address that leads to the webhook port; without it no webhooks are received',
      parseSink,
    )
    .option(
      '--forward <command or address>',
      'passes each event on, at least once: to a command, on its standard input, until it ends with 0, or to an https address, by POST, until it answers 2xx',
      parseForward,
    )
    .option('--port <port>', 'of the page, or the next free one', parsePort, consolePort)
    .option('--webhook-port <port>', 'of the webhook receiver', parsePort, webhookPort)
    .option('--sandbox-port <port>', 'of the sandbox, or the next free one', parsePort, sandboxPort)
    .action(runLocal);
}

async function runLocal(options: LocalOptions): Promise<void> {
  if (options.once === true && options.sandbox !== true)
    throw wrongUsage`--once is for the demo: add --sandbox`;
  const { killAt } = options;
  if (killAt !== undefined && options.sandbox !== true)
    throw wrongUsage`--kill-at kills a rotator of the sandbox: add --sandbox`;
  const session = new Session();
  const onError = (error: unknown) => {
    if (!session.signal.aborted) say(`fresco: ${failureOf(error).message}`);
  };
  try {
    if (killAt !== undefined) {
      const { tellKill } = await import('./story/kill-story.ts');
      return await tellKill(session, killAt, { json: options.json === true, onError });
    }
    if (options.sandbox === true) {
      const { playStory } = await import('./story/local-story.ts');
      return await playStory(session, options, onError);
    }
    const { keepFresh } = await import('./service.ts');
    return await keepFresh(session, options, onError);
  } finally {
    await session.end();
  }
}

function parseSink(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('it must be an address such as https://hooks.example.org/fresco.');
}
