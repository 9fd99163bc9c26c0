import { randomUUID } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refuseOthers, type WidestMode } from '../local/file-store/ownership.ts';

/** The text of a file of this user's own. Rejects with `StoreRefused` for any other, and with the system's error. */
export async function readOwned(path: string, widest: WidestMode): Promise<string> {
  const handle = await open(path, 'r');
  try {
    refuseOthers(path, await handle.stat(), widest);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Rejects with `StoreRefused` where others could put files into the folder of this one, or it is only a link. */
export async function checkFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  refuseOthers(folder, await lstat(folder), '755');
}

/** Makes a file of mode 0600 where there is none; rejects with the system's error. */
export async function makeOwned(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Puts a whole file of mode 0600 in the place of what is there, be it a link; rejects with the system's error. */
export async function replaceOwned(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await makeOwned(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
