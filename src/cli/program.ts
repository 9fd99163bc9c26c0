import { Command, CommanderError } from 'commander';
import metadata from '../../package.json' with { type: 'json' };
import { recordFormat } from '../core/records/record.ts';
import { chooseCommand } from './choose/choose.ts';
import { costCommand } from './cost/cost.ts';
import { exitCodes, failureOf, withoutTokens } from './failure.ts';
import { consoleCommand } from './inspect/console.ts';
import { doctorCommand } from './inspect/doctor.ts';
import { historyCommand } from './inspect/history.ts';
import { statusCommand } from './inspect/status.ts';
import { exitCodeOf, interruption } from './interruption.ts';
import { doomedRotatorCommand } from './local/killed-process.ts';
import { localCommand } from './local/local.ts';
import { sandboxCommand } from './local/sandbox.ts';
import { loginCommand } from './login/login.ts';
import { logoutCommand } from './login/logout.ts';
import { output } from './output.ts';
import { pauseCommand, resumeCommand } from './rotate/pause.ts';
import { probeCommand } from './rotate/probe.ts';
import { recoverCommand } from './rotate/recover.ts';
import { personNeededVariable, rotateCommand } from './rotate/rotate.ts';
import { syncCommand } from './sync/sync.ts';
import { aimAt } from './target.ts';
import { print, say, textOf } from './terminal.ts';
import { execCommand } from './token/exec.ts';
import { serveCommand } from './token/serve.ts';
import { tokenCommand } from './token/token.ts';
import { webhooksCommand } from './webhooks/webhooks.ts';

/** Every command, in the order in which the help lists them. */
const commands = [
  chooseCommand,
  loginCommand,
  tokenCommand,
  execCommand,
  serveCommand,
  rotateCommand,
  statusCommand,
  historyCommand,
  doctorCommand,
  consoleCommand,
  costCommand,
  recoverCommand,
  probeCommand,
  pauseCommand,
  resumeCommand,
  logoutCommand,
  webhooksCommand,
  syncCommand,
  sandboxCommand,
  localCommand,
];

const overview = `
Try it without an account:
  $ fresco login --sandbox
  $ fresco token --store sandbox

Without options and variables a command works on the connection 'default' in AWS. On a terminal it
works on the store of the last login instead, and says so.
Exit codes: 0 done, 1 failed and may be retried, 2 needs a person, 64 wrong usage.
Secrets come in by prompt or standard input, never as arguments.
`;

/** Runs the command that `argv` asks for; resolves with the exit code, and never rejects. */
export async function run(argv: readonly string[]): Promise<number> {
  // The SDK would tell every user of Node 20 about its plans for 2027; docs/upgrade.md does.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  // To the parser of options an empty variable is a value; everywhere else it is an unset one.
  if (process.env[personNeededVariable] === '') delete process.env[personNeededVariable];
  interruption.start();
  aimAt('default', {});
  try {
    await createProgram().parseAsync(argv);
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    if (isReaderGone(error)) return exitCodes.readerGone;
    return told(error, argv);
  } finally {
    interruption.stop();
  }
}

/** The command with everything below it; parsing is not running. */
export function createProgram(): Command {
  const program = new Command('fresco')
    .version(versionText(), '--version', 'print the versions of fresco, Node and the stored format')
    .description('Keeps the tokens of a Fatture in Cloud connection fresh, for machines.')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ sortOptions: false, helpWidth: 100 })
    .configureOutput({
      writeOut: output.result,
      writeErr: output.message,
      outputError: (text, write) => write(textOf([withoutValues(text)], {})),
    })
    .addHelpText('after', overview);
  for (const make of commands) program.addCommand(make());
  program.addCommand(doomedRotatorCommand(), { hidden: true });
  for (const command of program.commands) inherit(command, program);
  return program;
}

/** A reader such as `head` has seen enough. */
function isReaderGone(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'EPIPE' && syscall === 'write';
}

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inherit(below, command);
}

function told(error: unknown, argv: readonly string[]): number {
  const failure = failureOf(error);
  const { message, failureClass, details } = failure;
  say(`fresco: ${message}`);
  if (wantsJson(argv)) print(JSON.stringify({ ...details, error: message, class: failureClass }));
  const { endedBy } = failure;
  return endedBy === undefined ? exitCodes[failureClass] : exitCodeOf(endedBy);
}

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
}

function withoutValues(text: string): string {
  const line = text.trimEnd().replace(/\n(?=\(Did you mean [^\n]*$)/, ' ');
  return withoutTokens(line.replace(/^error: /, 'fresco: ').replace(/'(-[^'=]*)=[^']*'/g, "'$1'"));
}

/** What a report of a fault begins with: which program, on which Node, over which stored format. */
function versionText(): string {
  return `fresco ${metadata.version}, Node ${process.versions.node}, store format ${recordFormat}`;
}
