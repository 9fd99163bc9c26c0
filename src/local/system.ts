import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../core/ports.ts';

/** The clock of the real machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Random bytes of the operating system. */
export const systemRandom: Random = { bytes: (count) => randomBytes(count) };
