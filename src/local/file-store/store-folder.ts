import { dirname, join } from 'node:path';
import { StoreRefused } from '../../core/ports.ts';
import type { Home } from '../home.ts';
import { type Disk, isDiskError, orRefuse, syncFolder } from './disk.ts';
import { isTemporary, sweep } from './folder-lock.ts';
import { refuseOthers } from './ownership.ts';

/** The file that marks a folder as a store and says its version. */
export const markerName = 'store.json';

/** The store's own folder; it is there if its marker is. */
export function storeFolder(path: string, disk: Disk): Home {
  const check = () =>
    orRefuse(`open ${path}`, async () => {
      await checkFolder(path, disk);
      if (!(await exists(join(path, markerName), disk))) throw noStore(path);
    });
  return { path, check, prepare: check };
}

/** A folder inside a store, at any depth. */
export function folderIn(parent: Home, name: string, disk: Disk): Home {
  const path = join(parent.path, name);
  return {
    path,
    check: parent.check,
    async prepare() {
      await parent.prepare();
      await orRefuse(`make ${path}`, () => ensureFolder(path, disk));
    },
  };
}

/** A folder without a marker yet, made where it is missing; refused if it holds anything else. */
export function newStoreFolder(path: string, disk: Disk): Home {
  const prepare = () => orRefuse(`make ${path}`, () => claim(path, disk).catch(notOurs));
  const notOurs = (error: unknown) => {
    if (!isDiskError(error, 'EACCES', 'EPERM')) throw error;
    const text = `this user may not make ${path}: make the folder as root and give it to this user, or choose another`;
    throw new StoreRefused('denied', text, { cause: error });
  };
  return { path, check: async () => undefined, prepare };
}

async function claim(path: string, disk: Disk): Promise<void> {
  await disk.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await ensureFolder(path, disk);
  await sweep(disk, path);
  const names = await disk.readdir(path);
  // Another process may be making the same store, and may have got further.
  if (names.includes(markerName)) return;
  const other = names.find((name) => !isTemporary(name) && name !== 'store.lock');
  if (other === undefined) return;
  throw new StoreRefused(
    'denied',
    `${path} is no store and holds other files, ${other} for one: choose an empty folder`,
  );
}

async function ensureFolder(path: string, disk: Disk): Promise<void> {
  try {
    await disk.mkdir(path, { mode: 0o700 });
    await syncFolder(disk, dirname(path));
  } catch (error) {
    if (!isDiskError(error, 'EEXIST')) throw error;
  }
  await checkFolder(path, disk);
}

async function checkFolder(path: string, disk: Disk): Promise<void> {
  const found = await disk.lstat(path).catch((error: unknown) => {
    if (isDiskError(error, 'ENOENT')) throw noStore(path);
    throw error;
  });
  if (found.isSymbolicLink()) {
    throw new StoreRefused('denied', `${path} is a symbolic link: give the folder it points to`);
  }
  if (!found.isDirectory()) {
    throw new StoreRefused('denied', `${path} is not a folder: choose another path`);
  }
  refuseOthers(path, found, '700');
}

async function exists(path: string, disk: Disk): Promise<boolean> {
  try {
    await disk.lstat(path);
    return true;
  } catch (error) {
    if (isDiskError(error, 'ENOENT')) return false;
    throw error;
  }
}

function noStore(path: string): StoreRefused {
  return new StoreRefused(
    'missing',
    `there is no store at ${path}: mount its disk if it has one, or run fresco login`,
  );
}
