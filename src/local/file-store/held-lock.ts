import { basename, join } from 'node:path';
import { StoreRefused } from '../../core/ports.ts';
import { toRfc3339 } from '../../core/time.ts';
import { type Disk, isDiskError } from './disk.ts';
import { isDeadStamp, isVisibleStamp, pidOfStamp } from './process-stamp.ts';

/** A lock with somebody in it who is not known to be dead. */
export interface HeldLock {
  /** What has to be removed to free it. */
  readonly file: string;
  readonly sinceMs: number;
  /** Who holds it and for how long, in words for people. */
  readonly detail: string;
  /** Whether it looks as if its holder, which cannot be seen from here, will never give it back. */
  readonly isLeft: boolean;
  /** What to do about it. */
  readonly next: string;
}

// A lock is held for the moments of a write.
const leftAfterMs = 600_000;

/** The lock at `path` as its holder has it; `undefined` where that one has just gone. */
export async function heldLock(
  disk: Disk,
  path: string,
  holder: string,
  nowMs: number,
): Promise<HeldLock | undefined> {
  const file = join(path, holder);
  const stat = await disk.lstat(file).catch((error: unknown) => {
    if (isDiskError(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (stat === undefined) return undefined;
  const sinceMs = Math.floor(stat.mtimeMs);
  const ageMs = Math.max(0, nowMs - sinceMs);
  const isSeen = isVisibleStamp(holder);
  const pid = pidOfStamp(holder) ?? holder;
  const who = isSeen ? `process ${pid}` : `process ${pid} of another container or host`;
  const next = isSeen
    ? 'try again; if that process hangs, end it'
    : `if no other container or host is using this store now, remove ${file}; while one is, wait`;
  return {
    file,
    sinceMs,
    detail: `${basename(path)}: ${who} held it since ${toRfc3339(sinceMs)} (${spanOf(ageMs)})`,
    isLeft: !isSeen && ageMs >= leftAfterMs,
    next,
  };
}

/** The locks in a folder that were left behind. */
export async function leftLocksIn(
  disk: Disk,
  folder: string,
  nowMs: number,
): Promise<readonly HeldLock[]> {
  const locks = (await namesIn(disk, folder)).filter((name) => name.endsWith('.lock'));
  const found = await Promise.all(
    locks.map(async (name) => {
      const path = join(folder, name);
      const holders = (await namesIn(disk, path)).filter((holder) => !isDeadStamp(holder));
      return Promise.all(holders.map((holder) => heldLock(disk, path, holder, nowMs)));
    }),
  );
  return found.flat().filter((lock) => lock?.isLeft === true) as HeldLock[];
}

/** The refusal after waiting for a lock in vain: only a lock that is in use is given back by itself. */
export function lockRefusal(path: string, waitMs: number, held: HeldLock | undefined) {
  const why = held === undefined ? 'others held it' : held.detail;
  return new StoreRefused(
    held?.isLeft === true ? 'denied' : 'unavailable',
    `could not lock ${path} within ${waitMs} ms, ${why}: ${held?.next ?? 'try again'}`,
  );
}

async function namesIn(disk: Disk, folder: string): Promise<readonly string[]> {
  return disk.readdir(folder).catch((error: unknown) => {
    if (isDiskError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });
}

function spanOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
