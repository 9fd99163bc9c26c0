import { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { type Paused, pause, resume } from '../../core/operations/pause.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { toRfc3339 } from '../../core/time.ts';
import { Failure } from '../failure.ts';
import { connect, examples, withConnection } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { print } from '../terminal.ts';

interface PauseOptions extends ConnectionOptions {
  readonly dryRun?: boolean;
}

/** `fresco pause`: no refresh token is spent until `fresco resume`. */
export function pauseCommand(): Command {
  return described('pause', 'stop refreshing until fresco resume')
    .description(
      'Stops refreshing, by schedule, consumers and operators, until fresco resume. Consumers get the access token until it expires. The alarm person-needed rings as soon as a refresh is due.',
    )
    .addHelpText(
      'after',
      examples(
        'fresco pause --store aws --connection default',
        'fresco status --store aws --connection default   # paused since when',
      ),
    )
    .action((options: PauseOptions) => change(options, 'pause'));
}

/** `fresco resume`: ends a pause. */
export function resumeCommand(): Command {
  return described('resume', 'end a pause')
    .description(
      'Ends a pause. The next check refreshes if it is due; fresco rotate refreshes at once.',
    )
    .addHelpText(
      'after',
      examples(
        'fresco resume --store aws --connection default && fresco rotate --store aws --connection default --if-due',
      ),
    )
    .action((options: PauseOptions) => change(options, 'resume'));
}

function described(name: string, summary: string): Command {
  return withConnection(new Command(name))
    .summary(summary)
    .option('--dry-run', 'say what would be done, and do nothing');
}

async function change(options: PauseOptions, wish: 'pause' | 'resume'): Promise<void> {
  const connection = await connect(options);
  const { journal } = await connection.journal.read();
  await mustBeConnected(connection, journal.known !== null);
  const isPaused = journal.pausedAtMs !== null;
  if (options.dryRun === true) {
    const changes = isPaused === (wish === 'resume');
    const plan = changes ? `would ${wish} ${connection.name}` : 'would change nothing';
    return print(options.json ? JSON.stringify({ dryRun: true, wish, changes }) : plan);
  }
  const work = wish === 'pause' ? pause : resume;
  tell(connection, await work(connection.journal, connection.clock), options.json);
}

/** A pause of what nobody has logged in to is a name mistyped. */
async function mustBeConnected({ grant }: Connection, isKnown: boolean): Promise<void> {
  if (isKnown || (await grant.current()) !== undefined) return;
  throw new Failure('person', describeOutcome({ kind: 'not-connected', missing: 'grant' }));
}

function tell({ name }: Connection, { changed, sinceMs }: Paused, json = false): void {
  const pausedSince = sinceMs === null ? null : toRfc3339(sinceMs);
  print(
    json
      ? JSON.stringify({ connection: name, changed, pausedSince })
      : sentence(name, changed, pausedSince),
  );
}

function sentence(name: string, changed: boolean, pausedSince: string | null): string {
  if (pausedSince !== null) {
    return `${name} is paused${changed ? '' : ' already'} since ${pausedSince}: fresco resume ends it`;
  }
  return changed
    ? `${name} is no longer paused: fresco rotate --if-due refreshes if it is due`
    : `${name} is not paused`;
}
