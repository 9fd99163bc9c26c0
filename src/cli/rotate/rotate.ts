import { type Command, Option } from 'commander';
import type { Connection, OpenOptions, PassResult } from '../../connection/connection.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { readManual } from '../../core/rotation/manual-check.ts';
import { toRfc3339 } from '../../core/time.ts';
import { Failure } from '../failure.ts';
import { type ForwardTarget, parseForward } from '../settings/forward.ts';
import { connectionCommand, openNamed } from '../settings/options.ts';
import {
  type ConnectionOptions,
  namingOptions,
  readSettings,
  type Settings,
} from '../settings/settings.ts';
import { aimed } from '../target.ts';
import { print, say, waiting } from '../terminal.ts';
import { dryRun } from './dry-run.ts';

interface RotateOptions extends ConnectionOptions {
  readonly ifDue?: boolean;
  readonly onPersonNeeded?: ForwardTarget;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly compromised?: boolean;
  readonly scopes?: string;
  readonly paste?: boolean;
  readonly browser: boolean;
  readonly dryRun?: boolean;
}

/** Names where the notice goes that a person is needed. */
export const personNeededVariable = 'FRESCO_ON_PERSON_NEEDED';

/** `fresco rotate`: one pass of the rotation protocol, now. */
export function rotateCommand(): Command {
  return connectionCommand('rotate', {
    summary: 'refresh the tokens now, or replace them after a leak (--compromised)',
    description:
      'Refreshes the tokens and publishes the new access token; first it finishes an interrupted refresh. Safe to repeat and to interrupt. With the store in AWS the rotator does it, so that no laptop sends a refresh token. For a manual token it asks for the new one (by prompt or standard input), checks it, serves it, and then has you revoke the old one.',
    examples: [
      'fresco rotate --store aws --connection default',
      'fresco rotate --store aws --connection default --if-due        # from cron, every hour',
      'fresco rotate --store aws --connection default --json',
      'fresco rotate --store aws --connection default < new-token.txt   # a manual token',
      'fresco rotate --store aws --connection default --compromised',
    ],
  })
    .option(
      '--if-due',
      'only if it is due: after half of the access token’s life, after a day, or to finish an interrupted refresh',
    )
    .addOption(
      new Option(
        '--on-person-needed <command or address>',
        'for a file store: where to send an event (JSON) when a person is needed: a command, on its standard input, or an https address, by POST; in AWS use alarmEmail of the stack',
      )
        .env(personNeededVariable)
        .argParser(parseForward),
    )
    .option('-v, --verbose', 'with --if-due: say so if nothing was due')
    .addOption(new Option('-q, --quiet', 'print only failures').conflicts('verbose'))
    .addOption(
      new Option(
        '--compromised',
        'after a leak: have the connection revoked, log in again, and check that the old token no longer works',
      ).conflicts('ifDue'),
    )
    .option('--scopes <scopes>', 'with --compromised: what to ask for, as with fresco login')
    .option('--paste', 'with --compromised: paste the address where the browser ends')
    .option('--no-browser', 'with --compromised: print the address, open nothing')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(async (options: RotateOptions) => {
      mustBelong(options);
      const settings = await readSettings(options);
      const connection = await openNamed(settings, calling(settings, options));
      const onlyIfDue = options.ifDue === true;
      if (options.dryRun === true) return tellForesight(connection, options);
      if (options.compromised === true) {
        const { renewAfterLeak } = await import('./compromised.ts');
        return renewAfterLeak(connection, settings, options);
      }
      const manual = onlyIfDue ? undefined : await readManual(connection);
      if (manual !== undefined) {
        const { rotateManually } = await import('./manual.ts');
        return rotateManually(connection, manual, options);
      }
      const pass = connection.rotate({ trigger: 'operator', onlyIfDue });
      tell(connection, await waiting('refreshing', pass), options);
    });
}

/** Where the notice goes that a person is needed. */
function calling(
  settings: Settings,
  { onPersonNeeded: target }: RotateOptions,
): Pick<OpenOptions, 'onPersonNeeded'> {
  if (target === undefined) return {};
  if (settings.config.store === 'aws') {
    const text = '--on-person-needed is for a file store: in AWS give the stack an alarmEmail';
    throw new Failure('usage', text);
  }
  // It is read elsewhere, where the variables of this job are not set.
  const naming = JSON.stringify(` ${namingOptions(settings)}`).slice(1, -1);
  return {
    onPersonNeeded: (event) => target.take(aimed(event, naming), new AbortController().signal),
  };
}

/** What only a login can do. */
function mustBelong({ compromised, scopes, paste, browser }: RotateOptions): void {
  if (compromised === true || (scopes === undefined && paste !== true && browser)) return;
  const text = '--scopes, --paste and --no-browser go with --compromised: a refresh needs no login';
  throw new Failure('usage', text);
}

const leak = {
  would: 'renew',
  detail:
    'would ask you to revoke the connection and to log in again, and check that the old token no longer works',
} as const;

async function tellForesight(
  connection: Connection,
  { ifDue = false, compromised = false, json = false }: RotateOptions,
): Promise<void> {
  const isWalk = compromised && (await readManual(connection)) === undefined;
  const foresight = isWalk ? leak : await dryRun(connection, ifDue);
  print(json ? JSON.stringify({ dryRun: true, ...foresight }) : foresight.detail);
}

function tell(
  { name, place }: Connection,
  { outcome, warnings }: PassResult,
  { json = false, ifDue = false, verbose = false, quiet = false }: RotateOptions,
): void {
  if (!quiet) for (const warning of warnings) say(`warning: ${warning}`);
  const outcomeClass = classOf(outcome);
  const details = { ...outcomeJson(outcome, warnings), connection: name, store: place };
  const text = describeOutcome(outcome);
  if (outcomeClass !== 'done') throw new Failure(outcomeClass, text, { details });
  // Cron mails whatever is printed, and a check that finds nothing to do comes every hour.
  const isIdle = ifDue && outcome.kind === 'fresh' && !verbose;
  if (json) print(JSON.stringify(details));
  else if (!quiet && !isIdle) print(`${text} (${name}, in ${place})`);
}

/** An outcome for programs: its kind, class and sentence, and the token's facts where there is one. */
export function outcomeJson(outcome: Outcome, warnings: readonly string[]): object {
  const token = 'token' in outcome ? outcome.token : undefined;
  return {
    outcome: outcome.kind,
    class: classOf(outcome),
    detail: describeOutcome(outcome),
    ...(token && {
      generation: token.generation,
      expiresAt: token.expiresAtMs === null ? null : toRfc3339(token.expiresAtMs),
    }),
    warnings,
  };
}
