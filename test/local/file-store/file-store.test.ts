import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyJournal } from '../../../src/core/journal/journal.ts';
import { Secret } from '../../../src/core/secret.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { type FileStoreOptions, openFileStore } from '../../../src/local/file-store/file-store.ts';
import { stampProcess } from '../../../src/local/file-store/process-stamp.ts';
import { versionsKept } from '../../../src/local/file-store/secret-versions.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { diskError, watchedDisk } from '../watched-disk.ts';

const token = 'a/0001invented';
const clock = systemClock;

async function openStore(options: Partial<FileStoreOptions> = {}) {
  const path = join(await temporaryFolder(), 'store');
  const store = await openFileStore(path, { clock, create: true, ...options });
  const files = join(path, 'connections', 'default');
  return { store, path, files, ...store.connection('default') };
}

/** A store with one version of the grant in it. */
async function openStoreWithGrant(options: Partial<FileStoreOptions> = {}) {
  const opened = await openStore(options);
  await opened.grant.put('first', new Secret(token));
  return { ...opened, grantFile: join(opened.files, 'grant.json') };
}

function refused(reason: string, message: string) {
  return { name: 'StoreRefused', reason, message: expect.stringContaining(message) };
}

// Only root can give a file away.
const isRoot = process.geteuid?.() === 0;
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('opening a file store', () => {
  it('makes nothing unless asked to', async () => {
    const path = join(await temporaryFolder(), 'store');
    const opening = openFileStore(path, { clock });
    await expect(opening).rejects.toMatchObject(refused('missing', `no store at ${path}`));
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('opens what was made before, with what is in it', async () => {
    const { path } = await openStoreWithGrant();
    for (const create of [true, false]) {
      const { grant } = (await openFileStore(path, { clock, create })).connection('default');
      expect((await grant.current())?.value.reveal()).toBe(token);
    }
  });

  it('makes one store of many made at once', async () => {
    const path = join(await temporaryFolder(), 'deep', 'store');
    const open = () => openFileStore(path, { clock, create: true });
    const stores = await Promise.all(Array.from({ length: 10 }, open));
    expect(stores.map((store) => store.path)).toEqual(Array(10).fill(path));
    expect(await readdir(path)).toContain('store.json');
  });

  it('leaves a folder alone that holds other files', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'photo.jpg'), '');
    const opening = openFileStore(path, { clock, create: true });
    await expect(opening).rejects.toMatchObject(refused('denied', 'photo.jpg'));
    expect(await readdir(path)).toEqual(['photo.jpg']);
  });

  it('refuses a file in its place', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, '');
    const opening = openFileStore(path, { clock });
    await expect(opening).rejects.toMatchObject(refused('denied', 'is not a folder'));
    const making = openFileStore(path, { clock, create: true });
    await expect(making).rejects.toMatchObject(refused('missing', 'is not a folder'));
    const below = openFileStore(join(path, 'store'), { clock, create: true });
    await expect(below).rejects.toMatchObject(refused('missing', 'is not a folder'));
  });

  it('refuses a symbolic link in its place', async () => {
    const { path } = await openStore();
    const link = join(await temporaryFolder(), 'link');
    await symlink(path, link);
    const opening = openFileStore(link, { clock });
    await expect(opening).rejects.toMatchObject(refused('denied', 'is a symbolic link'));
  });

  it('refuses a store from a newer version', async () => {
    const { path } = await openStore();
    await writeFile(join(path, 'store.json'), '{"v":2,"store":"fresco"}');
    const opening = openFileStore(path, { clock, create: true });
    await expect(opening).rejects.toMatchObject(refused('damaged', 'is of version 2'));
  });

  it.each(['750', '705', '720', '701'])('refuses a folder of mode %s', async (digits) => {
    const mode = Number.parseInt(digits, 8);
    const { path } = await openStore();
    await chmod(path, mode);
    const opening = openFileStore(path, { clock });
    await expect(opening).rejects.toMatchObject(refused('denied', `chmod 700 ${path}`));
  });
});

