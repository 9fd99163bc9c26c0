import type { Clock } from '../../src/core/ports.ts';

/** A clock that stands still but for waits, which end when the test has moved it far enough. */
export interface SteppedClock extends Clock {
  /** Moves both clocks on, waking whoever waits on the way in order. */
  advance(ms: number): Promise<void>;
  /** How many wait for it. */
  readonly sleepers: number;
  /** Moves the wall clock alone. */
  setWall(byMs: number): void;
}

/** A clock that starts at some day of 2026. */
export function steppedClock(): SteppedClock {
  let monotonic = 0;
  let wallOffset = 1_790_000_000_000;
  let sleepers: { readonly wakeMs: number; readonly wake: () => void }[] = [];

  return {
    nowMs: () => wallOffset + monotonic,
    monotonicMs: () => monotonic,
    wait: (ms) =>
      new Promise((wake) => {
        sleepers.push({ wakeMs: monotonic + ms, wake });
      }),
    get sleepers() {
      return sleepers.length;
    },
    setWall(byMs) {
      wallOffset += byMs;
    },
    async advance(ms) {
      const end = monotonic + ms;
      for (;;) {
        await settle();
        const next = Math.min(...sleepers.map(({ wakeMs }) => wakeMs));
        if (next > end) break;
        monotonic = Math.max(monotonic, next);
        const due = sleepers.filter(({ wakeMs }) => wakeMs <= monotonic);
        sleepers = sleepers.filter(({ wakeMs }) => wakeMs > monotonic);
        for (const { wake } of due) wake();
      }
      monotonic = end;
    },
  };
}

/** Lets everything run that waits for nothing but promises. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
