import { describe, expect, it } from 'vitest';
import { schedule } from '../../src/local/scheduler.ts';
import { settle, steppedClock } from './stepped-clock.ts';

/** A schedule of 10 s whose runs are noted; each run waits for `runMs`. */
function startSchedule(options: { readonly runMs?: number; readonly error?: Error } = {}) {
  const clock = steppedClock();
  const starts: number[] = [];
  const errors: unknown[] = [];
  let running = 0;
  let runningMax = 0;
  const task = async () => {
    starts.push(clock.monotonicMs());
    running += 1;
    runningMax = Math.max(runningMax, running);
    if (options.runMs !== undefined) await clock.wait(options.runMs);
    running -= 1;
    if (options.error !== undefined) throw options.error;
  };
  const onError = (error: unknown) => errors.push(error);
  const { stop } = schedule(task, { clock, everyMs: 10_000, onError });
  return { clock, starts, errors, stop, counts: () => ({ running, runningMax }) };
}

describe('a schedule', () => {
  it('runs its task at once and then at each interval, from start to start', async () => {
    const { clock, starts, stop } = startSchedule({ runMs: 3000 });
    await clock.advance(30_000);
    expect(starts).toEqual([0, 10_000, 20_000, 30_000]);
    stop();
  });

  it('never runs two at once: a long run delays the next', async () => {
    const { clock, starts, stop, counts } = startSchedule({ runMs: 25_000 });
    await clock.advance(60_000);
    expect(starts).toEqual([0, 25_000, 50_000]);
    expect(counts().runningMax).toBe(1);
    stop();
  });

  it('goes on after a run that failed, and says so', async () => {
    const error = new Error('invented');
    const { clock, starts, errors, stop } = startSchedule({ error });
    await clock.advance(10_000);
    expect(starts).toEqual([0, 10_000]);
    expect(errors).toEqual([error, error]);
    stop();
  });

  it('stops only when the run under way has ended, and starts no other', async () => {
    const { clock, starts, stop, counts } = startSchedule({ runMs: 3000 });
    await clock.advance(1000);
    let isStopped = false;
    const stopping = stop().then(() => {
      isStopped = true;
    });
    await settle();
    expect([isStopped, counts().running]).toEqual([false, 1]);
    await clock.advance(60_000);
    await stopping;
    expect([starts, counts().running]).toEqual([[0], 0]);
  });

  it('does not wait for the interval to stop', async () => {
    const { clock, stop } = startSchedule();
    await clock.advance(1);
    const stopping = stop();
    await clock.advance(500);
    await stopping;
  });

  it('runs when the machine has slept through the interval', async () => {
    const { clock, starts, stop } = startSchedule();
    await clock.advance(1000);
    clock.setWall(8 * 3_600_000);
    await clock.advance(500);
    expect(starts).toEqual([0, 1500]);
    stop();
  });

  it('runs when the wall clock was set back', async () => {
    const { clock, starts, stop } = startSchedule();
    await clock.advance(1000);
    clock.setWall(-8 * 3_600_000);
    await clock.advance(9000);
    expect(starts).toEqual([0, 10_000]);
    stop();
  });
});
