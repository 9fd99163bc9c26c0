import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { admittedSendersTable } from '../aws/admitted-senders.ts';
import { eventBridgeBus } from '../aws/event-bus.ts';
import { bounded } from '../aws/failures.ts';
import { emitMetrics } from '../aws/metric-line.ts';
import { sqsNotificationQueue } from '../aws/notification-queue.ts';
import { quotaPausesTable } from '../aws/quota-pauses.ts';
import { seenEventsTable } from '../aws/seen-events.ts';
import { toldTable } from '../aws/sync-table.ts';
import type { Config } from '../config.ts';
import { type ProcessPorts, processNotifications } from '../core/changes/process-notification.ts';
import { entityReader } from '../fatture-in-cloud/entity-reader.ts';
import { systemClock } from '../local/system.ts';
import { connectionApis } from './connection-apis.ts';
import { functionLog } from './log.ts';
import { type Message, type ProcessBatch, processMessages } from './queue-messages.ts';
import { toldLog } from './sync-pass.ts';

export { handlerCallIn } from './lambda-events.ts';
export { buildSubscriptionWatch, type SubscriptionWatch } from './subscription-watch.ts';

// Enough for the requests under way and the writes after them.
const reserveMs = 15_000;
const readsMax = 5;

/** Handles one batch of the queue; answers with the ids of the messages that failed. */
export type WebhookHandler = (
  messages: readonly Message[],
  remainingMs: () => number,
) => Promise<readonly string[]>;

/** Builds the handler once for each process. */
export function buildWebhookHandler(config: Config<'webhook-handler'>): WebhookHandler {
  const { prefix, connections, entity } = config;
  const portsFor = portsOf(config);
  const queue = sqsNotificationQueue(new SQSClient(bounded), config.queueUrl);
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
      { process, queue, log, emit: emitMetrics, prefix, clock: systemClock },
      messages,
    );
  };
}

/** The ports of a connection; its token source keeps its token for as long as the process lives. */
function portsOf(config: Config<'webhook-handler'>): (connection: string) => ProcessPorts {
  const clock = systemClock;
  const apiOf = connectionApis(config);
  const dynamo = new DynamoDBClient(bounded);
  const bus = eventBridgeBus({ client: new EventBridgeClient(bounded), bus: config.bus, clock });
  const seen = seenEventsTable(dynamo, config.table);
  return (connection) => {
    const { tokens, api } = apiOf(connection);
    return {
      clock,
      tokens,
      reader: entityReader(api),
      seen,
      senders: admittedSendersTable(dynamo, config.table, connection),
      pauses: quotaPausesTable(dynamo, config.table, connection),
      told: toldLog(toldTable(dynamo, config.table, { connection, nowMs: clock.nowMs })),
      bus,
    };
  };
}
