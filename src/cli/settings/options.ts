import type { Command } from 'commander';
import type { Connection, OpenOptions } from '../../connection/connection.ts';
import { unnamedProblem } from '../../connection/names.ts';
import { wrongUsage } from '../failure.ts';
import { interruption } from '../interruption.ts';
import { type ConnectionOptions, readSettings, type Settings } from './settings.ts';

/** Gives a command the options that say which connection is meant, and `--json`. */
export function withConnection(command: Command): Command {
  return withJson(
    command
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
      ),
  );
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

/** Examples under a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
