import type { Clock } from '../../src/core/ports.ts';

/** So many times faster than the machine's: a minute passes in little more than a second. */
const speed = 50;

/** A clock that several processes share: it runs fast, from a moment that all of them know. */
export function hurriedClock(startMs: number): Clock {
  const nowMs = () => startMs + (Date.now() - startMs) * speed;
  return {
    nowMs,
    monotonicMs: nowMs,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms / speed)),
  };
}
