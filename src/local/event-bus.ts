import type { EventBus, FrescoEvent } from '../core/events/event.ts';

/** Gets each event, in the order of publishing. */
export type Subscriber = (event: FrescoEvent) => void | Promise<void>;

/** A bus inside this process. */
export interface LocalEventBus extends EventBus {
  /** From now on; the answer ends it. */
  subscribe(subscriber: Subscriber): () => void;
}

/**
 * A bus whose publishers do not wait for its subscribers, as with EventBridge: what a subscriber throws goes
 * to `onError` and to nobody else. Nothing is kept for those who subscribe later.
 */
export function localEventBus(onError: (error: unknown) => void): LocalEventBus {
  const subscribers = new Set<Subscriber>();
  return {
    async publish(events) {
      for (const event of events) {
        for (const subscriber of [...subscribers]) void deliver(subscriber, event, onError);
      }
    },
    subscribe(subscriber) {
      // The same function may subscribe twice, and each time ends on its own.
      const own: Subscriber = (event) => subscriber(event);
      subscribers.add(own);
      return () => {
        subscribers.delete(own);
      };
    },
  };
}

async function deliver(
  subscriber: Subscriber,
  event: FrescoEvent,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await subscriber(event);
  } catch (error) {
    onError(error);
  }
}
