// Goal: a run of the tests leaves nothing behind in the system's temporary folder.
// Method: the run has one of its own, in memory where there is room, which has to be empty at the end; whatever is left fails the run by name.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What others leave there: what tsx and Node have compiled, and what a CDK app without a folder of its own makes. */
const ofOthers = /^(tsx-\d+$|node-compile-cache$|cdk\.out)/;

/**
 * A folder that its test removes: a process that dies after its test may make it once more. It goes with the run's
 * folder, and is told.
 */
const ofTests = /^fresco-test-/;

const memory = '/dev/shm';
const memoryMin = 2 ** 30;

/**
 * Thousands of writes are flushed, each for some milliseconds on a disk and for nothing in memory. With FRESCO_FULL=1,
 * or where a folder is named, it is that of the system.
 */
function placeOfRun(): string {
  const { TMPDIR: named, FRESCO_FULL: full } = process.env;
  if (named !== undefined || full !== undefined) return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(memory);
    const runsNothing = / \/dev\/shm \S+ \S*noexec/.test(readFileSync('/proc/mounts', 'utf8'));
    return bavail * bsize < memoryMin || runsNothing ? tmpdir() : memory;
  } catch {
    return tmpdir();
  }
}

/** Vitest's global setup: called once before all workers start, and what it returns once after all have ended. */
export default function setup(): () => void {
  const { TMPDIR: before } = process.env;
  const folder = mkdtempSync(join(placeOfRun(), 'fresco-run-'));
  process.env['TMPDIR'] = folder;
  return () => {
    const left = readdirSync(folder).filter((name) => !ofOthers.test(name));
    const again = left.filter((name) => ofTests.test(name));
    for (const name of again) {
      const files = readdirSync(join(folder, name), { recursive: true });
      process.stderr.write(`${name} was there again after its test: ${files.join(', ')}\n`);
    }
    rmSync(folder, { recursive: true, force: true });
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    if (left.length === again.length) return;
    // Vitest reports what a teardown throws, and ends well.
    process.exitCode = 1;
    throw new Error(`the tests have left behind: ${left.sort().join(', ')}`);
  };
}
