import type { Clock } from './clock.ts';

interface Task {
  readonly dueMs: number;
  readonly order: number;
  /** Tasks with one lane run one after the other; lanes don't wait for each other. */
  readonly lane: string;
  readonly run: () => Promise<void>;
}

/** What has to be done later on the sandbox's clock. It never waits by itself: someone has to call `kick`. */
export class Scheduler {
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Promise<void>>();
  #tasks: Task[] = [];
  #order = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Puts a task down for `delayMs` from now; it must not reject. */
  after(delayMs: number, lane: string, run: () => Promise<void>): void {
    this.#order += 1;
    this.#tasks.push({ dueMs: this.#clock.nowMs() + delayMs, order: this.#order, lane, run });
  }

  /** How many tasks have not begun. */
  get waiting(): number {
    return this.#tasks.length;
  }

  /** Starts what is due, in the order in which it became so. */
  kick(): void {
    const nowMs = this.#clock.nowMs();
    const due = this.#tasks.filter((task) => task.dueMs <= nowMs);
    if (due.length === 0) return;
    this.#tasks = this.#tasks.filter((task) => task.dueMs > nowMs);
    due.sort((left, right) => left.dueMs - right.dueMs || left.order - right.order);
    for (const { lane, run } of due) {
      const whole = (this.#lanes.get(lane) ?? Promise.resolve()).then(run);
      this.#lanes.set(lane, whole);
      void whole.finally(() => {
        if (this.#lanes.get(lane) === whole) this.#lanes.delete(lane);
      });
    }
  }

  /** Resolves when nothing is due any more and nothing is running. */
  async settle(): Promise<void> {
    for (this.kick(); this.#lanes.size > 0; this.kick()) {
      await Promise.all(this.#lanes.values());
    }
  }

  clear(): void {
    this.#tasks = [];
  }
}
