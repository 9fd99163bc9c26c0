import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { type RefusalReason, StoreRefused } from '../../core/ports.ts';

/** The calls of node:fs that the file store makes, so that tests can fail each of them. */
export interface Disk {
  readonly lstat: typeof lstat;
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  readonly readdir: (path: string) => Promise<string[]>;
  readonly rename: typeof rename;
  readonly rm: typeof rm;
}

/** The disk of this machine. */
export const machineDisk: Disk = {
  lstat,
  mkdir,
  open,
  readdir: (path) => readdir(path),
  rename,
  rm,
};

const refusals: Readonly<Record<string, readonly [RefusalReason, string]>> = {
  ENOSPC: ['unavailable', 'the disk is full: free some space'],
  EDQUOT: ['unavailable', 'the disk quota is used up: free some space'],
  EROFS: ['denied', 'the disk is read-only: choose a writable folder'],
  EACCES: ['denied', 'this user may not: run as the owner of the store'],
  EPERM: ['denied', 'this user may not: run as the owner of the store'],
  ELOOP: ['denied', 'it is a symbolic link: replace it by what it points to'],
  EEXIST: ['denied', 'something else is in its place: choose another path'],
  ENOTDIR: ['missing', 'a part of the path is not a folder: choose another path'],
  ENOENT: ['missing', 'a part of the path is gone: run fresco login'],
};

/** What a failed disk call means to the store; anything that is no disk error comes back as it was. */
export function refusalOf(error: unknown, attempt: string): unknown {
  const code = codeOf(error);
  if (error instanceof StoreRefused || code === undefined) return error;
  const [reason, advice] = refusals[code] ?? ['unavailable', 'the disk answered with an error'];
  return new StoreRefused(reason, `could not ${attempt}: ${advice} (${code})`, { cause: error });
}

/** Runs `work`; a disk error in it becomes a `StoreRefused` that names the attempt. */
export async function orRefuse<T>(attempt: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error, attempt);
  }
}

/** Whether it is an error of the operating system with one of these codes. */
export function isDiskError(error: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}

/** Makes the names in a folder last through a power cut: fsync(2) of the folder itself. */
export async function syncFolder(disk: Disk, path: string): Promise<void> {
  const handle = await disk.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && syscall !== undefined ? code : undefined;
}
