import type { Command } from 'commander';
import { toRfc3339 } from '../../core/time.ts';
import { connectionCommand, openToLook } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { print, say } from '../terminal.ts';

interface HistoryOptions extends ConnectionOptions {
  readonly limit: number;
}

/** `fresco history`: what became of the connection, without a value. */
export function historyCommand(): Command {
  return connectionCommand('history', {
    summary: 'list generations with times and outcomes',
    description:
      'Lists logins and refreshes with time, generation and outcome, oldest first. No secret is shown. Equal outcomes in a row are listed once.',
    examples: [
      'fresco history --store aws --connection default',
      'fresco history --store aws --connection default --limit 100 --json',
    ],
  })
    .option('--limit <count>', 'how many of the newest to list', Number, 20)
    .action(async (options: HistoryOptions) => {
      const connection = await openToLook(options);
      const { journal } = await connection.journal.read();
      const entries = journal.history.slice(-Math.max(1, options.limit || 1)).map((entry) => ({
        at: toRfc3339(entry.atMs),
        generation: entry.generation,
        outcome: entry.outcome,
        ...(entry.answer !== undefined && { answer: entry.answer }),
      }));
      if (options.json) return print(JSON.stringify(entries));
      if (entries.length === 0) return say('nothing has happened yet: fresco login');
      print('time                  generation  outcome');
      for (const { at, generation, outcome, answer } of entries) {
        const said = answer === undefined ? '' : `: the provider answered ${answer}`;
        print(`${at}  ${String(generation).padStart(10)}  ${outcome}${said}`);
      }
    });
}
