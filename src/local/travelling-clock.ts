import type { Clock } from '../core/ports.ts';

/** A clock that can be moved on, so that hours pass in a moment. */
export interface TravellingClock extends Clock {
  /** Moves it `ms` milliseconds further ahead of the clock that it follows. */
  advance(ms: number): void;
  /** How far it was moved. */
  aheadMs(): number;
}

/** Follows `clock`, ahead of it by as much as it was moved on; waiting takes its real time. */
export function travellingClock(clock: Clock): TravellingClock {
  let aheadMs = 0;
  return {
    nowMs: () => clock.nowMs() + aheadMs,
    monotonicMs: () => clock.monotonicMs() + aheadMs,
    wait: (ms) => clock.wait(ms),
    advance: (ms) => {
      aheadMs += ms;
    },
    aheadMs: () => aheadMs,
  };
}
