import { describe, expect, it } from 'vitest';
import { SyncScene } from './scene.ts';

/** A scene whose list has three pages, of two each. */
function threePages() {
  const scene = new SyncScene();
  scene.listed['clients'] = ['0100', '0200', '0300', '0400', '0500'].map((stamp, at) => ({
    id: at + 1,
    stamp,
  }));
  return scene;
}

describe('entries that cannot be read', () => {
  const page = { kind: 'page', total: 5, quota: {} } as const;

  it('are left out and counted, and keep nothing else back', async () => {
    const scene = threePages();
    scene.pages = [
      { ...page, changes: [{ id: 1, stamp: '0100', isNew: false }], unreadable: 1, isLast: false },
      { ...page, changes: [], unreadable: 2, isLast: false },
      { ...page, changes: [{ id: 5, stamp: '0500', isNew: false }], isLast: true },
    ];
    expect(await scene.pass({ kind: 'start' }, { resources: ['clients'] })).toMatchObject({
      kind: 'completed',
      detail: {
        skipped: [
          {
            list: '7/clients',
            why: '3 entries without an id or updated_at were left out, the others are published',
          },
        ],
      },
    });
    expect(scene.heard()).toEqual(['update clients 1 @0100', 'update clients 5 @0500']);
  });
});

describe('a list', () => {
  it('is read page by page, each from the last stamp on, up to the beginning of the sync', async () => {
    const scene = threePages();
    await scene.pass({ kind: 'start' }, { resources: ['clients'] });
    expect(scene.queries.map(({ since, until, page }) => [since?.at ?? null, until, page])).toEqual(
      [null, '0200', '0300', '0400'].map((at) => [at, '0998', 1]),
    );
    expect(scene.heard()).toEqual([1, 2, 3, 4, 5].map((id) => `update clients ${id} @0${id}00`));
  });

  it('is asked the next time for what came after, and nothing is told twice', async () => {
    const scene = threePages();
    await scene.pass();
    scene.heard();
    scene.queries.splice(0);
    scene.listed['clients']?.push({ id: 6, stamp: '0999' });
    scene.nowMs += 1000;
    await scene.pass({ kind: 'start' }, { resources: ['clients'] });
    expect(scene.queries).toMatchObject([{ since: { at: '0500', inclusive: false } }]);
    expect(scene.heard()).toEqual(['update clients 6 @0999']);
  });

  it('that was left in the middle is read to the end of that sync, and then to the end of this one', async () => {
    const scene = threePages();
    scene.listed['clients']?.push({ id: 6, stamp: '0998' });
    let left = 2;
    scene.says = () => {
      left -= 1;
      return left < 0 ? { kind: 'no-token', person: true, detail: 'log in' } : undefined;
    };
    await scene.pass();
    scene.says = () => undefined;
    scene.nowMs += 60_000;
    scene.listed['clients']?.push({ id: 7, stamp: '1050' });
    scene.queries.splice(0);
    const outcome = await scene.pass({ kind: 'start' }, { resources: ['clients'] });
    expect(outcome.kind).toBe('completed');
    expect(scene.queries.map(({ until }) => until)).toEqual(['0998', '0998', '0998', '1058']);
    const ids = scene.published.flatMap(({ detail }) => detail['id'] ?? []);
    expect(ids.filter((id) => typeof id === 'number')).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('says how many pages are left', async () => {
    const scene = threePages();
    await scene.pass({ kind: 'start' }, { resources: ['clients'] });
    expect(scene.progress.map(({ pagesLeft }) => pagesLeft)).toEqual([2, 1, 1, 0]);
    expect(scene.progress[0]).toEqual({
      companyId: 7,
      name: 'clients',
      done: 0,
      total: 1,
      pagesLeft: 2,
      counts: { requests: 1, pages: 1, changed: 2, deleted: 0, alreadyTold: 0 },
    });
  });

  it('tells references where the entities are not wanted', async () => {
    const scene = threePages();
    await scene.pass({ kind: 'start' }, { entity: 'reference' });
    expect(scene.queries.every(({ entity }) => entity === 'reference')).toBe(true);
    expect(scene.published[0]?.detail).toEqual({
      v: 1,
      connection: 'default',
      subject: 'company:7',
      company: 7,
      resource: 'clients',
      id: 1,
      change: 'update',
      origin: 'sync',
      updatedAt: '0100',
    });
  });

  it('tells the entity where it is wanted', async () => {
    const scene = threePages();
    await scene.pass();
    expect(scene.published[0]?.detail).toMatchObject({ entity: { id: 1, stamp: '0100' } });
  });

  it('whose cursor is damaged needs a person, and keeps it', async () => {
    const scene = threePages();
    scene.texts.set('7/clients', { text: '{"v":1}', revision: 4 });
    expect(await scene.pass()).toEqual({
      kind: 'person-needed',
      detail: 'the cursor of a sync cannot be read',
    });
    expect(scene.texts.get('7/clients')).toEqual({ text: '{"v":1}', revision: 4 });
  });
});

describe('what a webhook has told', () => {
  it('is not told again with the same stamp, and is counted', async () => {
    const scene = threePages();
    scene.told.set(2, { kind: 'stamp', stamp: '0200' });
    const outcome = await scene.pass();
    expect(scene.heard()).not.toContain('update clients 2 @0200');
    expect(outcome).toMatchObject({
      detail: { changed: 4, alreadyTold: 1, resources: { clients: 4 } },
    });
  });

  it.each([{ kind: 'stamp', stamp: '0199' }, { kind: 'deleted' }] as const)(
    'of another state (%j) is told again, and noted as it is now',
    async (state) => {
      const scene = threePages();
      scene.told.set(2, state);
      await scene.pass();
      expect(scene.heard()).toContain('update clients 2 @0200');
      expect(scene.told).toEqual(new Map([[2, { kind: 'stamp', stamp: '0200' }]]));
    },
  );

  it('in an hour that comes twice is told again', async () => {
    const scene = threePages();
    scene.told.set(2, { kind: 'stamp', stamp: '0200' });
    scene.ambiguous = ['0200'];
    await scene.pass();
    expect(scene.heard()).toContain('update clients 2 @0200');
  });

  it('is told again by a sync that is asked for everything since then', async () => {
    const scene = threePages();
    scene.told.set(2, { kind: 'stamp', stamp: '0200' });
    await scene.pass();
    scene.heard();
    await scene.pass({ kind: 'start', since: '0200' });
    expect(scene.heard()).toEqual([2, 3, 4, 5].map((id) => `update clients ${id} @0${id}00`));
  });

  it('a whole page of it is published to nobody', async () => {
    const scene = threePages();
    for (const { id, stamp } of scene.listed['clients'] ?? []) {
      scene.told.set(id, { kind: 'stamp', stamp });
    }
    let publications = 0;
    scene.before = (call) => {
      if (call === 'bus.publish') publications += 1;
    };
    await scene.pass();
    // That it is complete.
    expect(publications).toBe(1);
  });
});
