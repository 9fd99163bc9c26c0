// After eight turns a loop that was blocked past the deadline has read what waited on its socket.
const turnsToRead = 8;

/**
 * Does `work` with a signal that aborts as a `TimeoutError` after `ms` and a few more turns of the event loop: a
 * process that was starved past its deadline first reads the answer that has come meanwhile, for a token in it may
 * be the only one.
 */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const turn = (left: number): void => {
    if (left > 0) return void setImmediate(turn, left - 1);
    controller.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  };
  const timer = setTimeout(turn, ms, turnsToRead).unref();
  try {
    return await work(controller.signal);
  } finally {
    // Left to run out, the timers of all that was sent meanwhile would come due together.
    clearTimeout(timer);
  }
}
