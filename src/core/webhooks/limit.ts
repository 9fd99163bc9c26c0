/** Runs a task as soon as a place is free; its outcome is the task's own. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** Lets at most `max` tasks run at the same time, in the order in which they came. */
export function limitOf(max: number): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, or nobody could be let in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
