import type { Clock } from '../core/ports.ts';

/** A task that is run again and again until stopped. */
export interface Schedule {
  /** Resolves once no run is under way and none will start. */
  stop(): Promise<void>;
}

/** How often a task is run, and who hears of its failures. */
export interface ScheduleOptions {
  readonly clock: Clock;
  /** From start to start; a run that takes longer delays the next, and runs never overlap. */
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

// Waiting in short steps, because a clock's wait cannot be cut short and a laptop sleeps through a long one.
const stepMaxMs = 500;

/** Runs `task` now and then every `everyMs`; a failed run does not end the schedule. */
export function schedule(task: () => Promise<void>, options: ScheduleOptions): Schedule {
  const { clock, everyMs, onError } = options;
  let isStopped = false;

  const run = async () => {
    while (!isStopped) {
      const startedAtMs = clock.nowMs();
      const startedMs = clock.monotonicMs();
      await task().catch(onError);
      while (!isStopped) {
        // The wall clock counts sleep, the other one survives a clock that is set back.
        const passedMs = Math.max(clock.nowMs() - startedAtMs, clock.monotonicMs() - startedMs);
        if (passedMs >= everyMs) break;
        await clock.wait(Math.min(everyMs - passedMs, stepMaxMs));
      }
    }
  };

  const ended = run();
  return {
    stop() {
      isStopped = true;
      return ended;
    },
  };
}
