import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock, systemRandom } from '../../src/local/clock.ts';

it('waits on the machine’s own clock, which never goes back', async () => {
  const before = systemClock.monotonicMs();
  const beforeMs = systemClock.nowMs();
  await systemClock.wait(3);
  // Timers of node:timers count whole milliseconds and may end within the last one.
  expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(2);
  expect(systemClock.nowMs()).toBeGreaterThan(beforeMs);
  expect(systemClock.nowMs()).toBeGreaterThan(1_700_000_000_000);
});

it('gives as many random bytes as asked for, and others each time', () => {
  const [one, other] = [systemRandom.bytes(32), systemRandom.bytes(32)];
  expect([one.length, other.length]).toEqual([32, 32]);
  expect(one).not.toEqual(other);
});

it('waits longer than a timer of the machine can', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let isOver = false;
  const days = 40;
  void systemClock.wait(days * 86_400_000).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(days * 86_400_000 - 1);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver).toBe(true);
});
