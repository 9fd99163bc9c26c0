import { join } from 'node:path';
import type { Clock } from '../core/ports.ts';
import { type Disk, isDiskError, orRefuse, syncFolder } from './file-store/disk.ts';
import { isTemporary, sweep, temporaryPath } from './file-store/folder-lock.ts';
import type { Home } from './home.ts';

/** Texts on their way out, each in a file of its own until it is taken. Its calls reject with `StoreRefused`. */
export interface Outbox {
  /** Resolves once it is on the disk. */
  put(text: string): Promise<void>;
  /** Names of those that wait, oldest first. */
  waiting(): Promise<readonly string[]>;
  read(name: string): Promise<string>;
  /** It was taken; nothing happens to one that is gone. */
  remove(name: string): Promise<void>;
}

/** An outbox in a folder, made when something is first put there. */
export function outboxIn(home: Home, { clock, disk }: { clock: Clock; disk: Disk }): Outbox {
  let count = 0;
  const write = async (text: string) => {
    // In the order of putting, also within a millisecond; the end of a temporary name is random.
    const time = String(clock.nowMs()).padStart(15, '0');
    const temporary = temporaryPath(home.path);
    const name = `${time}-${String(count++).padStart(6, '0')}-${temporary.slice(-12)}.json`;
    try {
      const handle = await disk.open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await disk.rename(temporary, join(home.path, name));
    } catch (error) {
      await disk.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncFolder(disk, home.path);
  };
  return {
    put: async (text) => {
      await home.prepare();
      await orRefuse(`write into ${home.path}`, () => write(text));
    },
    waiting: () =>
      orRefuse(`list ${home.path}`, async () => {
        try {
          await sweep(disk, home.path);
          const names = await disk.readdir(home.path);
          return names.filter((name) => name.endsWith('.json') && !isTemporary(name)).sort();
        } catch (error) {
          if (isDiskError(error, 'ENOENT')) return [];
          throw error;
        }
      }),
    read: (name) =>
      orRefuse(`read ${name}`, async () => {
        const handle = await disk.open(join(home.path, name), 'r');
        try {
          return await handle.readFile('utf8');
        } finally {
          await handle.close();
        }
      }),
    remove: (name) =>
      orRefuse(`remove ${name}`, () => disk.rm(join(home.path, name), { force: true })),
  };
}
