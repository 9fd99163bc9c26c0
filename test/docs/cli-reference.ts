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
