/** Runs a task as soon as a place is free; its outcome is the task's own. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** Lets at most `max` tasks run at the same time, and one at least, in the order in which they came. */
export function limitOf(max: number | (() => number)): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  const admit = () => {
    const places = Math.max(1, typeof max === 'number' ? max : max());
    for (; running < places && waiting.length > 0; running += 1) waiting.shift()?.();
  };
  return async (task) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      admit();
    });
    try {
      return await task();
    } finally {
      running -= 1;
      admit();
    }
  };
}
