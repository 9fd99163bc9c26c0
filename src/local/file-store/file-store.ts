import { join, resolve } from 'node:path';
import type { JournalStore } from '../../core/journal/journal-store.ts';
import type { Clock, PendingSecret } from '../../core/ports.ts';
import type { Home } from '../home.ts';
import { type Outbox, outboxIn } from '../outbox.ts';
import { Reserve } from '../reserve.ts';
import { type Disk, isDiskError, machineDisk, orRefuse } from './disk.ts';
import { type LockOptions, temporaryPath } from './folder-lock.ts';
import { type HeldLock, leftLocksIn } from './held-lock.ts';
import { journalFile, journalFormat } from './journal-store.ts';
import { RecordFile, type RecordFormat } from './record-file.ts';
import { type ListedSecret, secretFile } from './secret-file.ts';
import { secretFormat } from './secret-versions.ts';
import { folderIn, markerName, newStoreFolder, storeFolder } from './store-folder.ts';

/** What is stored of one connection. */
export interface ConnectionFiles {
  readonly client: PendingSecret;
  readonly grant: ListedSecret;
  readonly accessToken: ListedSecret;
  readonly journal: JournalStore;
  /** What of them, and of the store's other records, can't be read. Rejects with `StoreRefused`. */
  damaged(formatOf: (fileName: string) => ReadFormat): Promise<readonly DamagedFile[]>;
}

/** How a record is read. */
export type ReadFormat = Pick<RecordFormat<unknown>, 'name' | 'decode'>;

/** A file whose text is damaged, and the way to get it out of the way. */
export interface DamagedFile {
  readonly kind: 'client' | 'grant' | 'access-token' | 'journal' | 'record';
  readonly detail: string;
  /** Keeps the text under another name, which is the answer. Rejects with `StoreRefused`. */
  setAside(): Promise<string>;
}

/** A folder with the secrets and journals of connections; all that its parts reject with is `StoreRefused`. */
export interface FileStore {
  /** Absolute. */
  readonly path: string;
  /** A connection's files, made when first written; throws `RangeError` for a name that is no file name. */
  connection(name: string): ConnectionFiles;
  /** Locks of the store and of this connection whose holder will hardly give them back. */
  leftLocks(connection: string): Promise<readonly HeldLock[]>;
  /** Writes and removes a small file where the connection's are; rejects with `StoreRefused` if that fails. */
  checkWritable(name: string): Promise<void>;
  /** Names of the connections of which something was stored, sorted. */
  connections(): Promise<string[]>;
  /** Events of a connection on their way out of the store. */
  outbox(connection: string): Outbox;
  /** A record of the whole store, beside the connections; ask for each name once. */
  record<T>(name: string, format: RecordFormat<T>): RecordFile<T>;
}

/** How a store is opened. */
export interface FileStoreOptions {
  readonly clock: Clock;
  /** Makes the folder, and makes an empty folder a store; default false. */
  readonly create?: boolean;
  /** Writes a damaged marker of the store again; default false. */
  readonly mend?: boolean;
  /** How long a write waits while another living process writes; default 10 s. */
  readonly lockWaitMs?: number;
  readonly disk?: Disk;
}

const connectionName = /^[A-Za-z0-9][A-Za-z0-9_+=.@-]{0,127}$/;

const markerFormat: RecordFormat<true> = {
  name: 'store',
  encode: () => ({ store: 'fresco' }),
  decode: () => true,
};

/** Opens a store; rejects with `StoreRefused` if it is missing, open to other users or of a newer version. */
export async function openFileStore(path: string, options: FileStoreOptions): Promise<FileStore> {
  const { clock, disk = machineDisk, lockWaitMs: waitMs = 10_000 } = options;
  const files: LockOptions = { clock, disk, waitMs };
  const store = storeFolder(resolve(path), disk);
  if (options.mend === true) await mendMarker(store, files);
  if (options.create === true) await markAsStore(newStoreFolder(store.path, disk), files);
  await store.check();
  await new RecordFile(store, markerName, markerFormat, files).read();

  const folder = folderIn(store, 'connections', disk);
  const opened = new Map<string, ConnectionFiles>();
  return {
    path: store.path,
    connection(name) {
      const connection = opened.get(name) ?? connectionFiles({ store, folder }, name, files);
      opened.set(name, connection);
      return connection;
    },
    leftLocks: (name) =>
      orRefuse(`look at the locks of ${store.path}`, async () => {
        const folders = [store.path, join(folder.path, name)];
        const locks = folders.map((it) => leftLocksIn(disk, it, clock.nowMs()));
        return (await Promise.all(locks)).flat();
      }),
    checkWritable: async (name) => {
      const { path } = folderIn(folder, name, disk);
      await orRefuse(`write in ${path}`, () =>
        tryWriting(path, disk).catch((error: unknown) => {
          // Nobody has logged in yet.
          if (isDiskError(error, 'ENOENT')) return tryWriting(store.path, disk);
          throw error;
        }),
      );
    },
    connections: () => orRefuse(`list ${store.path}`, () => connectionsIn(folder, disk)),
    outbox: (connection) => outboxIn(folderIn(store, `outbox-${connection}`, disk), files),
    record: (name, format) => new RecordFile(store, `${name}.json`, format, files),
  };
}

