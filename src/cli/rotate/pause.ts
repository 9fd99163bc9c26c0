import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { type Paused, pause, resume } from '../../core/operations/pause.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { toRfc3339 } from '../../core/time.ts';
import { Failure } from '../failure.ts';
import { connect, connectionCommand, type Help } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { print } from '../terminal.ts';

interface PauseOptions extends ConnectionOptions {
  readonly dryRun?: boolean;
}

/** `fresco pause`: no refresh token is spent until `fresco resume`. */
export function pauseCommand(): Command {
  return changing('pause', {
    summary: 'stop refreshing until fresco resume',
    description:
      'Stops refreshing, by schedule, consumers and operators, until fresco resume. Consumers get the access token until it expires. The alarm person-needed rings as soon as a refresh is due.',
    examples: [
      'fresco pause --store aws --connection default',
      'fresco status --store aws --connection default   # paused since when',
    ],
  });
}

/** `fresco resume`: ends a pause. */
export function resumeCommand(): Command {
  return changing('resume', {
    summary: 'end a pause',
    description:
      'Ends a pause. The next check refreshes if it is due; fresco rotate refreshes at once.',
    examples: [
      'fresco resume --store aws --connection default && fresco rotate --store aws --connection default --if-due',
    ],
  });
}

function changing(wish: 'pause' | 'resume', help: Help): Command {
  return connectionCommand(wish, help)
    .option('--dry-run', 'say what would be done, and do nothing')
    .action((options: PauseOptions) => change(options, wish));
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
