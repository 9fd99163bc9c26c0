import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../core/ports.ts';

// A timer of more fires at once.
const timerMaxMs = 2 ** 31 - 1;

/** The clock of the real machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  wait: async (ms) => {
    for (let leftMs = ms; leftMs > 0; leftMs -= timerMaxMs) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, timerMaxMs)));
    }
  },
};

/** Random bytes of the operating system. */
export const systemRandom: Random = { bytes: (count) => randomBytes(count) };
