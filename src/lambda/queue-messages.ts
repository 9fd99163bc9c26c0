import type { Log, LogFields } from '../aws/reporting/log.ts';
import { metricLine } from '../aws/reporting/metric-line.ts';
import type { SqsNotificationQueue } from '../aws/sqs/notification-queue.ts';
import { alarmLevels, attention, type Watching } from '../config/metric-names.ts';
import { type Clock, StoreRefused } from '../core/ports.ts';
import { decodeNotification, type QueuedNotification } from '../core/webhooks/notification.ts';
import type { Delivery, Processed } from '../core/webhooks/outcome.ts';

/** One message of a batch. */
export interface Message {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** 1 at the first receipt. */
  readonly receiveCount: number;
}

/** Processes what one connection has in a batch, one answer for each; `undefined`: it is not served here. */
export type ProcessBatch = (
  connection: string,
  deliveries: readonly Delivery[],
) => Promise<readonly Processed[]> | undefined;

/** What a batch is handled with. */
export interface MessagePorts {
  readonly process: ProcessBatch;
  readonly queue: Pick<SqsNotificationQueue, 'postpone' | 'hide'>;
  readonly log: Log;
  readonly emit: (line: string) => void;
  readonly prefix: string;
  readonly watching: Watching;
  readonly clock: Pick<Clock, 'nowMs'>;
}

interface Readable {
  readonly message: Message;
  readonly notification: QueuedNotification;
}

/**
 * Handles a batch; resolves with the ids of the messages that the queue has to count as failed. A message
 * that only waits for something is sent again instead, so that no wait brings it nearer to the dead letters.
 */
export async function processMessages(
  ports: MessagePorts,
  messages: readonly Message[],
): Promise<readonly string[]> {
  const failed: string[] = [];
  const readable: Readable[] = [];
  for (const message of messages) {
    const notification = decodeNotification(message.body);
    if (notification !== undefined) {
      readable.push({ message, notification });
      continue;
    }
    failed.push(message.messageId);
    ports.log.error('a message is no notification', { messageId: message.messageId });
  }
  const connections = new Set(readable.map(({ notification }) => notification.connection));
  const batches = [...connections].map(async (connection) => {
    const own = readable.filter(({ notification }) => notification.connection === connection);
    failed.push(...(await processConnection(ports, connection, own)));
  });
  await Promise.all(batches);
  return failed;
}

async function processConnection(
  ports: MessagePorts,
  connection: string,
  batch: readonly Readable[],
): Promise<readonly string[]> {
  const deliveries = batch.map(({ message, notification }) => ({
    notification,
    failures: message.receiveCount - 1,
  }));
  const processed = await ports.process(connection, deliveries);
  const kept = batch.map(async (readable, at) => {
    const ending = processed?.[at];
    if (ending === undefined) {
      ports.log.error('a message is for a connection that is not served', { connection });
      return [readable.message.messageId];
    }
    tell(ports, readable.notification, ending);
    return (await conclude(ports, readable, ending)) ? [] : [readable.message.messageId];
  });
  return (await Promise.all(kept)).flat();
}

/** Whether the message may be deleted. */
async function conclude(
  { queue, log, clock }: MessagePorts,
  { message, notification }: Readable,
  ending: Processed,
): Promise<boolean> {
  if (ending.kind !== 'retry') return true;
  try {
    if (ending.reason !== 'failed') {
      // To the queue the copy is a new message: how long it waits, it has to say itself.
      const waitsSinceMs = notification.waitsSinceMs ?? clock.nowMs();
      await queue.postpone({ ...notification, waitsSinceMs }, ending.delayMs);
      return true;
    }
    await queue.hide(message.receiptHandle, ending.delayMs);
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    // It comes again when its visibility timeout ends.
    log.warn('a message could not be put off', { why: error.message });
  }
  return false;
}

function tell(ports: MessagePorts, notification: QueuedNotification, ending: Processed): void {
  const { log, emit, watching } = ports;
  const { connection, id: eventId, type, part } = notification;
  const name = ending.kind === 'retry' ? ending.reason : ending.kind;
  const level = levelOf(ending);
  log[level](`notification ${name}`, { connection, eventId, type, part, ...fieldsOf(ending) });
  const nowMs = ports.clock.nowMs();
  const waits = ending.kind === 'retry' && ending.reason !== 'failed';
  const waited = waits ? hours(nowMs - (notification.waitsSinceMs ?? nowMs)) : undefined;
  const names = { prefix: ports.prefix, connection };
  if (watching === 'full') emit(countOf(nowMs, { ...names, ending: name }, waited));
  else if ((waited ?? 0) >= alarmLevels.waitingHours) {
    const { dimensions, unit } = attention;
    const level = name === 'person' ? 3 : 1;
    emit(metricLine(nowMs, names, [{ dimensions, unit, values: { [attention.name]: level } }]));
  }
}

function countOf(
  nowMs: number,
  names: Readonly<Record<string, string>>,
  WaitingHours: number | undefined,
): string {
  const dimensions = ['prefix', 'connection'];
  return metricLine(nowMs, names, [
    { dimensions: [...dimensions, 'ending'], unit: 'Count', values: { Deliveries: 1 } },
    ...(WaitingHours === undefined
      ? []
      : [{ dimensions, unit: 'None' as const, values: { WaitingHours } }]),
  ]);
}

function levelOf(ending: Processed): keyof Log {
  if (ending.kind === 'drop') return 'error';
  return ending.kind === 'done' && ending.warning === undefined ? 'info' : 'warn';
}

function hours(ms: number): number {
  return Math.round(ms / 36_000) / 100;
}

function fieldsOf(ending: Processed): LogFields {
  switch (ending.kind) {
    case 'done':
      return {
        published: ending.published,
        ...(ending.warning === undefined ? {} : { warning: ending.warning }),
      };
    case 'drop':
      return { published: ending.published, reason: ending.reason };
    case 'foreign':
      return { reason: ending.reason };
    case 'retry':
      return { delayMs: ending.delayMs, detail: ending.detail };
  }
}
