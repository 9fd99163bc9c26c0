// A lock between processes that outlives none of them. It is a folder, held by the process that has a file in it,
// and the file's name is unique to its holder. rename(2) puts a folder in the place of another only if that
// one is empty, so one process gets in; and removing the file of a dead holder by its name can never hit a
// living one, however late the remover is.
import { dirname, join } from 'node:path';
import type { Clock, StoreRefused } from '../../core/ports.ts';
import { type Disk, isDiskError, orRefuse, syncFolder } from './disk.ts';
import { heldLock, lockRefusal } from './held-lock.ts';
import { isDeadStamp, stampProcess } from './process-stamp.ts';

/** What a lock needs of the machine, and how long it waits for a living holder. */
export interface LockOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly waitMs: number;
}

const pauseMaxMs = 64;
const temporaryPrefix = 'tmp.';

/** A path in `folder` for something unfinished; it is swept away once its process is dead. */
export function temporaryPath(folder: string): string {
  return join(folder, `${temporaryPrefix}${stampProcess()}`);
}

/** Whether the name is one of `temporaryPath`'s. */
export function isTemporary(name: string): boolean {
  return name.startsWith(temporaryPrefix);
}

/** Removes what dead processes left unfinished in a folder; safe at any time, with or without a lock. */
export async function sweep(disk: Disk, folder: string): Promise<void> {
  for (const name of await disk.readdir(folder)) {
    if (!isTemporary(name) || !isDeadStamp(name.slice(temporaryPrefix.length))) continue;
    await disk.rm(join(folder, name), { recursive: true, force: true });
  }
}

/** One lock; its callers in this process take turns, other processes are waited for up to `waitMs`. */
export class FolderLock {
  readonly #path: string;
  readonly #options: LockOptions;
  /** Our own entries that could not be removed. */
  readonly #left = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();
  #swept = false;

  constructor(path: string, options: LockOptions) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Runs `work` while no other process runs its own; rejects with `StoreRefused` if the lock was not got.
   * `glance` is asked at each look at the lock: a result makes it, and the lock, needless.
   */
  hold<T>(work: () => Promise<T>, glance: () => Promise<T | undefined>): Promise<T> {
    const result = this.#turn.then(() => this.#locked(work, glance));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #locked<T>(work: () => Promise<T>, glance: () => Promise<T | undefined>): Promise<T> {
    const stamp = stampProcess();
    const early = await orRefuse(`lock ${this.#path}`, () => this.#enter(stamp, glance));
    if (early !== undefined) return early;
    try {
      return await work();
    } finally {
      this.#left.add(stamp);
      await orRefuse(`unlock ${this.#path}`, () => this.#remove(stamp));
    }
  }

  /** Resolves once inside, with `undefined`, or outside with what `glance` gave. */
  async #enter<T>(stamp: string, glance: () => Promise<T | undefined>): Promise<T | undefined> {
    const { clock, waitMs, disk } = this.#options;
    const startedMs = clock.monotonicMs();
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, pauseMaxMs)) {
      const early = await glance();
      if (early !== undefined) return early;
      const holder = await this.#livingHolder();
      if (holder === undefined && (await this.#tryEnter(stamp))) break;
      if (clock.monotonicMs() - startedMs >= waitMs) throw await this.#notGot(holder);
      await clock.wait(pauseMs);
    }
    if (!this.#swept) await sweep(disk, dirname(this.#path));
    this.#swept = true;
    return undefined;
  }

  async #livingHolder(): Promise<string | undefined> {
    const { disk } = this.#options;
    const holders = await disk.readdir(this.#path).catch((error: unknown) => {
      if (isDiskError(error, 'ENOENT')) return [];
      throw error;
    });
    const isOver = (holder: string) => this.#left.has(holder) || isDeadStamp(holder);
    const living = holders.find((holder) => !isOver(holder));
    if (living !== undefined || holders.length === 0) return living;
    // Before its lock is free: what it wrote last may not be on the disk yet, and nobody else would see to it.
    await syncFolder(disk, dirname(this.#path));
    await sweep(disk, dirname(this.#path));
    for (const holder of holders) await this.#remove(holder);
    return undefined;
  }

  async #tryEnter(stamp: string): Promise<boolean> {
    const { disk } = this.#options;
    const entrance = temporaryPath(dirname(this.#path));
    try {
      await disk.mkdir(entrance, { mode: 0o700 });
      const handle = await disk.open(join(entrance, stamp), 'wx', 0o600);
      await handle.close();
      await disk.rename(entrance, this.#path);
      return true;
    } catch (error) {
      await disk.rm(entrance, { recursive: true, force: true }).catch(() => undefined);
      if (isDiskError(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  }

  async #remove(stamp: string): Promise<void> {
    await this.#options.disk.rm(join(this.#path, stamp), { force: true });
    this.#left.delete(stamp);
  }

  async #notGot(holder: string | undefined): Promise<StoreRefused> {
    const { clock, waitMs, disk } = this.#options;
    const held = holder && (await heldLock(disk, this.#path, holder, clock.nowMs()));
    return lockRefusal(this.#path, waitMs, held || undefined);
  }
}
