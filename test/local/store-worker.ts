// A process of its own that works on a file store, for tests with several processes and with SIGKILL.

import { Secret } from '../../src/core/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import { machineDisk } from '../../src/local/file-store/disk.ts';
import { openFileStore } from '../../src/local/file-store/file-store.ts';
import { FolderLock } from '../../src/local/file-store/folder-lock.ts';
import { watchedDisk } from './watched-disk.ts';

const [job, path = '', detail = ''] = process.argv.slice(2);
const clock = systemClock;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function run(): Promise<void> {
  switch (job) {
    case 'count':
      return count(Number(detail));
    case 'claim':
      return claim();
    case 'storm':
      return storm();
    case 'crash':
      return crash(Number(detail));
    case 'hold':
      return hold();
    default:
      throw new Error(`no such job: ${job}`);
  }
}

/** Adds one to the fence so many times, starting over after each conflict. */
async function count(times: number): Promise<void> {
  const { journal: store } = (await openFileStore(path, { clock })).connection('default');
  for (let done = 0; done < times; ) {
    const { journal, revision } = await store.read();
    const counted = { ...journal, fence: journal.fence + 1 };
    if ((await store.write(counted, revision)) === 'written') done += 1;
  }
}

/** Claims the fence while it is 0, and says whether it got it. */
async function claim(): Promise<void> {
  const { journal: store } = (await openFileStore(path, { clock })).connection('default');
  const { journal, revision } = await store.read();
  if (journal.fence > 0) return say('late');
  say(await store.write({ ...journal, fence: process.pid }, revision));
}

/** Puts, promotes and journals one version after the other for ever, and says each that is done. */
async function storm(): Promise<void> {
  const { grant, journal: store } = (await openFileStore(path, { clock })).connection('default');
  let current = (await grant.current())?.versionId ?? '';
  for (let n = Number(detail); ; n += 1) {
    const { journal, revision } = await store.read();
    await store.write({ ...journal, fence: n }, revision);
    await grant.put(`v${n}`, new Secret(`invented ${n} ${'x'.repeat(20_000)}`));
    await grant.promote(`v${n}`, current);
    current = `v${n}`;
    say(String(n));
  }
}

/** Puts one version and dies right before the nth call of the disk. */
async function crash(dieBefore: number): Promise<void> {
  let calls = 0;
  const disk = watchedDisk(() => {
    calls += 1;
    if (calls === dieBefore) process.kill(process.pid, 'SIGKILL');
  });
  const { grant } = (await openFileStore(path, { clock, disk })).connection('default');
  say(await grant.put('second', new Secret('invented second')));
}

/** Holds a lock until killed. */
async function hold(): Promise<void> {
  const lock = new FolderLock(path, { disk: machineDisk, clock, waitMs: 1000 });
  const work = async () => {
    say('held');
    await clock.wait(60_000);
  };
  await lock.hold(work, async () => undefined);
}

await run();
