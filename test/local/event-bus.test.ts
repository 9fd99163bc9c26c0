import { describe, expect, it } from 'vitest';
import type { FrescoEvent } from '../../src/core/events/event.ts';
import { localEventBus } from '../../src/local/event-bus.ts';
import { settle } from './stepped-clock.ts';

const refreshed: FrescoEvent = { detailType: 'Token Refreshed', detail: { v: 1, generation: 2 } };
const failed: FrescoEvent = { detailType: 'Token Refresh Failed', detail: { v: 1 } };

function openBus() {
  const errors: unknown[] = [];
  return { errors, bus: localEventBus((error) => errors.push(error)) };
}

describe('a bus in this process', () => {
  it('tells every subscriber of every event, in order', async () => {
    const { bus } = openBus();
    const seen: FrescoEvent[][] = [[], []];
    for (const events of seen) bus.subscribe((event) => void events.push(event));
    await bus.publish([refreshed, failed]);
    expect(seen).toEqual([
      [refreshed, failed],
      [refreshed, failed],
    ]);
  });

  it('accepts events that nobody hears, and keeps none for later', async () => {
    const { bus } = openBus();
    await bus.publish([refreshed]);
    const seen: FrescoEvent[] = [];
    bus.subscribe((event) => void seen.push(event));
    expect(seen).toEqual([]);
  });

  it('ends a subscription, and no other of the same function', async () => {
    const { bus } = openBus();
    const seen: FrescoEvent[] = [];
    const subscriber = (event: FrescoEvent) => void seen.push(event);
    const end = bus.subscribe(subscriber);
    bus.subscribe(subscriber);
    end();
    end();
    await bus.publish([refreshed]);
    expect(seen).toEqual([refreshed]);
  });

  it('lets no subscriber fail a publisher or another subscriber', async () => {
    const { bus, errors } = openBus();
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    const seen: FrescoEvent[] = [];
    bus.subscribe(() => {
      throw thrown;
    });
    bus.subscribe(() => Promise.reject(rejected));
    bus.subscribe((event) => void seen.push(event));
    await bus.publish([refreshed]);
    await settle();
    expect(seen).toEqual([refreshed]);
    expect(errors).toEqual([thrown, rejected]);
  });

  it('does not make publishers wait for subscribers', async () => {
    const { bus } = openBus();
    bus.subscribe(() => new Promise(() => undefined));
    await bus.publish([refreshed]);
  });
});
