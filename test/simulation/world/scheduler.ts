// Goal: every interleaving of awaited steps can happen, at moments that a seed decides.
// Method: a port call suspends its process; one suspended call at a time is chosen, takes effect and is answered.
import type { Clock } from '../../../src/core/ports.ts';

/** One running program: it may be killed at any suspended call, and then never resumes. */
export interface Process {
  readonly id: number;
  readonly name: string;
  readonly startsAtMs: number;
  /** When its host kills it, on the true clock. */
  killsAtMs: number;
  /** How far its wall clock is ahead of the true one. */
  skewMs: number;
  /** How long its monotonic clock has stood still. */
  lagMs: number;
  /** Port calls so far: the next one's index. */
  calls: number;
  state: 'running' | 'ended' | 'dead';
}

/** A call that waits for its turn. */
export interface SuspendedCall {
  readonly process: Process;
  readonly label: string;
  readonly readyAtMs: number;
  /** Its turn: takes effect and answers. */
  readonly run: () => void;
  /** What becomes of it when its process dies first: the bytes may be on their way. */
  readonly orphan?: () => void;
}

/** Who decides which suspended call is next, and how long each takes. */
export interface Chooser {
  /** The index of one of the calls that are ready. */
  choose(ready: readonly SuspendedCall[]): number;
  latencyMs(): number;
}

/** A program to run, from a moment on. */
export interface Program<T> {
  readonly name: string;
  readonly atMs: number;
  readonly skewMs: number;
  /** How long its host lets it run; `Infinity`: for ever. */
  readonly lifeMs: number;
  readonly body: (process: Process) => Promise<T>;
  readonly onEnd: (process: Process, result: T) => void;
  readonly onThrow: (process: Process, error: unknown) => void;
  readonly onDeath?: (process: Process) => void;
}

/** The one loop of a history; all its time is virtual. */
export class Scheduler {
  nowMs: number;
  steps = 0;
  readonly processes: Process[] = [];
  #suspended: SuspendedCall[] = [];
  readonly #chooser: Chooser;
  readonly #onDeath: (process: Process) => void;
  readonly #mourners = new Map<Process, (process: Process) => void>();

  constructor(startMs: number, chooser: Chooser, onDeath: (process: Process) => void) {
    this.nowMs = startMs;
    this.#chooser = chooser;
    this.#onDeath = onDeath;
  }

  spawn<T>(program: Program<T>): Process {
    const process: Process = {
      id: this.processes.length,
      name: program.name,
      startsAtMs: program.atMs,
      killsAtMs: program.atMs + program.lifeMs,
      skewMs: program.skewMs,
      lagMs: 0,
      calls: 0,
      state: 'running',
    };
    this.processes.push(process);
    if (program.onDeath) this.#mourners.set(process, program.onDeath);
    const end = (finish: () => void) => {
      if (process.state !== 'running') return;
      process.state = 'ended';
      finish();
    };
    const run = () => {
      program.body(process).then(
        (result) => end(() => program.onEnd(process, result)),
        (error: unknown) => end(() => program.onThrow(process, error)),
      );
    };
    this.#suspended.push({ process, label: 'start', readyAtMs: program.atMs, run });
    return process;
  }

  /** Suspends a call until it is chosen; dropped if the process is dead. */
  suspend(call: SuspendedCall): void {
    if (call.process.state !== 'dead') this.#suspended.push(call);
  }

  /** Ends a process at once; what it had under way may still take effect. */
  kill(process: Process): void {
    if (process.state !== 'running') return;
    process.state = 'dead';
    const orphans = this.#suspended.filter((call) => call.process === process);
    this.#suspended = this.#suspended.filter((call) => call.process !== process);
    for (const call of orphans) call.orphan?.();
    this.#onDeath(process);
    this.#mourners.get(process)?.(process);
  }

  /** A process that is none: the server and the people around, who never die. */
  outsider(name: string): Process {
    return {
      id: -1,
      name,
      startsAtMs: this.nowMs,
      killsAtMs: Number.POSITIVE_INFINITY,
      skewMs: 0,
      lagMs: 0,
      calls: 0,
      state: 'running',
    };
  }

  clockOf(process: Process): Clock {
    return {
      nowMs: () => this.nowMs + process.skewMs,
      monotonicMs: () => {
        const passedMs = this.nowMs - process.startsAtMs - process.lagMs;
        // A fraction, as real ones have.
        return passedMs + (passedMs % 97) / 97;
      },
      wait: (ms) =>
        new Promise((resolve) => {
          process.calls += 1;
          const readyAtMs = this.nowMs + ms;
          this.suspend({ process, label: 'wait', readyAtMs, run: resolve });
        }),
    };
  }

  /** Runs until nothing is suspended, `stepsMax` is reached or `afterStep` says stop. */
  async run(
    afterStep: (ran: SuspendedCall | undefined) => boolean,
    stepsMax: number,
  ): Promise<void> {
    while (this.#suspended.length > 0 && this.steps < stepsMax) {
      this.steps += 1;
      if (!afterStep(this.#next())) return;
      await drained();
    }
  }

  #next(): SuspendedCall | undefined {
    const ready = this.#ready();
    if (ready.length === 0) return undefined;
    const call = ready[ready.length === 1 ? 0 : this.#chooser.choose(ready)] as SuspendedCall;
    this.nowMs += this.#chooser.latencyMs();
    this.#killOverdue();
    const at = this.#suspended.indexOf(call);
    if (at < 0) return undefined;
    this.#suspended.splice(at, 1);
    call.run();
    return call;
  }

  #ready(): readonly SuspendedCall[] {
    const [only] = this.#suspended;
    const isOnly = this.#suspended.length === 1 && only !== undefined;
    if (isOnly && only.readyAtMs <= this.nowMs) return this.#suspended.slice();
    const ready = this.#suspended.filter((call) => call.readyAtMs <= this.nowMs);
    if (ready.length > 0) return ready;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const call of this.#suspended) {
      const { state, killsAtMs } = call.process;
      nextMs = Math.min(nextMs, call.readyAtMs, state === 'running' ? killsAtMs : nextMs);
    }
    this.nowMs = Math.max(this.nowMs, nextMs);
    this.#killOverdue();
    return this.#suspended.filter((call) => call.readyAtMs <= this.nowMs);
  }

  #killOverdue(): void {
    for (const process of this.processes) {
      if (process.state === 'running' && process.killsAtMs <= this.nowMs) this.kill(process);
    }
  }
}

/** Resolves when every continuation that could run has run: the next tick comes after all microtasks. */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
