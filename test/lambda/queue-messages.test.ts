import { describe, expect, it } from 'vitest';
import { attention, type Watching, webhookMetrics } from '../../src/config/metric-names.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import {
  encodeNotification,
  type QueuedNotification,
} from '../../src/core/webhooks/notification.ts';
import type { Delivery, Processed, RetryReason } from '../../src/core/webhooks/outcome.ts';
import { type Message, processMessages } from '../../src/lambda/queue-messages.ts';
import { metricLinesIn } from '../doubles/lambda/embedded-metrics.ts';

const notification = (n: number, connection = 'default'): QueuedNotification => ({
  connection,
  part: 0,
  id: `event-${n}`,
  companyId: 108061,
  type: 'it.fattureincloud.webhooks.entities.clients.create',
  resource: 'clients',
  change: 'create',
  ids: [n],
});
const message = (n: number, body = encodeNotification(notification(n))): Message => ({
  messageId: `message-${n}`,
  receiptHandle: `receipt-${n}`,
  body,
  receiveCount: n,
});
const retry = (reason: RetryReason): Processed => ({
  kind: 'retry',
  reason,
  delayMs: 5000,
  detail: 'invented',
});
const done: Processed = { kind: 'done', published: 1 };

/** A queue and a process that answers by the event's id, with all that they were asked for. */
function world(
  endings: Readonly<Record<string, Processed>>,
  { refusal, watching = 'full' }: { refusal?: StoreRefused; watching?: Watching } = {},
) {
  const postponed: unknown[] = [];
  const hidden: unknown[] = [];
  const deliveries: Delivery[] = [];
  const logged: string[] = [];
  const metrics: Record<string, unknown>[] = [];
  const line = (text: string) => void logged.push(text);
  const note = async (list: unknown[], entry: unknown) => {
    if (refusal !== undefined) throw refusal;
    list.push(entry);
  };
  return {
    postponed,
    hidden,
    deliveries,
    logged,
    metrics,
    handle: (messages: readonly Message[]) =>
      processMessages(
        {
          process: (connection, batch) => {
            if (connection !== 'default') return undefined;
            deliveries.push(...batch);
            return Promise.resolve(batch.map((it) => endings[it.notification.id] ?? done));
          },
          queue: {
            postpone: (it, ms) => note(postponed, [it, ms]),
            hide: (receipt, ms) => note(hidden, [receipt, ms]),
          },
          log: { info: line, warn: line, error: line },
          emit: (text) => void metrics.push(...metricLinesIn(text)),
          prefix: 'fresco',
          watching,
          clock: { nowMs: () => 1_790_000_000_000 },
        },
        messages,
      ),
  };
}

describe('a batch of messages', () => {
  it('is processed whole, with how often each has failed', async () => {
    const it = world({});
    expect(await it.handle([message(1), message(2)])).toEqual([]);
    expect(it.deliveries).toEqual([
      { notification: notification(1), failures: 0 },
      { notification: notification(2), failures: 1 },
    ]);
  });

  it('fails by those messages alone that failed, hidden for as long as they should', async () => {
    const it = world({ 'event-2': retry('failed') });
    expect(await it.handle([message(1), message(2)])).toEqual(['message-2']);
    expect(it.hidden).toEqual([['receipt-2', 5000]]);
    expect(it.postponed).toEqual([]);
  });

  it.each(['quota', 'token', 'person', 'licence', 'held', 'time'] as const)(
    'sends one that waits for %s anew, which costs it no receive',
    async (reason) => {
      const it = world({ 'event-1': retry(reason) });
      expect(await it.handle([message(1)])).toEqual([]);
      const waitsSinceMs = 1_790_000_000_000;
      expect(it.postponed).toEqual([[{ ...notification(1), waitsSinceMs }, 5000]]);
      expect(it.hidden).toEqual([]);
    },
  );

  it('keeps since when one waits over every copy, and measures it', async () => {
    const waitsSinceMs = 1_790_000_000_000 - 6 * 3_600_000;
    const copy = { ...notification(1), waitsSinceMs };
    const it = world({ 'event-1': retry('person') });
    await it.handle([message(1, encodeNotification(copy))]);
    expect(it.postponed).toEqual([[copy, 5000]]);
    const { name } = webhookMetrics.waiting;
    expect(it.metrics[0]?.[name]).toBe(6);
  });

  it.each([
    ['quota', 6, [1]],
    ['person', 6, [3]],
    ['quota', 5.9, []],
    ['failed', 6, []],
  ] as const)(
    'of a small stack that waits for a %s calls after six hours: %d',
    async (reason, hours, levels) => {
      const copy = { ...notification(1), waitsSinceMs: 1_790_000_000_000 - hours * 3_600_000 };
      const it = world({ 'event-1': retry(reason) }, { watching: 'small' });
      await it.handle([message(1, encodeNotification(copy)), message(2)]);
      expect(it.metrics.map((values) => values[attention.name])).toEqual(levels);
    },
  );

  it.each(['quota', 'failed'] as const)(
    'keeps one in the queue that could not be put off (%s)',
    async (reason) => {
      const refusal = new StoreRefused('throttled', 'could not send');
      const it = world({ 'event-1': retry(reason) }, { refusal });
      expect(await it.handle([message(1)])).toEqual(['message-1']);
    },
  );

  it('is done with one that nobody can read, loudly', async () => {
    const it = world({ 'event-1': { kind: 'drop', published: 0, reason: 'lacks a scope' } });
    expect(await it.handle([message(1)])).toEqual([]);
    expect(it.logged).toEqual(['notification drop']);
  });

  it('fails by what is no notification, or for a connection that is not served', async () => {
    const it = world({});
    const stranger = message(3, encodeNotification(notification(3, 'other')));
    expect(await it.handle([message(1), message(2, '{"invented'), stranger])).toEqual([
      'message-2',
      'message-3',
    ]);
    expect(it.deliveries).toHaveLength(1);
  });

  it('counts each ending under the names that the alarms look for', async () => {
    const it = world({ 'event-2': retry('quota') });
    await it.handle([message(1), message(2)]);
    const { name, dimensions } = webhookMetrics.deliveries;
    expect(it.metrics.map(({ _aws, ...values }) => values)).toEqual([
      { prefix: 'fresco', connection: 'default', ending: 'done', [name]: 1 },
      {
        ...{ prefix: 'fresco', connection: 'default', ending: 'quota', [name]: 1 },
        [webhookMetrics.waiting.name]: 0,
      },
    ]);
    expect(it.metrics[1]?.['_aws']).toMatchObject({
      CloudWatchMetrics: [
        { Dimensions: [dimensions] },
        { Dimensions: [webhookMetrics.waiting.dimensions] },
      ],
    });
    expect(it.metrics[0]?.['_aws']).toMatchObject({
      CloudWatchMetrics: [{ Namespace: 'Fresco', Dimensions: [dimensions] }],
    });
  });
});
