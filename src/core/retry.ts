import { type Clock, healsByItself, StoreRefused } from './ports.ts';

const firstWaitMs = 100;
const longestWaitMs = 2000;

/** The waits of a bounded series of tries, doubling from 100 ms to 2 s. */
export function backoffMs(tries: number): number {
  return Math.min(firstWaitMs * 2 ** tries, longestWaitMs);
}

/** Tries `action` again while a store is unavailable or throttles, until the monotonic moment `untilMs`. */
export async function retryWhileUnavailable<T>(
  clock: Clock,
  untilMs: number,
  action: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await action();
    } catch (error) {
      const waitMs = backoffMs(tries);
      if (!isPassing(error) || clock.monotonicMs() + waitMs >= untilMs) throw error;
      await clock.wait(waitMs);
    }
  }
}

/** The same until a pass has to end. */
export function retry<T>(
  { ports, endMs }: { readonly ports: { readonly clock: Clock }; readonly endMs: number },
  action: () => Promise<T>,
): Promise<T> {
  return retryWhileUnavailable(ports.clock, endMs, action);
}

/** Whether a store's refusal heals by itself. */
export function isPassing(error: unknown): boolean {
  return error instanceof StoreRefused && healsByItself(error.reason);
}
