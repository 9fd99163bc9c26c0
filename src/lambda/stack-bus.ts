import { type EventBridge, eventBridgeBus } from '../aws/event-bus.ts';
import type { EventBus } from '../core/events/event.ts';
import { systemClock } from '../local/clock.ts';

/** The bus of the stack that a function belongs to. */
export function stackBus(
  bus: string,
  calls: Pick<EventBridge, 'gather' | 'callsAtOnce'> = {},
): EventBus {
  return eventBridgeBus({ bus, clock: systemClock, ...calls });
}
