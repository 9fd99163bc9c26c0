import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import type { Company } from '../../core/records/company.ts';
import { personNeeded } from '../failure.ts';
import { interruption } from '../interruption.ts';
import { parseCompany } from '../login/company-choice.ts';
import { durationOption } from '../settings/duration.ts';
import { connect, connectionCommand } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { say } from '../terminal.ts';
import { obtainToken } from './token.ts';

interface ExecOptions extends ConnectionOptions {
  readonly minValidity: number;
  readonly company?: string;
}

/** `fresco exec`: a command that finds a token in its environment. */
export function execCommand(): Command {
  return connectionCommand('exec', {
    summary: 'run a command with a token in its environment',
    description:
      'Runs a command with FATTUREINCLOUD_ACCESS_TOKEN, FATTUREINCLOUD_COMPANY_ID and FATTUREINCLOUD_API_URL (the base URL that the token is for) in the environment of that command only; the client secret is removed from it. Signals and the exit code are passed through.',
    examples: [
      'fresco exec --store aws --connection default -- node export.js',
      'fresco exec --store aws --connection default --min-validity 2h -- ./nightly.sh --all',
    ],
  })
    .argument('<command...>', 'the command and its arguments, after --')
    .passThroughOptions()
    .addOption(
      durationOption('--min-validity', 'how long the token must last, such as 5m or 3h', '5m'),
    )
    .option('--company <id>', 'the company, if the connection reaches several', parseCompany)
    .action(async ([command = '', ...args]: string[], options: ExecOptions) => {
      const connection = await connect(options);
      const token = await obtainToken(connection, options.minValidity);
      mustBeForHere(connection, token);
      const company = options.company ?? (await companyOf(connection, token));
      // A job needs the token, and nothing that could make another, nor a company that it may not be for.
      const {
        FATTUREINCLOUD_CLIENT_SECRET: _,
        FATTUREINCLOUD_COMPANY_ID: __,
        ...env
      } = process.env;
      process.exitCode = await runChild(command, args, {
        ...env,
        FATTUREINCLOUD_API_URL: connection.provider.profile.baseUrl,
        FATTUREINCLOUD_ACCESS_TOKEN: token.accessToken.reveal(),
        ...(company === undefined ? {} : { FATTUREINCLOUD_COMPANY_ID: company }),
      });
    });
}

/** The child finds the provider's address in the same environment as the token. */
function mustBeForHere({ provider }: Connection, { accessToken: { origin } }: AccessToken): void {
  if (origin === provider.apiOrigin) return;
  throw personNeeded`the stored token is for ${origin}, and ${provider.profile.baseUrl} is set: set FRESCO_PROVIDER_URL to the first, or run fresco login`;
}

/** The one company that the token reaches; a grant that was adopted does not know it, so the provider is asked. */
async function companyOf(
  { provider }: Connection,
  token: AccessToken,
): Promise<string | undefined> {
  let companies: readonly Company[] = token.companies;
  if (companies.length === 0) {
    const listed = await provider.companies(token.accessToken);
    companies = listed.kind === 'companies' ? listed.companies : [];
  }
  const [only, ...others] = companies;
  if (only !== undefined && others.length === 0) return String(only.id);
  if (only !== undefined) {
    const names = companies.map(({ id, name }) => `${id} ${name}`).join(', ');
    say(
      `several companies, so FATTUREINCLOUD_COMPANY_ID is not set; name one with --company: ${names}`,
    );
  }
  return undefined;
}

function runChild(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  interruption.stop();
  const child = spawn(command, args, { env, stdio: 'inherit' });
  const stop = passSignals(child);
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      stop();
      const isMissing = error.code === 'ENOENT';
      say(`fresco: could not run '${command}': ${isMissing ? 'command not found' : error.code}`);
      // As shells answer: not found, and found but not runnable.
      resolve(isMissing ? 127 : 126);
    });
    child.once('exit', (code, signal) => {
      stop();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** Signals to this process are the child's; those of the terminal's keys reach it by themselves, whatever is piped. */
function passSignals(child: ChildProcess): () => void {
  const fromKeys = [0, 1, 2].some(isatty) ? ['SIGINT', 'SIGQUIT'] : [];
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
  const listeners = signals.map((signal) => {
    const listener = () => {
      if (!fromKeys.includes(signal)) child.kill(signal);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
