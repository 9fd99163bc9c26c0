// Goal: no process, dead or alive, can damage the store or block it for others.
// Method: real processes on one store; SIGKILL before each call of the disk in turn (before every third without
// FRESCO_FULL=1), and at random moments.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyJournal } from '../../src/core/journal/journal.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import { openFileStore } from '../../src/local/file-store/file-store.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { buildWorker, startWorker } from './worker-process.ts';

const isFull = process.env['FRESCO_FULL'] === '1';
let folder = '';
let script = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fresco-worker-'));
  script = join(folder, 'worker.mjs');
  await buildWorker(script);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function openStore(lockWaitMs = 10_000) {
  const path = join(await temporaryFolder(), 'store');
  const store = await openFileStore(path, { clock: systemClock, create: true, lockWaitMs });
  const connection = store.connection('default');
  const files = join(path, 'connections', 'default');
  return { path, files, ...connection };
}

describe('a file store with many processes', () => {
  it('loses no write of any of them', async () => {
    const { path, journal } = await openStore();
    const workers = Array.from({ length: 4 }, () => startWorker(script, 'count', path, '15'));
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
    const found = await journal.read();
    expect(found.journal.fence).toBe(60);
    expect(found.revision).toBe(60);
  });

  it('lets one of many processes through that write the same revision', async () => {
    const { path, journal } = await openStore();
    const workers = Array.from({ length: 8 }, () => startWorker(script, 'claim', path));
    await Promise.all(workers.map(({ ended }) => ended));
    const claimed = workers.filter(({ lines }) => lines[0] === 'written');
    expect(claimed).toHaveLength(1);
    expect((await journal.read()).journal.fence).toBe(claimed[0]?.child.pid);
  });

  it('refuses to write while a living process holds the lock, and says which', async () => {
    const { files, journal, grant } = await openStore(30);
    await journal.write(emptyJournal, 0);
    const { child, firstLine } = startWorker(script, 'hold', join(files, 'journal.lock'));
    expect(await firstLine).toBe('held');
    await expect(journal.write(emptyJournal, 1)).rejects.toMatchObject({
      name: 'StoreRefused',
      reason: 'unavailable',
      message: expect.stringContaining(`process ${child.pid} held it`),
    });
    expect((await journal.read()).revision).toBe(1);
    expect(await grant.put('first', new Secret('invented'))).toBe('stored');
  });

  it('takes the lock of a killed process over at once', async () => {
    const { files, journal } = await openStore(0);
    await journal.write(emptyJournal, 0);
    const { child, firstLine, ended } = startWorker(script, 'hold', join(files, 'journal.lock'));
    await firstLine;
    child.kill('SIGKILL');
    await ended;
    expect(await journal.write(emptyJournal, 1)).toBe('written');
  });

  it('is whole and unlocked when a process was killed before any call of the disk', async () => {
    for (let dieBefore = 1; ; dieBefore += isFull ? 1 : 3) {
      const { path, files, grant } = await openStore(0);
      await grant.put('first', new Secret('invented first'));
      const { lines, ended } = startWorker(script, 'crash', path, String(dieBefore));
      const code = await ended;
      const found = await grant.version('second');
      expect(found?.value.reveal() ?? 'invented second').toBe('invented second');
      if (lines[0] === 'stored') expect(found).toBeDefined();
      expect((await grant.current())?.versionId).toBe('first');

      expect(await grant.put('third', new Secret('invented third'))).toBe('stored');
      expect(await grant.put('second', new Secret('invented second'))).toBe('stored');
      const next = await openFileStore(path, { clock: systemClock, lockWaitMs: 0 });
      expect(await next.connection('default').grant.promote('third', 'first')).toBe('promoted');
      expect((await readdir(files)).filter((name) => name.startsWith('tmp.'))).toEqual([]);
      if (code === null) continue;
      expect(dieBefore).toBeGreaterThan(10);
      break;
    }
  });

  it('keeps what was stored, whenever a process is killed', async () => {
    const { path, journal, grant } = await openStore(0);
    let done = 0;
    for (let round = 0; round < (isFull ? 12 : 6); round += 1) {
      const { child, lines, firstLine, ended } = startWorker(script, 'storm', path, `${done + 1}`);
      await firstLine;
      // Seven is prime to the steps of a round, so that each kill falls somewhere else.
      await systemClock.wait((round * 7) % 12);
      child.kill('SIGKILL');
      await ended;
      done = Number(lines.at(-1));
      const { fence } = (await journal.read()).journal;
      const current = await grant.current();
      expect([done, done + 1]).toContain(fence);
      expect([`v${done}`, `v${done + 1}`]).toContain(current?.versionId);
      expect(current?.value.reveal()).toMatch(/^invented \d+ x{20000}$/);
      done = Number(current?.versionId.slice(1));
    }
  });
});
