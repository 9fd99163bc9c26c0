import { quotaPausesTable } from '../aws/dynamodb/quota-pauses.ts';
import { publishedStatesTable, syncTable } from '../aws/dynamodb/sync-store.ts';
import { dynamoDb } from '../aws/dynamodb/table-item.ts';
import { functionLog } from '../aws/reporting/function-log.ts';
import type { Log } from '../aws/reporting/log.ts';
import { emitMetrics, metricLine } from '../aws/reporting/metric-line.ts';
import { sqs } from '../aws/sqs/sqs.ts';
import {
  type Continuation,
  parseContinuation,
  type SyncQueue,
  syncQueue,
} from '../aws/sqs/sync-queue.ts';
import type { Config } from '../config/config.ts';
import type { SyncPorts } from '../core/sync/ports.ts';
import { beginSync, type SyncOutcome, syncPass } from '../core/sync/sync.ts';
import { syncPorts, usualPace } from '../fatture-in-cloud/api/sync-pass.ts';
import { systemClock, systemRandom } from '../local/clock.ts';
import { connectionApis } from './connection-apis.ts';
import { stackBus } from './stack-bus.ts';

// Enough for the request under way, for its events and for the notes after them.
const reserveMs = 40_000;
const waitMaxMs = 20_000;
// A message may come a little early.
const earlyMs = 2000;

/** How a call of the sync ended. */
export type SyncEnding = SyncOutcome['kind'] | 'begun';

/**
 * Leaves word in the queue for a schedule's event, makes one pass of a sync for each message of the queue;
 * resolves with how each ended.
 */
export type Sync = (event: unknown, remainingMs: () => number) => Promise<readonly SyncEnding[]>;

/** A call that is not for the sync: nothing was done. */
export class SyncCallRefused extends Error {
  override readonly name = 'SyncCallRefused';
}

/** Builds the sync of a stack once for each process. */
export function buildSync(config: Config<'sync'>): Sync {
  const { prefix, entity } = config;
  const portsFor = portsOf(config);
  const queue = syncQueue(sqs(), config.queueUrl);
  const log = functionLog('sync');
  return async (event, remainingMs) => {
    const endings: SyncEnding[] = [];
    for (const call of callsIn(event, config.connections)) {
      const ports = portsFor(call.connection);
      endings.push(await serve({ ports, queue, log, prefix, entity }, call, remainingMs));
    }
    return endings;
  };
}

interface Service {
  readonly ports: SyncPorts;
  readonly queue: SyncQueue;
  readonly log: Log;
  readonly prefix: string;
  readonly entity: 'full' | 'reference';
}

type Call = Pick<Continuation, 'connection'> & Partial<Continuation>;

async function serve(service: Service, call: Call, remainingMs: () => number): Promise<SyncEnding> {
  const { ports, queue, log, entity } = service;
  const { clock } = ports;
  const { connection, id, resumeAtMs = 0 } = call;
  if (id === undefined) return begin(service, connection);
  if (resumeAtMs > clock.nowMs() + earlyMs) {
    await queue.send({ connection, id, resumeAtMs }, clock.nowMs());
    return 'paused';
  }
  const endMs = clock.monotonicMs() + remainingMs() - reserveMs;
  const settings = { connection, entity, bounds: { ...usualPace, endMs, waitMaxMs } };
  const outcome = await syncPass(ports, settings, { kind: 'resume', id });
  tell(log, connection, outcome);
  if (outcome.kind === 'completed') {
    emitMetrics(completionMetric(clock.nowMs(), { prefix: service.prefix, connection }));
  }
  if (outcome.kind === 'paused' && outcome.resumeAtMs !== null) {
    const { id: own, resumeAtMs: atMs } = outcome;
    await queue.send({ connection, id: own, resumeAtMs: atMs }, clock.nowMs());
  }
  return outcome.kind;
}

/** All passes are made from the queue: a message comes again until its pass has ended. */
async function begin({ ports, queue }: Service, connection: string): Promise<SyncEnding> {
  const begun = await beginSync(ports);
  if (begun.kind === 'superseded') return begun.kind;
  const nowMs = ports.clock.nowMs();
  await queue.send({ connection, id: begun.id, resumeAtMs: nowMs }, nowMs);
  return begun.kind;
}

function tell(log: Log, connection: string, outcome: SyncOutcome): void {
  switch (outcome.kind) {
    case 'completed': {
      const { id, requests, changed, deleted, alreadyTold } = outcome.detail;
      const skipped = outcome.detail.skipped.map(({ list, why }) => `${list}: ${why}`);
      const fields = { connection, id, requests, changed, deleted, alreadyTold, skipped };
      log[skipped.length === 0 ? 'info' : 'warn']('sync completed', fields);
      break;
    }
    case 'paused': {
      const { id, why, resumeAtMs } = outcome;
      log[resumeAtMs === null ? 'warn' : 'info']('sync paused', { connection, id, why });
      break;
    }
    case 'incomplete': {
      const unread = outcome.unread.map(({ list, why }) => `${list}: ${why}`);
      log.error('the sync has not read every list', { connection, id: outcome.id, unread });
      break;
    }
    case 'person-needed':
      log.error('the sync needs a person', { connection, detail: outcome.detail });
      break;
    case 'superseded':
      log.info('another sync has begun, or this one is complete', { connection });
  }
}

/** The line that says that a sync is complete; an alarm tells of a night that brings none. */
export function completionMetric(nowMs: number, names: Readonly<Record<string, string>>): string {
  const dimensions = ['prefix', 'connection'];
  return metricLine(nowMs, names, [{ dimensions, unit: 'Count', values: { SyncsCompleted: 1 } }]);
}

/** EventBridge Scheduler sends `{"connection"}`, the queue its records. Throws `SyncCallRefused`. */
function callsIn(event: unknown, connections: readonly string[]): Call[] {
  const { Records: records, connection } = Object(event) as Record<string, unknown>;
  const calls = Array.isArray(records)
    ? records.map(continuationIn)
    : [typeof connection === 'string' ? { connection } : undefined];
  return calls.map((call) => {
    if (call !== undefined && connections.includes(call.connection)) return call;
    throw new SyncCallRefused(
      `the sync is called with {"connection": …} or by its queue, for one of ${connections.join(', ')}`,
    );
  });
}

function continuationIn(record: unknown): Continuation | undefined {
  const { body } = Object(record) as Record<string, unknown>;
  return typeof body === 'string' ? parseContinuation(body) : undefined;
}

function portsOf(config: Config<'sync'>): (connection: string) => SyncPorts {
  const clock = systemClock;
  const apiOf = connectionApis(config);
  const dynamo = dynamoDb();
  const bus = stackBus(config.bus);
  const { table, providerUrl } = config;
  const known = new Map<string, SyncPorts>();
  const open = (connection: string) =>
    syncPorts({
      clock,
      random: systemRandom,
      providerUrl,
      bus,
      tokens: apiOf(connection).tokens,
      store: syncTable(dynamo, table, connection),
      published: publishedStatesTable(dynamo, table, { connection, nowMs: clock.nowMs }),
      pauses: quotaPausesTable(dynamo, table, connection),
    });
  return (connection) => {
    const ports = known.get(connection) ?? open(connection);
    known.set(connection, ports);
    return ports;
  };
}