async function markAsStore(folder: Home, files: LockOptions): Promise<void> {
  const marker = new RecordFile(folder, markerName, markerFormat, files);
  if ((await marker.read()) === undefined) {
    await marker.update(() => ({ answer: undefined, next: true }));
  }
}

/** There is nothing in the marker that could be lost. */
async function mendMarker({ path }: Home, files: LockOptions): Promise<void> {
  const asItIs: Home = { path, check: async () => undefined, prepare: async () => undefined };
  const marker = new RecordFile(asItIs, markerName, markerFormat, files);
  if ((await marker.damage()) === undefined) return;
  await marker.setAside();
  await marker.update(() => ({ answer: undefined, next: true }));
}

function connectionFiles(
  { store, folder: connections }: { readonly store: Home; readonly folder: Home },
  name: string,
  files: LockOptions,
): ConnectionFiles {
  if (!connectionName.test(name)) {
    throw new RangeError(
      `a connection is named with letters, digits and _+=.@- (at most 128), got ${JSON.stringify(name)}`,
    );
  }
  const folder = folderIn(connections, name, files.disk);
  const kept = ['journal.json', 'grant.json', 'access-token.json'];
  const reserve = new Reserve(folder, files.disk, kept);
  const secret = (fileName: string, title: string, room?: Reserve) =>
    new RecordFile(folder, fileName, secretFormat(title), files, room);
  const client = secret('client.json', 'client secret');
  const grant = secret('grant.json', 'grant secret', reserve);
  const accessToken = secret('access-token.json', 'access-token secret', reserve);
  const journal = new RecordFile(folder, 'journal.json', journalFormat, files, reserve);
  return {
    client: secretFile(client),
    grant: secretFile(grant),
    accessToken: secretFile(accessToken),
    journal: journalFile(journal, reserve),
    damaged: async (formatOf): Promise<readonly DamagedFile[]> => {
      const known = [
        ['client', client],
        ['grant', grant],
        ['access-token', accessToken],
        ['journal', journal],
      ] as const;
      const records = (await namesIn(store.path, files.disk))
        .filter((file) => file.endsWith('.json') && file !== markerName)
        .map(
          (file) =>
            [
              'record',
              new RecordFile(store, file, { encode: Object, ...formatOf(file) }, files),
            ] as const,
        );
      const found = await Promise.all(
        [...known, ...records].map(async ([kind, file]) => {
          const damage = await file.damage();
          return damage && { kind, detail: damage.message, setAside: () => file.setAside() };
        }),
      );
      return found.filter((it) => it !== undefined);
    },
  };
}

/** A block: a disk that is full takes an empty file. */
async function tryWriting(path: string, disk: Disk): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    const handle = await disk.open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(Buffer.alloc(4096));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } finally {
    await disk.rm(temporary, { force: true });
  }
}

async function connectionsIn(folder: Home, disk: Disk): Promise<string[]> {
  await folder.check();
  const names: string[] = [];
  for (const name of await namesIn(folder.path, disk)) {
    if (!connectionName.test(name)) continue;
    const files = await namesIn(join(folder.path, name), disk);
    if (files.some((file) => file.endsWith('.json'))) names.push(name);
  }
  return names.sort();
}

async function namesIn(path: string, disk: Disk): Promise<string[]> {
  try {
    return await disk.readdir(path);
  } catch (error) {
    if (isDiskError(error, 'ENOTDIR', 'ENOENT')) return [];
    throw error;
  }
}
