import { createHook } from 'node:async_hooks';
import { onTestFinished } from 'vitest';

/** Counts timers. */
export interface WatchedTimers {
  /** How many were set. */
  set(): number;
  /** How many of them have neither come due nor been cleared. */
  left(): number;
}

/** Watches the timers of exactly `ms` for the rest of a test, those that Node sets for itself included. */
export function watchTimers(ms: number): WatchedTimers {
  type Timer = { readonly _idleTimeout: number; readonly _destroyed: boolean };
  const timers: Timer[] = [];
  // Fake timers miss that of AbortSignal.timeout, and Node's list of active resources all that are unref'd.
  const hook = createHook({
    init: (_, type, __, resource) => {
      const timer = resource as Timer;
      if (type === 'Timeout' && timer._idleTimeout === ms) timers.push(timer);
    },
  }).enable();
  onTestFinished(() => void hook.disable());
  return {
    set: () => timers.length,
    left: () => timers.filter(({ _destroyed }) => !_destroyed).length,
  };
}
