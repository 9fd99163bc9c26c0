import { admittedSendersTable } from '../aws/dynamodb/admitted-senders.ts';
import { expectedSubscriptionsTable } from '../aws/dynamodb/expected-subscriptions.ts';
import { puttingItems } from '../aws/dynamodb/putting-items.ts';
import { quotaPausesTable } from '../aws/dynamodb/quota-pauses.ts';
import { seenEventsTable } from '../aws/dynamodb/seen-events.ts';
import { publishedStatesTable } from '../aws/dynamodb/sync-store.ts';
import { dynamoDb } from '../aws/dynamodb/table-item.ts';
import { functionLog } from '../aws/reporting/function-log.ts';
import { emitMetrics } from '../aws/reporting/metric-line.ts';
import type { Config } from '../config/config.ts';
import type { EntityReader } from '../core/webhooks/ports.ts';
import { type ProcessPorts, processNotifications } from '../core/webhooks/process.ts';
import { entityReader } from '../fatture-in-cloud/api/entity-reader.ts';
import { publishedLog } from '../fatture-in-cloud/api/sync-pass.ts';
import { systemClock } from '../local/clock.ts';
import { connectionApis } from './connection-apis.ts';
import {
  type Message,
  type MessagePorts,
  type ProcessBatch,
  processMessages,
} from './queue-messages.ts';
import { stackBus } from './stack-bus.ts';
import type { SubscriptionWatch } from './subscription-watch.ts';

export { handlerCallIn } from './lambda-events.ts';
export type { SubscriptionWatch } from './subscription-watch.ts';

// Enough for the requests under way and the writes after them.
const reserveMs = 15_000;
// An answer is 4 MiB at most: as many as fit into the function's memory at the worst.
const readsMax = 25;

/** Handles one batch of the queue; answers with the ids of the messages that failed. */
export type WebhookHandler = (
  messages: readonly Message[],
  remainingMs: () => number,
) => Promise<readonly string[]>;

/** Builds the handler once for each process. */
export function buildWebhookHandler(config: Config<'webhook-handler'>): WebhookHandler {
  const { prefix, connections, entity, watching } = config;
  const portsFor = portsOf(config);
  const queue = lateQueue(config.queueUrl);
  const log = functionLog('webhook-handler');
  const ports = new Map(connections.map((name) => [name, portsFor(name)]));
  return (messages, remainingMs) => {
    const nowMs = systemClock.nowMs();
    const leftMs = remainingMs();
    const settings = {
      entity,
      claimMs: leftMs,
      readsMax,
      deadlineAtMs: nowMs + leftMs - reserveMs,
    };
    const process: ProcessBatch = (connection, deliveries) => {
      const own = ports.get(connection);
      return own && processNotifications(own, settings, deliveries);
    };
    return processMessages(
      { process, queue, log, emit: emitMetrics, prefix, watching, clock: systemClock },
      messages,
    );
  };
}

/** Nearly every message is handled at once: what puts one off is loaded when one is. */
function lateQueue(queueUrl: string): MessagePorts['queue'] {
  const loaded = async () => (await import('./stack-queue.ts')).stackQueue(queueUrl);
  let queue: ReturnType<typeof loaded> | undefined;
  const open = () => {
    queue ??= loaded();
    return queue;
  };
  return {
    postpone: async (...message) => (await open()).postpone(...message),
    hide: async (...message) => (await open()).hide(...message),
  };
}

/** Builds the watch over subscriptions, which is loaded for its one call a day. */
export async function buildSubscriptionWatch(
  config: Config<'webhook-handler'>,
): Promise<SubscriptionWatch> {
  return (await import('./subscription-watch.ts')).subscriptionWatch(config);
}

/** The ports of a connection; its token source keeps its token for as long as the process lives. */
function portsOf(config: Config<'webhook-handler'>): (connection: string) => ProcessPorts {
  const clock = systemClock;
  const apiOf = connectionApis(config);
  const dynamo = dynamoDb();
  const write = puttingItems(dynamo, config.table, clock);
  const seen = seenEventsTable(dynamo, config.table, write);
  let readsUnderWay = 0;
  const counted = ({ read }: EntityReader): EntityReader => ({
    read: async (...entity) => {
      readsUnderWay += 1;
      try {
        return await read(...entity);
      } finally {
        readsUnderWay -= 1;
      }
    },
  });
  const bus = stackBus(config.bus, {
    callsAtOnce: 5,
    // What is read soon goes with it; a single notification waits for nobody.
    gather: async () => {
      for (let waits = 0; readsUnderWay > 0 && waits < 5; waits += 1) await clock.wait(20);
    },
  });
  return (connection) => {
    const { tokens, api } = apiOf(connection);
    return {
      clock,
      tokens,
      reader: counted(entityReader(api)),
      seen,
      senders: admittedSendersTable(dynamo, config.table, connection),
      subscriptions: expectedSubscriptionsTable(dynamo, config.table, connection),
      pauses: quotaPausesTable(dynamo, config.table, connection),
      published: publishedLog(
        publishedStatesTable(dynamo, config.table, { connection, nowMs: clock.nowMs, write }),
      ),
      bus,
    };
  };
}
