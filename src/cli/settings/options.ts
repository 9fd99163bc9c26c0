import { Command } from 'commander';
import type { Connection, OpenOptions } from '../../connection/connection.ts';
import { unnamedProblem } from '../../connection/names.ts';
import { wrongUsage } from '../failure.ts';
import { interruption } from '../interruption.ts';
import { type ConnectionOptions, readSettings, type Settings } from './settings.ts';

/** What the help says of a command. */
export interface Help {
  readonly summary?: string;
  readonly description: string;
  readonly examples?: readonly string[];
}

/** A command that works on a connection, with the options that say on which, and `--json`. */
export function connectionCommand(name: string, help: Help): Command {
  const command = withHelp(name, help)
    .option('--connection <name>', 'connection to work on (FRESCO_CONNECTION, default: default)')
    .option(
      '--store <store>',
      "where it is stored: 'aws', 'file:<path>' or 'sandbox' (FRESCO_STORE, default: aws)",
    )
    .option('--prefix <prefix>', 'prefix of the secrets in AWS (FRESCO_PREFIX, default: fresco)')
    .option('--provider-url <url>', 'base URL of the provider (FRESCO_PROVIDER_URL)')
    .option(
      '--provider <file>',
      'description of another OAuth server, experimental (FRESCO_PROVIDER)',
    );
  return withJson(command);
}

/** A command with its help. */
export function withHelp(name: string, { summary, description, examples = [] }: Help): Command {
  const command = new Command(name).description(description);
  if (summary !== undefined) command.summary(summary);
  if (examples.length === 0) return command;
  const lines = examples.map((line) => `  $ ${line}`).join('\n');
  return command.addHelpText('after', `\nExamples:\n${lines}\n`);
}

/** Gives a command `--json`. */
export function withJson(command: Command): Command {
  return command.option('--json', 'one JSON value on standard output, messages on standard error');
}

/** Opens the connection that is named, or the only one there is; rejects with `Failure` or `StoreRefused`. */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  return openNamed(await readSettings(options));
}

/** The same with settings that are read already. Nobody's token is handed out or spent by a guess. */
export async function openNamed(
  settings: Settings,
  how: Pick<OpenOptions, 'mend' | 'onPersonNeeded'> = {},
): Promise<Connection> {
  const connection = await open(settings, how);
  if (settings.namesConnection) return connection;
  const problem = unnamedProblem(connection.name, await connection.siblings());
  if (problem === undefined) return connection;
  throw wrongUsage`${problem}: name one with --connection or FRESCO_CONNECTION`;
}

/** Opens a connection to look at it, `default` where none is named. */
export async function openToLook(options: ConnectionOptions): Promise<Connection> {
  return open(await readSettings(options));
}

/** Opens a connection; rejects with `StoreRefused`. */
export async function open(
  settings: Settings,
  how: Pick<OpenOptions, 'create' | 'mend' | 'onPersonNeeded'> = {},
): Promise<Connection> {
  const { openConnection } = await import('../../connection/open.ts');
  const connection = await openConnection({ ...settings, ...how, onWrite: interruption.begun });
  return unbroken(connection);
}

/** The same connection, whose passes and logins no first signal cuts off. */
function unbroken(connection: Connection): Connection {
  const { rotate, login, putManualToken, logout, tokens } = connection;
  const isElsewhere = connection.deployed !== undefined;
  return {
    ...connection,
    rotate: (request) => interruption.pass(() => rotate(request), isElsewhere),
    login: (consent) => interruption.whole(() => login(consent)),
    putManualToken: (manual) => interruption.whole(() => putManualToken(manual)),
    logout: () => interruption.whole(() => logout()),
    tokens: {
      obtain: (wish) => interruption.pass(() => tokens.obtain(wish)),
      rejected: (token) => interruption.pass(() => tokens.rejected(token)),
    },
  };
}
