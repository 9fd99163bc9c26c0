// Goal: no refresh token is spent whose successor has no room.
// Method: a pass over a file store on a disk with so many pages left, from none to more than it needs, then with
// room again. Where this user may mount, on a file system of a few pages; else the port counts them.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accessTokenOf, encodeAccessToken } from '../../src/core/records/access-token.ts';
import { decodeGrant, encodeGrant } from '../../src/core/records/grant.ts';
import { rotate } from '../../src/core/rotation/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { type Disk, machineDisk } from '../../src/local/file-store/disk.ts';
import { openFileStore } from '../../src/local/file-store/file-store.ts';
import { granted, grantOf, hour, memoryConnection } from '../core/memory-connection.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { diskError, watchedDisk } from './watched-disk.ts';

const isFull = process.env['FRESCO_FULL'] === '1';
const pageBytes = 4096;

function pagesIn(path: string): number {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => Math.ceil(statSync(join(parentPath, name)).size / pageBytes))
    .reduce((sum, pages) => sum + pages, 0);
}

/** A disk that can be filled; `leave` takes all its pages but these. */
interface SmallDisk {
  readonly path: string;
  readonly disk: Disk;
  leave(pages: number): Promise<void>;
}

async function countedDisk(): Promise<SmallDisk> {
  const path = await temporaryFolder();
  let pagesMax = Number.POSITIVE_INFINITY;
  const disk = watchedDisk((call, bytes = 0) => {
    if (!call.startsWith('writeFile')) return;
    if (pagesIn(path) + Math.ceil(bytes / pageBytes) > pagesMax) throw diskError('ENOSPC');
  });
  return {
    path,
    disk,
    leave: async (pages) => {
      pagesMax = pagesIn(path) + pages;
    },
  };
}

async function mountedDisk(): Promise<SmallDisk> {
  const path = join(await temporaryFolder(), 'mounted');
  await mkdir(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', path], {
    stdio: 'ignore',
  });
  onTestFinished(() => void execFileSync('umount', [path]));
  const ballast = join(path, 'ballast');
  return {
    path,
    disk: machineDisk,
    leave: async (pages) => {
      await rm(ballast, { force: true });
      const free = 256 - pagesIn(path) - pages;
      if (free > 0) await writeFile(ballast, Buffer.alloc(free * pageBytes, 1));
    },
  };
}

const canMount = await mountedDiskOrNot();

async function mountedDiskOrNot(): Promise<boolean> {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return process.geteuid?.() === 0;
  } catch {
    return false;
  }
}

/** A connection in a file store, whose next pass is due. */
async function connected({ path, disk, leave }: SmallDisk) {
  const store = await openFileStore(join(path, 'store'), {
    clock: memoryConnection().ports().clock,
    create: true,
    disk,
    lockWaitMs: 0,
  });
  const { journal, grant, accessToken } = store.connection('default');
  const first = grantOf(13 * hour);
  await grant.put('first', encodeGrant(first));
  for (let n = 0; n < 12; n += 1) {
    await grant.put(`kept-${n}`, encodeGrant({ ...first, generation: 0, attempt: n }));
  }
  const token = accessTokenOf(first, undefined);
  if (token) await accessToken.put('first', encodeAccessToken(token));
  const { journal: begun, revision } = await journal.read();
  const history = Array.from({ length: 99 }, (_, n) => ({ atMs: n, outcome: 'x', generation: n }));
  await journal.write({ ...begun, history }, revision);
  const long = 'x'.repeat(3000);
  const world = memoryConnection([
    granted(2, { accessToken: new Secret(`a/${long}`), refreshToken: new Secret(`r/${long}`) }),
    granted(3),
  ]);
  const pass = () =>
    rotate({ ...world.ports(), journal, grant, accessToken }, { trigger: 'schedule' });
  return { world, grant, pass, leave };
}

describe.each([
  { name: 'counted', open: countedDisk, isThere: isFull || !canMount },
  { name: 'mounted', open: mountedDisk, isThere: canMount },
])('a disk that is nearly full ($name)', ({ open, isThere }) => {
  it.runIf(isThere)('takes no token that it has no room to follow', async () => {
    let refusedUpTo = 0;
    for (let pages = 0; pages <= 80; pages += pages < 8 ? 1 : 12) {
      const { world, grant, pass, leave } = await connected(await open());
      await leave(pages);
      const outcome = await pass();
      const hasSent = world.presented.length > 0;
      if (!hasSent) {
        expect(outcome).toMatchObject({
          kind: 'store-refused',
          detail: expect.stringContaining('full'),
        });
        refusedUpTo = pages;
      }
      await leave(1000);
      // Its lease may not have been given back.
      world.passTime(10 * 60_000);
      const next = await pass();
      expect([pages, next.kind]).not.toEqual([pages, 'uncertain']);
      expect([pages, world.presented.length]).toEqual([pages, 1]);
      const current = await grant.current();
      expect(current && decodeGrant(current.value).generation).toBe(2);
    }
    expect(refusedUpTo).toBeGreaterThan(1);
    expect(refusedUpTo).toBeLessThan(80);
  });
});
