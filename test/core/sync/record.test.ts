import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import { counted, newRecord, SyncSession } from '../../../src/core/sync/record.ts';
import { once, SyncScene } from './scene.ts';

const begun = newRecord({ id: 'one', startedAtMs: 5, until: '0998', since: null });
const open = async (scene: SyncScene) => {
  const page = await SyncSession.open(scene.ports.store, () => begun);
  if (page === undefined) throw new Error('not opened');
  return page;
};
const stored = async (scene: SyncScene) => {
  const page = await SyncSession.open(scene.ports.store, (record) => record);
  return page?.record;
};
const noteFailure = (page: SyncSession) =>
  page.amend((record) => ({ ...record, failures: { pass: (record.failures['pass'] ?? 0) + 1 } }));

describe('the record of a sync', () => {
  it('begins with nothing done and nothing counted', () => {
    expect(begun).toEqual({
      id: 'one',
      startedAtMs: 5,
      until: '0998',
      since: null,
      done: [],
      failures: {},
      skipped: [],
      unread: [],
      resources: {},
      counts: { requests: 0, pages: 0, changed: 0, deleted: 0, alreadyTold: 0 },
      isComplete: false,
    });
  });

  it('counts what is new on top of what was', () => {
    const record = counted(counted(begun, { requests: 2 }), { requests: 1, deleted: 3 });
    expect(record.counts).toEqual({
      requests: 3,
      pages: 0,
      changed: 0,
      deleted: 3,
      alreadyTold: 0,
    });
    expect(record).toMatchObject({ id: 'one', until: '0998' });
  });

  it('is read back as it was saved', async () => {
    const scene = new SyncScene();
    const page = await open(scene);
    page.amend((record) => ({ ...record, done: ['7/clients'], isComplete: true }));
    expect(await page.save()).toBe('written');
    expect(await stored(scene)).toEqual({ ...begun, done: ['7/clients'], isComplete: true });
  });

  it('is saved as often as need be', async () => {
    const scene = new SyncScene();
    const page = await open(scene);
    for (let n = 0; n < 3; n += 1) {
      noteFailure(page);
      expect(await page.save()).toBe('written');
    }
    expect((await stored(scene))?.failures).toEqual({ pass: 3 });
  });

  it('is nobody’s who finds that another has saved it', async () => {
    const scene = new SyncScene();
    const [ours, theirs] = [await open(scene), await open(scene)];
    await theirs.save();
    expect(await ours.save()).toBe('conflict');
  });

  it('that was saved though nobody heard so is saved again', async () => {
    const scene = new SyncScene();
    const page = await open(scene);
    scene.before = once('store.written sync', new StoreRefused('unavailable', 'no answer'));
    await expect(page.save()).rejects.toThrow('no answer');
    noteFailure(page);
    expect(await page.save()).toBe('written');
    expect((await stored(scene))?.failures).toEqual({ pass: 1 });
    noteFailure(page);
    expect(await page.save()).toBe('written');
  });

  it('that was not saved is saved the next time', async () => {
    const scene = new SyncScene();
    const page = await open(scene);
    scene.before = once('store.write sync', new StoreRefused('unavailable', 'no answer'));
    await expect(page.save()).rejects.toThrow('no answer');
    noteFailure(page);
    expect(await page.save()).toBe('written');
    expect((await stored(scene))?.failures).toEqual({ pass: 1 });
  });

  it('that another has saved after an unanswered write stays theirs', async () => {
    const scene = new SyncScene();
    const page = await open(scene);
    scene.before = once('store.written sync', new StoreRefused('unavailable', 'no answer'));
    await expect(page.save()).rejects.toThrow('no answer');
    scene.texts.set('sync', { text: 'theirs', revision: 2 });
    noteFailure(page);
    expect(await page.save()).toBe('conflict');
    expect(scene.texts.get('sync')?.text).toBe('theirs');
  });

  it('after an answered write takes no other’s for its own', async () => {
    const scene = new SyncScene();
    const page = await open(scene);
    await page.save();
    const same = scene.texts.get('sync')?.text ?? '';
    scene.texts.set('sync', { text: same, revision: 9 });
    expect(await page.save()).toBe('conflict');
  });

  it.each([
    'no json',
    '{"id":"one"}',
    '{"v":2}',
    ...[
      { id: '' },
      { id: 5 },
      { until: '' },
      { startedAtMs: -1 },
      { done: {} },
      { skipped: 'none' },
      { failures: null },
      { counts: 'none' },
      { resources: 5 },
    ].map((damage) => JSON.stringify({ v: 1, ...begun, ...damage })),
  ])('that is damaged (%s) is refused, not begun anew', async (text) => {
    const scene = new SyncScene();
    scene.texts.set('sync', { text, revision: 1 });
    await expect(stored(scene)).rejects.toThrow(StoreRefused);
  });
});
