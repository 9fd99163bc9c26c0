import { constants } from 'node:fs';
import { basename, join } from 'node:path';
import { StoreRefused } from '../../core/ports.ts';
import {
  NewerRecord,
  parseRecord,
  recordFormat,
  type StoredRecord,
} from '../../core/records/record.ts';
import { Secret } from '../../core/secret.ts';
import type { Home } from '../home.ts';
import type { Reserve } from '../reserve.ts';
import { type Disk, isDiskError, orRefuse, syncFolder } from './disk.ts';
import { FolderLock, type LockOptions, temporaryPath } from './folder-lock.ts';
import { refuseOthers } from './ownership.ts';

/** How a value is written as a JSON object with `"v": 1`, and read back; `decode` throws `StoreRefused`. */
export interface RecordFormat<T> {
  readonly name: string;
  encode(value: T): object;
  decode(record: StoredRecord): T;
}

/**
 * The result of a change: its answer, and the value to store. Without one nothing is written, and the answer
 * must not promise that what it rests on would outlive a power cut.
 */
export interface Change<T, R> {
  readonly answer: R;
  readonly next?: T;
}

/** A change that is to be written with the next ones. */
interface Waiting<T> {
  /** Applied: what is to be stored, if anything, and the way to answer once that is done. */
  readonly apply: (stored: T | undefined) => { readonly next?: T; readonly tell: () => void };
  readonly fail: (error: unknown) => void;
}

/**
 * One JSON file, changed by one process at a time and always whole: it is replaced by rename(2) after
 * fsync(2), so a crash or a power cut at any moment leaves the old text or the new one. Reads take no lock.
 */
export class RecordFile<T> {
  readonly #path: string;
  readonly #home: Home;
  readonly #format: RecordFormat<T>;
  readonly #disk: Disk;
  readonly #lock: FolderLock;
  readonly #reserve: Reserve | undefined;
  #waiting: Waiting<T>[] = [];

  /** With a `reserve`, a text that does not fit takes the room that is held there. */
  constructor(
    home: Home,
    fileName: string,
    format: RecordFormat<T>,
    options: LockOptions,
    reserve?: Reserve,
  ) {
    this.#reserve = reserve;
    this.#path = join(home.path, fileName);
    this.#home = home;
    this.#format = format;
    this.#disk = options.disk;
    this.#lock = new FolderLock(join(home.path, `${basename(fileName, '.json')}.lock`), options);
  }

  /** The value as last stored; `undefined` if none ever was. Rejects with `StoreRefused`. */
  async read(): Promise<T | undefined> {
    const text = await orRefuse(`read ${this.#path}`, () => this.#text());
    if (text === undefined) {
      // A store whose disk is not mounted would look like one that is empty.
      await this.#home.check();
      return undefined;
    }
    const name = `${this.#format.name} in ${this.#path}`;
    return this.#format.decode(parseRecord(new Secret(text), name));
  }

  /**
   * Reads, changes and stores in one step that no other process can come between. `change` is called once
   * or more and decides on its argument alone. Changes that come while others are written are written
   * together, in their order: none is answered before it is on the disk.
   */
  update<R>(change: (stored: T | undefined) => Change<T, R>): Promise<R> {
    return new Promise((resolve, fail) => {
      const apply = (stored: T | undefined) => {
        const { answer, ...rest } = change(stored);
        return { ...rest, tell: () => resolve(answer) };
      };
      this.#waiting.push({ apply, fail });
      if (this.#waiting.length === 1) void this.#commit();
    });
  }

  /** What makes the text unreadable for good, if anything does. Rejects with `StoreRefused` for other refusals. */
  async damage(): Promise<StoreRefused | undefined> {
    try {
      await this.read();
      return undefined;
    } catch (error) {
      const isDamage = error instanceof StoreRefused && error.reason === 'damaged';
      if (isDamage && !(error instanceof NewerRecord)) return error;
      throw error;
    }
  }

  /** Moves a damaged text out of the way, to a name that nothing reads; answers with its path. */
  async setAside(): Promise<string> {
    const path = this.#asidePath;
    await this.#lock.hold(
      async () => {
        if ((await this.damage()) === undefined) return;
        await orRefuse(`rename ${this.#path}`, () => this.#disk.rename(this.#path, path));
        await syncFolder(this.#disk, this.#home.path);
      },
      async () => undefined,
    );
    return path;
  }

  /** Removes what was set aside: it may hold what was in the file. */
  async forgetAside(): Promise<void> {
    const path = this.#asidePath;
    await orRefuse(`remove ${path}`, () => this.#disk.rm(path, { force: true }));
  }

  get #asidePath(): string {
    return `${this.#path}.damaged`;
  }

  async #commit(): Promise<void> {
    let taken: readonly Waiting<T>[] = [];
    const take = () => {
      taken = this.#waiting.splice(0);
      return taken;
    };
    try {
      await this.#home.prepare();
      const tells = await this.#lock.hold(
        () => this.#apply(take()),
        () => this.#answerWithoutWrite(take),
      );
      for (const tell of tells) tell();
    } catch (error) {
      for (const { fail } of taken.length > 0 ? taken : take()) fail(error);
    }
  }

  async #apply(changes: readonly Waiting<T>[]): Promise<readonly (() => void)[]> {
    let stored: T | undefined = await this.read();
    let isWritten = false;
    const tells: (() => void)[] = [];
    for (const { apply, fail } of changes) {
      try {
        const { next, tell } = apply(stored);
        tells.push(tell);
        // The same value again is written too: that it was seen does not mean that it is on the disk.
        isWritten ||= next !== undefined;
        stored = next ?? stored;
      } catch (error) {
        fail(error);
      }
    }
    const value = stored;
    if (isWritten && value !== undefined) {
      await orRefuse(`write ${this.#path}`, () => this.#replace(value));
    }
    return tells;
  }

  // A hundred processes that have lost a race need a look at the file, and not a lock each, to know.
  async #answerWithoutWrite(
    take: () => readonly Waiting<T>[],
  ): Promise<readonly (() => void)[] | undefined> {
    const stored = await this.read();
    const isNeeded = this.#waiting.some(({ apply }) => {
      try {
        return apply(stored).next !== undefined;
      } catch {
        // Whose change it is hears of it when it is made.
        return true;
      }
    });
    return isNeeded ? undefined : take().map(({ apply }) => apply(stored).tell);
  }

  async #text(): Promise<string | undefined> {
    let handle: Awaited<ReturnType<Disk['open']>>;
    try {
      handle = await this.#disk.open(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isDiskError(error, 'ENOENT')) return undefined;
      throw error;
    }
    try {
      refuseOthers(this.#path, await handle.stat(), '600');
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  }

  async #replace(value: T): Promise<void> {
    try {
      await this.#write(value);
    } catch (error) {
      const isFull = isDiskError(error, 'ENOSPC', 'EDQUOT');
      if (!isFull || (await this.#reserve?.release()) !== true) throw error;
      await this.#write(value);
    }
  }

  async #write(value: T): Promise<void> {
    const temporary = temporaryPath(this.#home.path);
    try {
      const handle = await this.#disk.open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(
          `${JSON.stringify({ v: recordFormat, ...this.#format.encode(value) })}\n`,
        );
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.#disk.rename(temporary, this.#path);
    } catch (error) {
      await this.#disk.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncFolder(this.#disk, this.#home.path);
  }
}
