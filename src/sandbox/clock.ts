/** Where the sandbox takes its time from. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

/** The sandbox's own clock: runs with its base and can be moved forward. */
export class SandboxClock implements Clock {
  readonly #base: Clock;
  #aheadMs = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  nowMs(): number {
    return this.#base.nowMs() + this.#aheadMs;
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1_000;
  }

  /** Back to the base clock. */
  reset(): void {
    this.#aheadMs = 0;
  }
}

/** RFC 3339 in UTC, as the control API speaks. */
export function utcTime(ms: number): string {
  return new Date(ms).toISOString();
}
