import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/** Where the reference of the command lies. */
export const referencePath = fileURLToPath(new URL('../../docs/cli.md', import.meta.url));

/** Every command with its own help, as Markdown. */
export function cliReference(): string {
  const program = createProgram();
  const sections = commandsOf(program, 'fresco').map(([name, command]) =>
    [`## ${name}`, '```', helpOf(command), '```'].join('\n'),
  );
  return `${introduction}\n${sections.join('\n\n')}\n`;
}

const introduction = `# Commands

Written by \`npm run docs\` from the commands themselves; a test compares the two. What goes wrong at night is in the [runbook](runbook.md).

## Exit codes

| code | means |
|---|---|
| 0 | done |
| 1 | failed, and may be retried as it is |
| 2 | a person is needed; the message says what to do |
| 64 | wrong usage: an option that does not exist, a value that cannot be, or several connections and none named |
| 129, 130, 143 | ended by SIGHUP, SIGINT (Ctrl-C, at a question too) or SIGTERM; from a token request on only after its answer was kept |
| 141 | nobody reads standard output any more |

\`exec\` answers with its child's code, 126 or 127 where the child could not be started. \`serve\`, \`sandbox\` and \`local\` are ended by a signal and answer 0. A store that cannot be reached for now is 1, one that refuses for good is 2.

What each command answers, with a token that is fresh and a refresh that is not due; \`test/cli/exit-codes.test.ts\` walks this table:

| command | all is well | the provider is down | nobody has logged in | the refresh token is revoked | it is paused | the grant is damaged | several, none named |
|---|---|---|---|---|---|---|---|
| \`login\` | 0 | 1 | 0 | 0 | 0 | 0 | 0 |
| \`token\` | 0 | 0 | 2 | 0 | 0 | 0 | 64 |
| \`exec\` | 0 | 0 | 2 | 0 | 0 | 0 | 64 |
| \`rotate\` | 0 | 1 | 2 | 2 | 2 | 2 | 64 |
| \`rotate --if-due\` | 0 | 0 | 2 | 2 | 0 | 2 | 64 |
| \`status\` | 0 | 0 | 2 | 2 | 2 | 2 | 0 |
| \`history\` | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
| \`doctor\` | 0 | 1 | 2 | 2 | 2 | 2 | 0 |
| \`recover\` | 0 | 0 | 2 | 2 | 0 | 2 | 64 |
| \`pause\` | 0 | 0 | 2 | 0 | 0 | 0 | 64 |
| \`resume\` | 0 | 0 | 2 | 0 | 0 | 0 | 64 |
| \`logout\` | 0 | 0 | 2 | 0 | 0 | 2 | 64 |
| \`webhooks list\` | 0 | 1 | 2 | 2 | 0 | 0 | 64 |
| \`sync\` | 0 | 1 | 2 | 2 | 0 | 0 | 64 |
| \`probe\` | 0 | 1 | 64 | 0 | 0 | 2 | 64 |
| \`choose\` | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
| \`serve\` | 0 | 0 | 0 | 0 | 0 | 0 | 64 |
| \`sandbox\` | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
| \`local\` | 0 | 0 | 2 | 0 | 0 | 2 | 64 |

Where there are several and none is named, \`status\`, \`history\` and \`doctor\` look at \`default\`. With the provider down \`token\` and \`exec\` hand out the stored token while it lasts, and answer 1 after that, as \`status\` does then; \`sync\` tries three times within four minutes. \`probe\` has a throw-away token on standard input; without an application it cannot be used.
`;

function commandsOf(command: Command, name: string): [string, Command][] {
  const shown = command.createHelp().visibleCommands(command);
  const below = command.commands
    .filter((it) => shown.includes(it))
    .flatMap((it) => commandsOf(it, `${name} ${it.name()}`));
  return [[name, command], ...below];
}

/** The help with the examples after it, as \`--help\` prints it where nothing is coloured. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}
