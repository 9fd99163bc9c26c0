import { type Command, InvalidArgumentError } from 'commander';
import type { ConnectionSync } from '../../connection/sync.ts';
import type { FrescoEvent } from '../../core/events/event.ts';
import { eventLine } from '../../core/outcome/report.ts';
import type { SyncOutcome, SyncRequest } from '../../core/sync/sync.ts';
import { toRfc3339 } from '../../core/time.ts';
import { Failure, tryAgain } from '../failure.ts';
import { connect, connectionCommand } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { clearMoving, print, printAll, say } from '../terminal.ts';
import { syncProgress } from './progress.ts';

interface SyncOptions extends ConnectionOptions {
  readonly resource: readonly string[];
  readonly since?: string;
  readonly dryRun?: boolean;
}

const resources = [
  'clients',
  'suppliers',
  'products',
  'issued_documents',
  'received_documents',
  'receipts',
];

/** `fresco sync`: tells what has changed since the last sync, now. */
export function syncCommand(): Command {
  return connectionCommand('sync', {
    summary: 'publish changes since the last sync',
    description:
      'Reads what has changed since the last sync, in every list of every company, and publishes it as events: on the bus of the stack, or, with a file store, as lines of JSON on standard output. The first sync publishes everything. It saves its position after each page, so you can interrupt it and run it again.',
    examples: [
      'fresco sync --store aws --connection default',
      'fresco sync --store aws --connection default --resource clients --resource receipts',
      'fresco sync --store aws --connection default --since 2026-01-31   # if events were lost',
    ],
  })
    .option(
      '--resource <name>',
      `only this kind of entity, repeatable: ${resources.join(', ')}`,
      parseResource,
      [],
    )
    .option(
      '--since <time>',
      "publish everything again from here on, in Italian time: '2026-01-31' or '2026-01-31 10:00:00'",
      parseStamp,
    )
    .option('--dry-run', 'read and count with the stored token, write and publish nothing')
    .action(async (options: SyncOptions) => {
      const connection = await connect(options);
      const { openSync } = await import('../../connection/sync.ts');
      const isDry = options.dryRun === true;
      const bus = { publish: printEvents };
      const sync = await openSync({ connection, bus, isDry });
      const outcome = await run(sync, options);
      // Without a bus the event of the completion is the last line already.
      const json = options.json === true && (isDry || sync.hasBus);
      tell(outcome, { json, isDry, place: sync.place });
    });
}

// A person or a cron line waits for it, and the next sync reads all the same.
const silentPassesMax = 3;

/** Runs passes until the sync is complete, or nothing at all could be read for some minutes. */
async function run(sync: ConnectionSync, options: SyncOptions): Promise<SyncOutcome> {
  const { resource, since } = options;
  const shown = syncProgress(sync.clock);
  const wish = {
    onProgress: shown.update,
    ...(resource.length === 0 ? {} : { resources: resource }),
  };
  let request: SyncRequest = { kind: 'start', ...(since === undefined ? {} : { since }) };
  let silentPasses = 0;
  try {
    for (;;) {
      const outcome: SyncOutcome = await sync.run(request, wish);
      if (outcome.kind !== 'paused' || outcome.resumeAtMs === null) return outcome;
      silentPasses = outcome.isSilent ? silentPasses + 1 : 0;
      if (silentPasses >= silentPassesMax) return outcome;
      shown.note(`${outcome.why.join('; ')}: going on at ${toRfc3339(outcome.resumeAtMs)}`);
      await sync.clock.wait(outcome.resumeAtMs - sync.clock.nowMs());
      request = { kind: 'resume', id: outcome.id };
    }
  } finally {
    shown.end();
  }
}

function tell(
  outcome: SyncOutcome,
  {
    json,
    isDry,
    place,
  }: { readonly json: boolean; readonly isDry: boolean; readonly place: string },
): void {
  switch (outcome.kind) {
    case 'completed': {
      const { requests, changed, deleted, alreadyTold, skipped, seconds } = outcome.detail;
      const [first] = skipped;
      if (first !== undefined) {
        const lists = skipped.length === 1 ? 'one list' : `${skipped.length} lists`;
        say(`warning: ${lists} left out, for example ${first.list}: ${first.why}`);
      }
      const told = isDry ? 'would tell' : `published on ${place}:`;
      const before =
        alreadyTold === 0 ? '' : `, ${alreadyTold} had already been published by a webhook`;
      const counts = `${changed} changed and ${deleted} deleted entities`;
      say(`${told} ${counts}${before} (${requests} requests, ${seconds} s)`);
      if (json) print(JSON.stringify({ ...(isDry && { dryRun: true }), ...outcome.detail }));
      return;
    }
    case 'paused':
      throw tryAgain`the sync is not complete${outcome.isSilent ? ', nothing could be read' : ''}: ${outcome.why.join('; ')}; run it again`;
    case 'incomplete': {
      const lists = outcome.unread.map(({ list, why }) => `${list} (${why})`).join(', ');
      const before = `${outcome.counts.changed} changed and ${outcome.counts.deleted} deleted entities`;
      throw tryAgain`the sync is not complete: not read: ${lists}; ${before} were published; run it again`;
    }
    case 'person-needed':
      throw new Failure('person', outcome.detail);
    case 'superseded':
      throw tryAgain`another sync of this connection is running: wait until it ends`;
  }
}

/** One line of JSON for each event, as the bus would carry it; waits for a reader that is slow. */
async function printEvents(events: readonly FrescoEvent[]): Promise<void> {
  const lines = events.map(eventLine);
  clearMoving();
  await printAll(lines);
}

function parseResource(name: string, before: readonly string[]): readonly string[] {
  if (resources.includes(name)) return [...before, name];
  throw new InvalidArgumentError(`it must be one of ${resources.join(', ')}.`);
}

/** A date, or a date and a time, as the provider writes them. */
function parseStamp(text: string): string {
  const [, date = '', time = '00:00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?$/.exec(text.trim()) ?? [];
  if (date !== '' && !Number.isNaN(Date.parse(`${date}T${time}Z`))) return `${date} ${time}`;
  throw new InvalidArgumentError(
    "it must be a time such as '2026-01-31' or '2026-01-31 10:00:00'.",
  );
}
