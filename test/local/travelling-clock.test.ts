import { expect, it } from 'vitest';
import { travellingClock } from '../../src/local/travelling-clock.ts';
import { steppedClock } from './stepped-clock.ts';

it('runs with the clock that it follows, ahead by all that it was moved on', async () => {
  const machine = steppedClock();
  const [startMs, startMonotonicMs] = [machine.nowMs(), machine.monotonicMs()];
  const clock = travellingClock(machine);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([startMs, startMonotonicMs]);
  clock.advance(3_600_000);
  clock.advance(1);
  await machine.advance(10);
  expect(clock.nowMs()).toBe(startMs + 3_600_011);
  expect(clock.monotonicMs()).toBe(startMonotonicMs + 3_600_011);
});

it('waits as long as the clock that it follows', async () => {
  const machine = steppedClock();
  const clock = travellingClock(machine);
  let isOver = false;
  const waiting = clock.wait(1000).then(() => {
    isOver = true;
  });
  clock.advance(3_600_000);
  await machine.advance(999);
  expect(isOver).toBe(false);
  await machine.advance(1);
  await waiting;
});
