import { constants } from 'node:os';
import { say } from './terminal.ts';

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const signals: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The exit code of what a signal ended, as shells have it. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Ends a command by the first signal, but for one thing: from a token request on until what it brought is
 * kept, the first signal waits and only a second one ends it at once.
 */
class Interruption {
  #whole = 0;
  #passes = 0;
  #hasPassBegun = false;
  #isElsewhere = false;
  #waiting: Signal | undefined;
  readonly #listeners = signals.map((signal) => [signal, () => this.#onSignal(signal)] as const);

  /** From here on signals are heard. */
  start(): void {
    for (const [signal, listener] of this.#listeners) process.on(signal, listener);
  }

  /** From here on they are somebody else's; one that waits ends the command now. */
  stop(): void {
    this.#endIfFree();
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  /** Work that is not cut off. */
  async whole<T>(work: () => Promise<T>): Promise<T> {
    this.#whole += 1;
    try {
      return await work();
    } finally {
      this.#whole -= 1;
      this.#endSoon();
    }
  }

  /** A pass, which is not cut off once it has begun to write; `isElsewhere`: the rotator of a stack makes it. */
  async pass<T>(work: () => Promise<T>, isElsewhere = false): Promise<T> {
    this.#passes += 1;
    this.#isElsewhere = isElsewhere;
    try {
      return await work();
    } finally {
      this.#passes -= 1;
      this.#isElsewhere = false;
      this.#hasPassBegun &&= this.#passes > 0;
      this.#endSoon();
    }
  }

  /** A pass is about to write. */
  readonly begun = (): void => {
    this.#hasPassBegun = this.#passes > 0;
  };

  #onSignal(signal: Signal): void {
    if (this.#waiting !== undefined) {
      say(
        'ended at once: the answer to a token request may be lost; fresco doctor says what to do',
      );
      process.exit(exitCodeOf(signal));
    }
    this.#waiting = signal;
    if (this.#isBusy()) {
      say(
        `${signal}: waiting for the answer of a token request; press again to end at once and risk losing it`,
      );
      return;
    }
    if (this.#isElsewhere) {
      say('the rotator in AWS continues by itself: fresco status shows the result');
    }
    process.exit(exitCodeOf(signal));
  }

  #isBusy(): boolean {
    return this.#whole > 0 || this.#hasPassBegun;
  }

  /** The result of the work is still printed, unless that takes more than saying it. */
  #endSoon(): void {
    if (this.#waiting !== undefined) setImmediate(() => this.#endIfFree());
  }

  #endIfFree(): void {
    if (this.#waiting === undefined || this.#isBusy()) return;
    say(`ended by ${this.#waiting} after the request was over: fresco status shows what is stored`);
    process.exit(exitCodeOf(this.#waiting));
  }
}

/** The signals of this process. */
export const interruption = new Interruption();
