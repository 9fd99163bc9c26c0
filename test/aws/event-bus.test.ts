import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventBridgeBus } from '../../src/aws/event-bus.ts';
import type { FrescoEvent } from '../../src/core/events/event.ts';
import { type EventBridgeDouble, startEventBridge } from '../doubles/aws/eventbridge.ts';
import { clientConfig } from '../doubles/http/client-config.ts';

const waits: number[] = [];
const clock = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  wait: async (ms: number) => {
    waits.push(ms);
  },
};
const event = (n: number, padding = ''): FrescoEvent => ({
  detailType: 'Entity Changed',
  detail: { v: 1, connection: 'default', n, padding },
});

let double: EventBridgeDouble;
let client: EventBridgeClient;

beforeEach(async () => {
  waits.length = 0;
  double = await startEventBridge();
  client = new EventBridgeClient(clientConfig(double.endpoint));
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

const publish = (events: readonly FrescoEvent[]) =>
  eventBridgeBus({ client, bus: 'fresco-bus', clock }).publish(events);
const numbers = () => double.events.map(({ detail }) => (detail as { n: number }).n);

describe('events for the bus', () => {
  it('arrive with their source, type and detail', async () => {
    await publish([event(1)]);
    expect(double.events).toEqual([
      {
        id: expect.any(String),
        bus: 'fresco-bus',
        source: 'fresco',
        detailType: 'Entity Changed',
        detail: { v: 1, connection: 'default', n: 1, padding: '' },
      },
    ]);
  });

  it('make no call where there are none', async () => {
    await publish([]);
    expect(double.calls.all).toEqual([]);
  });

  it.each([
    { count: 9, calls: 1 },
    { count: 10, calls: 1 },
    { count: 11, calls: 2 },
    { count: 21, calls: 3 },
  ])('take $calls calls where they are $count', async ({ count, calls }) => {
    await publish(Array.from({ length: count }, (_, n) => event(n)));
    expect(numbers()).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(double.calls.all).toHaveLength(calls);
  });

  it('are split where they are more than 256 KB together', async () => {
    const big = 'è'.repeat(60_000);
    await publish([event(1, big), event(2, big), event(3, big)]);
    expect(numbers()).toEqual([1, 2, 3]);
    expect(double.calls.all).toHaveLength(2);
  });

  it('that failed are put again, and only those', async () => {
    double.failEntries({ errorCode: 'InternalFailure', times: 2 });
    await publish([event(1), event(2), event(3)]);
    expect(numbers()).toEqual([3, 1, 2]);
    expect(waits).toEqual([100]);
  });

  it('that keep failing are a refusal that says how many and why', async () => {
    double.failEntries({ errorCode: 'ThrottlingException', times: 6 });
    await expect(publish([event(1), event(2)])).rejects.toMatchObject({
      reason: 'throttled',
      message: expect.stringContaining(
        'could not put 2 events on fresco-bus (ThrottlingException)',
      ),
    });
    expect(waits).toEqual([100, 400]);
  });

  it('that fail among others that do not are a refusal all the same', async () => {
    double.failEntries({
      errorCode: 'AccessDeniedException',
      detailType: 'Sync Completed',
      times: 3,
    });
    const other: FrescoEvent = { detailType: 'Sync Completed', detail: { n: 9 } };
    await expect(publish([event(1), other])).rejects.toMatchObject({ reason: 'unavailable' });
    expect(numbers()).toEqual([1]);
  });

  it('that the whole call refuses are a refusal', async () => {
    double.faults.add({ on: 'PutEvents', kind: 'access-denied' });
    await expect(publish([event(1)])).rejects.toMatchObject({ reason: 'denied' });
  });

  it('with no result for an entry count that entry as failed', async () => {
    const mocked = new EventBridgeClient({});
    mockClient(mocked).on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [] });
    const bus = eventBridgeBus({ client: mocked, bus: 'fresco-bus', clock });
    await expect(bus.publish([event(1)])).rejects.toMatchObject({ reason: 'unavailable' });
  });
});

describe('events of several at the same time', () => {
  const busOf = (more: object = {}) =>
    eventBridgeBus({ client, bus: 'fresco-bus', clock, ...more });

  it('go out together, and only whose event failed hears of it', async () => {
    const bus = busOf();
    double.failEntries({
      errorCode: 'InternalFailure',
      detailType: 'Sync Completed',
      times: 3,
    });
    const other: FrescoEvent = { detailType: 'Sync Completed', detail: { n: 9 } };
    const ends = await Promise.allSettled([
      bus.publish([event(1)]),
      bus.publish([other]),
      bus.publish([event(2), event(3)]),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(numbers()).toEqual([1, 2, 3]);
    expect(double.calls.all).toHaveLength(3);
  });

  it('wait for one another as long as is said', async () => {
    let open = () => {};
    const gather = () =>
      new Promise<void>((resolve) => {
        open = resolve;
      });
    const bus = busOf({ gather });
    const first = bus.publish([event(1)]);
    await new Promise((resolve) => setImmediate(resolve));
    const second = bus.publish([event(2)]);
    open();
    await Promise.all([first, second]);
    expect(double.calls.all).toHaveLength(1);
  });

  it('are all refused where one call is, and the next ones are not made', async () => {
    const bus = busOf();
    double.faults.add({ on: 'PutEvents', kind: 'access-denied' });
    const ends = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => bus.publish([event(n)])),
    );
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(double.calls.all).toHaveLength(1);
    await bus.publish([event(31)]);
    expect(numbers()).toEqual([31]);
  });
});

describe('any events that fit', () => {
  it('arrive once each, in their order', async () => {
    const events = fc.array(fc.integer({ min: 0, max: 250_000 }), { maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(events, async (lengths) => {
        const before = double.events.length;
        await publish(lengths.map((length, n) => event(n, 'x'.repeat(length))));
        expect(numbers().slice(before)).toEqual(lengths.map((_, n) => n));
      }),
      { numRuns: 20 },
    );
  });
});
