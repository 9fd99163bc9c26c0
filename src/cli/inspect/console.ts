import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import type { Deployed } from '../../connection/deployed.ts';
import type { DueStep, Overview, Seen } from '../../console/overview/overview.ts';
import type { Journal } from '../../core/journal/journal.ts';
import { busyUntilMs } from '../../core/journal/lease.ts';
import { StoreRefused } from '../../core/ports.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { toRfc3339 } from '../../core/time.ts';
import { failureOf } from '../failure.ts';
import { Session } from '../session.ts';
import { connectionCommand, openToLook } from '../settings/options.ts';
import { parsePort } from '../settings/port.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { aimed } from '../target.ts';
import { print, say } from '../terminal.ts';
import { examineConnection } from './doctor.ts';
import type { Finding } from './doctor-finding.ts';
import { readableSight, type Status, statusIn } from './status.ts';

const consolePort = 4000;
const outcomesShown = 100;
// A doctor asks the provider's API, whose quota the jobs share.
const examineEveryMs = { whole: 5 * 60_000, broken: 60_000 };

interface ConsoleOptions extends ConnectionOptions {
  readonly port: number;
}

/** `fresco console`: a page that shows how a real connection is, and changes nothing. */
export function consoleCommand(): Command {
  return connectionCommand('console', {
    summary: 'show a page about the connection',
    description:
      'Shows on a page of this machine the status of the connection: time left, checks, alarms, waiting webhooks, journal, stored versions (no secret is shown), latest outcomes, and the commands to run. Reads with your rights and changes nothing. The address works once, for one browser.',
    examples: [
      'fresco console --store aws --connection default',
      'fresco console --store file:/var/lib/fresco --connection default --port 4100',
    ],
  })
    .option('--port <port>', 'of the page, or the next free one', parsePort, consolePort)
    .action(serveConsole);
}

async function serveConsole(options: ConsoleOptions): Promise<void> {
  const connection = await openToLook(options);
  const [{ listenLocally, onFreePort }, { overviewServer }, { createEntrance }] = await Promise.all(
    [
      import('../local/server.ts'),
      import('../../console/overview/server.ts'),
      import('../../console/entrance.ts'),
    ],
  );
  const session = new Session();
  try {
    const server = await onFreePort(options.port, listenLocally);
    await session.closes(server.close);
    const entrance = createEntrance((path) => say(`page:     ${server.url}${path}`));
    const why = (error: unknown) => aimed(failureOf(error).message);
    server.serve(overviewServer(connection.name, overviewer(connection), { entrance, why }));
    const url = server.url + entrance.path;
    if (options.json) print(JSON.stringify({ connection: connection.name, console: url }));
    say(`${connection.name} in ${connection.place}`, `page:     ${url}`, 'Ctrl-C ends it');
    await session.ended();
  } finally {
    await session.end();
  }
}

/** Looks at a connection; what a doctor found holds for five minutes, or for one where a link is broken. */
export function overviewer(connection: Connection): () => Promise<Overview> {
  let deployed: Promise<Deployed> | undefined;
  let examination: Promise<readonly Finding[]> | undefined;
  let untilMs = 0;
  const examined = () => {
    const nowMs = connection.clock.monotonicMs();
    if (examination !== undefined && nowMs < untilMs) return examination;
    untilMs = nowMs + examineEveryMs.whole;
    // Two pages that ask at the same time are served by one examination.
    examination = examineConnection(connection).then(
      (findings) => {
        const isBroken = findings.some(({ state }) => state === 'broken');
        if (isBroken) untilMs = connection.clock.monotonicMs() + examineEveryMs.broken;
        return findings;
      },
      (error: unknown) => {
        examination = undefined;
        throw error;
      },
    );
    return examination;
  };
  return async () => {
    // Its clients are made once, and not for each look.
    deployed ??= connection.deployed?.();
    return overviewOf(connection, await examined(), await deployed);
  };
}

async function overviewOf(
  connection: Connection,
  findings: readonly Finding[],
  deployed: Deployed | undefined,
): Promise<Overview> {
  const sight = await readableSight(connection);
  const { journal, published: token } = sight;
  const status = statusIn(connection, sight);
  const [alarms, queues, versions] = await Promise.all([
    seen(async () =>
      (await deployed?.alarms())?.map(({ says, state, sinceMs }) => ({
        says,
        isRinging: state === 'ALARM',
        sinceMs,
      })),
    ),
    seen(async () => deployed?.queues()),
    seen(() => connection.storedVersions()),
  ]);
  return {
    connection: connection.name,
    store: connection.place,
    provider: status.provider,
    atMs: connection.clock.nowMs(),
    due: dueSteps(status, findings),
    waiting: status.waitingFor && aimed(status.waitingFor),
    token: token
      ? {
          generation: token.generation,
          issuedAtMs: token.issuedAtMs,
          expiresAtMs: token.expiresAtMs,
        }
      : null,
    companies: status.companies.map(({ id, name }) => `${id} ${name}`),
    links: findings.map(({ check, state, detail }) => ({
      name: check,
      state,
      detail: aimed(detail),
    })),
    alarms,
    queues,
    journal: journalTerms(status, journal, connection.clock.nowMs()),
    versions,
    history: journal.history.slice(-outcomesShown).toReversed(),
  };
}

function dueSteps({ problem }: Status, findings: readonly Finding[]): readonly DueStep[] {
  const steps = findings
    .filter(({ state, next }) => state === 'broken' && next !== null)
    .map(({ detail, next }) => ({ what: detail, command: next ?? '' }));
  const isSaid = problem === null || steps.some(({ what }) => problem.includes(what));
  const due = isSaid ? steps : [{ what: problem, command: 'fresco doctor' }, ...steps];
  return due.map(({ what, command }) => ({ what: aimed(what), command: aimed(command) }));
}

function journalTerms(status: Status, journal: Journal, nowMs: number): Overview['journal'] {
  const { lease, dispatch, seals, canary, sentAtMs } = journal;
  const terms: readonly (readonly [string, string | null])[] = [
    ['lease', lease === null ? 'free' : `held until ${toRfc3339(busyUntilMs(journal, nowMs))}`],
    ['dispatch', dispatch === null ? 'idle' : `no answer since ${status.uncertainSince}`],
    [
      'seals',
      seals.length === 0 ? 'none' : seals.map((it) => `generation ${it.generation}`).join(', '),
    ],
    ['latch', status.latch && `${status.latch.kind} since ${status.latch.since}`],
    ['paused', status.pausedSince && `since ${status.pausedSince}`],
    ['failing', status.failingSince && `since ${status.failingSince}`],
    ['canary', canary && `${canary.verdict} at ${toRfc3339(canary.atMs)}`],
    ['refreshes', `${sentAtMs.length} in the last day`],
    ['schedule', status.schedule],
  ];
  return terms.flatMap(([term, value]) => (value === null ? [] : [[term, value] as const]));
}

/** What was read, or why it could not be: a right that an operator lacks must not blind the page. */
async function seen<T>(read: () => Promise<T | undefined>): Promise<Seen<T>> {
  const value = await orRefusal(read);
  if (value instanceof StoreRefused) return { kind: 'unreadable', why: value.message };
  return value === undefined ? { kind: 'none' } : { kind: 'seen', value };
}