describe('a file store', () => {
  it('keeps every file to its owner', async () => {
    const { path, files, grantFile, journal } = await openStoreWithGrant();
    await journal.write(emptyJournal, 0);
    expect(await modeOf(path)).toBe(0o700);
    expect(await modeOf(files)).toBe(0o700);
    expect(await modeOf(grantFile)).toBe(0o600);
    expect(await modeOf(join(files, 'journal.json'))).toBe(0o600);
  });

  it('has no secret in a name, and leaves nothing unfinished', async () => {
    const { path, grant } = await openStoreWithGrant();
    await grant.promote('first', 'first');
    const names = await readdir(path, { recursive: true });
    expect(names.filter((name) => name.includes('invented') || name.includes('tmp'))).toEqual([]);
  });

  it.each([0o640, 0o604, 0o620])(
    'refuses a file of mode %o, and does not touch it',
    async (mode) => {
      const { grant, grantFile } = await openStoreWithGrant();
      await chmod(grantFile, mode);
      const denied = refused('denied', `chmod 600 ${grantFile}`);
      await expect(grant.current()).rejects.toMatchObject(denied);
      await expect(grant.put('second', new Secret('x'))).rejects.toMatchObject(denied);
      expect(await modeOf(grantFile)).toBe(mode);
    },
  );

  it.runIf(isRoot)('refuses a file and a folder of another user', async () => {
    const { grant, grantFile, files } = await openStoreWithGrant();
    await chown(grantFile, 65_534, 65_534);
    const denied = refused('denied', `${grantFile} belongs to another user`);
    await expect(grant.current()).rejects.toMatchObject(denied);
    await chown(grantFile, 0, 0);
    await chown(files, 65_534, 65_534);
    const putting = grant.put('second', new Secret('x'));
    await expect(putting).rejects.toMatchObject(refused('denied', `${files} belongs to another`));
  });

  it('refuses a symbolic link in place of a file', async () => {
    const { grant, grantFile, files } = await openStoreWithGrant();
    await writeFile(join(files, 'other.json'), await readFile(grantFile), { mode: 0o600 });
    await rm(grantFile);
    await symlink('other.json', grantFile);
    await expect(grant.current()).rejects.toMatchObject(refused('denied', 'symbolic link'));
  });

  it('refuses to write into a folder of a connection that others may enter', async () => {
    const { grant, files } = await openStoreWithGrant();
    await chmod(files, 0o755);
    const putting = grant.put('second', new Secret('x'));
    await expect(putting).rejects.toMatchObject(refused('denied', `chmod 700 ${files}`));
  });

  it.each([
    { name: 'nothing', text: '' },
    { name: 'half of it', text: '{"v":1,"labels":{"AWSCURRENT":"first"},"versions":[{"versi' },
    { name: 'zeroes', text: '\0'.repeat(100) },
    { name: 'another thing', text: '[]' },
    { name: 'no version', text: '{"labels":{},"versions":[]}' },
    {
      name: 'a label of a version that is not there',
      text: '{"v":1,"labels":{"AWSCURRENT":"x"},"versions":[]}',
    },
    {
      name: 'versions without a current one',
      text: `{"v":1,"labels":{},"versions":[{"versionId":"first","value":"${token}"}]}`,
    },
    {
      name: 'a value that is no text',
      text: `{"v":1,"labels":{"AWSCURRENT":"first"},"versions":[{"versionId":"first","value":["${token}"]}]}`,
    },
  ])('refuses a file with $name in it, and never writes over it', async ({ text }) => {
    const { grant, grantFile } = await openStoreWithGrant();
    await writeFile(grantFile, text);
    const calls = [
      () => grant.current(),
      () => grant.version('first'),
      () => grant.put('second', new Secret('x')),
      () => grant.promote('first', 'first'),
      () => grant.dropPending('first'),
    ];
    for (const call of calls) {
      const error = await call().then(undefined, (thrown: unknown) => thrown);
      expect(error).toMatchObject(refused('damaged', grantFile));
      expect(String(error)).not.toContain(token);
    }
    expect(await readFile(grantFile, 'utf8')).toBe(text);
  });

  it('reads a journal of a program that knew less: what was added since has not happened yet', async () => {
    const { journal, files } = await openStore();
    await journal.write({ ...emptyJournal, fence: 3 }, 0);
    const file = join(files, 'journal.json');
    const stored = JSON.parse(await readFile(file, 'utf8'));
    delete stored.journal.called;
    await writeFile(file, JSON.stringify(stored));
    expect((await journal.read()).journal).toEqual({ ...emptyJournal, fence: 3 });
  });

  it('refuses a damaged journal, names the field and never writes over it', async () => {
    const { journal, files } = await openStore();
    await journal.write(emptyJournal, 0);
    const file = join(files, 'journal.json');
    const text = (await readFile(file, 'utf8')).replace('"seals":[]', '"seals":[{}]');
    await writeFile(file, text);
    const damaged = refused('damaged', '"seals"');
    await expect(journal.read()).rejects.toMatchObject(damaged);
    await expect(journal.write(emptyJournal, 1)).rejects.toMatchObject(damaged);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('refuses a file from a newer version, and says what to do', async () => {
    const { grant, grantFile } = await openStoreWithGrant();
    await writeFile(grantFile, '{"v":2}');
    await expect(grant.current()).rejects.toMatchObject(refused('damaged', 'update fresco'));
  });

  it('does not take a store that is gone for an empty one', async () => {
    const { path, grant, journal } = await openStoreWithGrant();
    await rm(path, { recursive: true });
    await expect(grant.current()).rejects.toMatchObject(refused('missing', path));
    await expect(journal.read()).rejects.toMatchObject(refused('missing', path));
    await mkdir(path, { mode: 0o700 });
    await expect(grant.current()).rejects.toMatchObject(refused('missing', path));
    await expect(grant.put('first', new Secret('x'))).rejects.toMatchObject(
      refused('missing', path),
    );
  });

  it('lets calls in one process take turns, without a wait for the lock', async () => {
    const { grant } = await openStoreWithGrant({ lockWaitMs: 0 });
    const put = (_: unknown, n: number) => grant.put(`v${n}`, new Secret('x'));
    const answers = await Promise.all(Array.from({ length: 50 }, put));
    expect(new Set(answers)).toEqual(new Set(['stored']));
  });

  it('lists the connections of which something is stored', async () => {
    const { store } = await openStore();
    expect(await store.connections()).toEqual([]);
    await store.connection('two').grant.put('first', new Secret('x'));
    await store.connection('one').journal.write(emptyJournal, 0);
    await store.connection('none').grant.current();
    expect(await store.connections()).toEqual(['one', 'two']);
  });

  it('keeps connections apart', async () => {
    const { store } = await openStoreWithGrant();
    expect(await store.connection('other').grant.current()).toBeUndefined();
  });

  it.each(['', '.', '..', '../x', 'a/b', 'a\0b', '-x', 'x'.repeat(129)])(
    'refuses a connection of the name %j',
    async (name) => {
      const { store } = await openStore();
      expect(() => store.connection(name)).toThrow(RangeError);
    },
  );

  it('takes AWSPENDING off the version named and off no other', async () => {
    const { grant, grantFile } = await openStoreWithGrant();
    const labels = async () => JSON.parse(await readFile(grantFile, 'utf8')).labels;
    await grant.putPending('second', new Secret('x'));
    await grant.dropPending('first');
    expect(await labels()).toEqual({ AWSCURRENT: 'first', next: 'first', AWSPENDING: 'second' });
    await grant.dropPending('second');
    expect(await labels()).toEqual({ AWSCURRENT: 'first', next: 'first' });
  });

  it('forgets old versions, but none that has a label and none of the newest', async () => {
    const { grant } = await openStoreWithGrant();
    await grant.putPending('pending', new Secret('x'));
    const newest = versionsKept + 5;
    for (let n = 1; n <= newest; n += 1) await grant.put(`v${n}`, new Secret(`value ${n}`));
    expect((await grant.current())?.versionId).toBe('first');
    expect(await grant.version('pending')).toBeDefined();
    expect(await grant.version(`v${newest - versionsKept}`)).toBeUndefined();
    expect(await grant.version(`v${newest - versionsKept + 1}`)).toBeDefined();
    expect(await grant.version(`v${newest}`)).toBeDefined();
  });
});

describe('a file store on a failing disk', () => {
  it('writes a whole file to the disk before it takes the place of the old one', async () => {
    const calls: string[] = [];
    const { grant } = await openStoreWithGrant({ disk: watchedDisk((call) => calls.push(call)) });
    calls.length = 0;
    await grant.put('second', new Secret('x'));
    const from = calls.indexOf('open temporary');
    expect(calls.slice(from, from + 6)).toEqual([
      'open temporary',
      'writeFile temporary',
      'sync temporary',
      'rename temporary to grant.json',
      'open default',
      'sync default',
    ]);
  });

  it('brings to the disk what a dead process wrote before its lock is free', async () => {
    const calls: string[] = [];
    const { grant, files } = await openStoreWithGrant({
      disk: watchedDisk((call) => calls.push(call)),
    });
    const dead = stampProcess().split('.');
    dead[3] = '999999999';
    await writeFile(join(files, 'grant.lock', dead.join('.')), '');
    calls.length = 0;
    await grant.put('second', new Secret('x'));
    const fromSync = calls.slice(calls.indexOf('sync default'));
    expect(fromSync.filter((call) => /^(sync|rm|rename)/.test(call)).slice(0, 3)).toEqual([
      'sync default',
      'rm stamp',
      'rename temporary to grant.lock',
    ]);
  });

  it.each([
    { seconds: 599, reason: 'unavailable', age: '9 min', left: 0 },
    { seconds: 600, reason: 'denied', age: '10 min', left: 1 },
    { seconds: 10_800, reason: 'denied', age: '3 h', left: 1 },
  ] as const)(
    'says which lock another container has held for $seconds s, and when to remove it',
    async ({ seconds, reason, age, left }) => {
      const { path, files } = await openStoreWithGrant();
      const clock = { ...systemClock, nowMs: () => 1_795_500_000_000 };
      const store = await openFileStore(path, { clock, lockWaitMs: 0 });
      const gone = stampProcess().split('.');
      gone[2] = '1';
      const lock = join(files, 'grant.lock', gone.join('.'));
      await writeFile(lock, '');
      const since = new Date(clock.nowMs() - seconds * 1000);
      await utimes(lock, since, since);
      const who = `process ${process.pid} of another container or host`;
      const at = since.toISOString().replace('.000', '');
      const detail = `grant.lock: ${who} held it since ${at} (${age})`;
      const next = `if no other container or host is using this store now, remove ${lock}; while one is, wait`;
      const putting = store.connection('default').grant.put('second', new Secret('x'));
      await expect(putting).rejects.toMatchObject({
        reason,
        message: `could not lock ${join(files, 'grant.lock')} within 0 ms, ${detail}: ${next}`,
      });
      expect((await store.leftLocks('default')).map((it) => [it.detail, it.next])).toEqual(
        Array.from({ length: left }, () => [detail, next]),
      );
      await rm(lock);
      expect(await store.connection('default').grant.put('second', new Secret('x'))).toBe('stored');
      expect(await store.leftLocks('default')).toEqual([]);
    },
  );

  it('can be opened and read on a read-only disk', async () => {
    const { path } = await openStoreWithGrant();
    const disk = watchedDisk((call) => {
      if (/^(mkdir|rename|rm|sync|writeFile|open temporary)/.test(call)) throw diskError('EROFS');
    });
    for (const create of [true, false]) {
      const { grant } = (await openFileStore(path, { clock, create, disk })).connection('default');
      expect((await grant.current())?.value.reveal()).toBe(token);
    }
  });

  it.each(['ENOSPC', 'EIO'])('is whole whichever call ends with %s', async (code) => {
    for (let failing = 1; ; failing += 1) {
      let calls = 0;
      let failAt = 0;
      const disk = watchedDisk(() => {
        calls += 1;
        if (calls === failAt) throw diskError(code);
      });
      const { grant, files } = await openStoreWithGrant({ disk, lockWaitMs: 0 });
      calls = 0;
      failAt = failing;
      const answer = await grant.put('second', new Secret('x')).catch((error: unknown) => error);
      if (answer !== 'stored') expect(answer).toMatchObject(refused('unavailable', code));
      const isReached = calls >= failing;
      failAt = 0;

      expect((await grant.current())?.versionId).toBe('first');
      if (answer === 'stored') expect(await grant.version('second')).toBeDefined();
      expect(await grant.put('second', new Secret('x'))).toBe('stored');
      expect((await readdir(files)).filter((name) => name.startsWith('tmp.'))).toEqual([]);
      if (isReached) continue;
      expect(failing).toBeGreaterThan(10);
      break;
    }
  });

  it.each([
    { code: 'ENOSPC', reason: 'unavailable', message: 'the disk is full' },
    { code: 'EDQUOT', reason: 'unavailable', message: 'quota' },
    { code: 'EROFS', reason: 'denied', message: 'read-only' },
    { code: 'EACCES', reason: 'denied', message: 'run as the owner' },
    { code: 'EIO', reason: 'unavailable', message: 'EIO' },
  ])('says in words what $code means, and can still be read', async ({ code, reason, message }) => {
    let isFailing = false;
    const disk = watchedDisk((call) => {
      if (isFailing && /^(mkdir|write)/.test(call)) throw diskError(code);
    });
    const { grant, store } = await openStoreWithGrant({ disk });
    await store.checkWritable('default');
    isFailing = true;
    await expect(store.checkWritable('default')).rejects.toMatchObject(refused(reason, message));
    const putting = grant.put('second', new Secret('x'));
    await expect(putting).rejects.toMatchObject(refused(reason, message));
    expect((await grant.current())?.value.reveal()).toBe(token);
  });

  it('says who can make the folder of a new store, where this user may not', async () => {
    const disk = watchedDisk((call) => {
      if (call.startsWith('mkdir')) throw diskError('EACCES');
    });
    await expect(openStore({ disk })).rejects.toMatchObject(
      refused('denied', 'make the folder as root and give it to this user'),
    );
  });

  it('lets errors through that are not the disk’s', async () => {
    const { journal } = await openStore();
    const broken = { ...emptyJournal, fence: -1 };
    await expect(journal.write(broken, 0)).rejects.not.toHaveProperty('reason');
    expect((await journal.read()).revision).toBe(0);
  });
});
