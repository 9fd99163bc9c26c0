import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, isDiskError, orRefuse } from './file-store/disk.ts';
import { temporaryPath } from './file-store/folder-lock.ts';
import type { Home } from './home.ts';

/** What a new token pair may add to each file that keeps it; a token answer has 64 KiB at most. */
const growthBytes = 64 * 1024;
const name = 'reserve';

/**
 * Room on the disk for what must not fail: a file that is given up when another does not fit. It holds what
 * replacing every one of `files` would take, and a token pair more for each.
 */
export class Reserve {
  readonly #home: Home;
  readonly #disk: Disk;
  readonly #files: readonly string[];

  constructor(home: Home, disk: Disk, files: readonly string[]) {
    this.#home = home;
    this.#disk = disk;
    this.#files = files;
  }

  /** Holds the room from here on, whatever else fills the disk. Rejects with `StoreRefused`. */
  async hold(): Promise<void> {
    await this.#home.prepare();
    await orRefuse(`keep room in ${this.#home.path}`, async () => {
      const sizes = await Promise.all(this.#files.map((file) => this.#size(file)));
      const bytes = sizes.reduce((sum, size) => sum + size + growthBytes, 0);
      if ((await this.#size(name)) < bytes) await this.#take(bytes);
    });
  }

  /** Gives the room up; false: none was held. */
  async release(): Promise<boolean> {
    if ((await this.#size(name)) === 0) return false;
    await this.#disk.rm(this.#path(name), { force: true });
    return true;
  }

  async #take(bytes: number): Promise<void> {
    const temporary = temporaryPath(this.#home.path);
    try {
      await this.release();
      const handle = await this.#disk.open(temporary, 'wx', 0o600);
      try {
        // A disk that compresses would keep no room for zeros.
        await handle.writeFile(randomBytes(bytes));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.#disk.rename(temporary, this.#path(name));
    } catch (error) {
      await this.#disk.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async #size(file: string): Promise<number> {
    try {
      return (await this.#disk.lstat(this.#path(file))).size;
    } catch (error) {
      if (isDiskError(error, 'ENOENT')) return 0;
      throw error;
    }
  }

  #path(file: string): string {
    return join(this.#home.path, file);
  }
}
