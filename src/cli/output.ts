import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

const fullPipeMs = 5;

/**
 * Where results and messages go. The streams of `process` are left alone: a pipe that they touch no longer
 * blocks, and a child that inherits it loses what it reads or writes.
 */
export const output = {
  result: (text: string): void => writeWhole(1, text),
  longResult: (text: string): Promise<void> => {
    // The write that fails says so itself.
    process.stdout.off('error', ignored).on('error', ignored);
    return new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
  },
  message: (text: string): void => {
    try {
      writeWhole(2, text);
    } catch {
      // Nobody hears it any more; what is being done goes on.
    }
  },
  /** Whether messages go to a terminal. */
  isTerminal: (): boolean => isatty(2),
};

function writeWhole(fd: number, text: string): void {
  let left = Buffer.from(text);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (error) {
      // A pipe that somebody else has made non-blocking is full.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fullPipeMs);
    }
  }
}

function ignored(): void {}
