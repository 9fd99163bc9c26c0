import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from './failure.ts';
import { exitCodeOf, interruption } from './interruption.ts';

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const waitMaxMs = 5_000;

type Close = () => void | Promise<void>;

/**
 * A run of a command that opens things: whatever moment it is ended at, what it opened is closed and its
 * folder removed. The first signal ends it in order, a second one at once.
 */
export class Session {
  readonly #controller = new AbortController();
  readonly #closes: Close[] = [];
  readonly #steps = new Set<Promise<unknown>>();
  #removeFolder: () => void = () => {};
  #isOver = false;

  constructor() {
    for (const ending of endings) process.on(ending, this.#onEnding);
    // Last, since a signal between the two would reach nobody.
    interruption.stop();
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves with the first signal. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) resolve();
      this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** A new folder of mode 0700 that is gone when the session is. */
  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'fresco-local-'));
    const remove = () => rmSync(path, { recursive: true, force: true });
    // For the ways to end that no session sees, such as an error that nobody caught.
    process.once('exit', remove);
    this.#removeFolder = () => {
      remove();
      process.off('exit', remove);
    };
    if (this.#isOver) this.#removeFolder();
    return path;
  }

  /** What has been opened is closed at the end, the last first; at once where the end has already come. */
  async closes(close: Close): Promise<void> {
    if (!this.#isOver) return void this.#closes.push(close);
    await close();
    throw interrupted(this.signal);
  }

  /** Waits for work that a signal may cut short; rejects with `Failure` where one does. */
  async step<T>(work: Promise<T>): Promise<T> {
    this.#steps.add(work);
    const cut = this.ended().then(() => {
      throw interrupted(this.signal);
    });
    return Promise.race([work, cut]);
  }

  /** Closes everything; work that was cut short has a moment to see that it is over. */
  async end(): Promise<void> {
    this.#isOver = true;
    for (const close of this.#closes.splice(0).reverse()) await close();
    await Promise.race([Promise.allSettled(this.#steps), briefly()]);
    this.#removeFolder();
    for (const ending of endings) process.off(ending, this.#onEnding);
  }

  readonly #onEnding = (signal: NodeJS.Signals): void => {
    if (this.signal.aborted) process.exit(exitCodeOf(signal));
    this.#controller.abort(signal);
  };
}

function briefly(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, waitMaxMs).unref();
  });
}

function interrupted({ reason }: AbortSignal): Failure {
  const text = 'interrupted before it was done; nothing is left behind';
  return new Failure('retry', text, { endedBy: reason as NodeJS.Signals | undefined });
}
