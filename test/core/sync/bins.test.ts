import { describe, expect, it } from 'vitest';
import { decodeBin, encodeBin } from '../../../src/core/sync/bin.ts';
import type { EntityId } from '../../../src/core/webhooks/notification.ts';
import { SyncScene } from './scene.ts';

/** A scene that knows of a bin with these in it, and of a document that has changed long after them. */
async function withBin(...ids: EntityId[]) {
  const scene = new SyncScene();
  scene.listed['documents/invoice'] = [{ id: 1, stamp: '0500' }];
  scene.binned = ids;
  await scene.pass();
  scene.heard();
  scene.asked.splice(0);
  scene.nowMs += 60_000;
  return scene;
}

describe('what webhook and API did not agree on', () => {
  it('is read once more by the next sync, which tells what was told wrongly', async () => {
    const scene = new SyncScene();
    scene.listed['clients'] = [{ id: 1, stamp: '0100' }];
    await scene.pass();
    scene.heard();
    const { published } = scene.ports;
    scene.told.set(1, { kind: 'deleted' });
    scene.told.set(2, { kind: 'deleted' });
    scene.told.set(3, { kind: 'stamp', stamp: '0100' });
    await published.doubt(7, 'clients', [1, 2, 3]);
    scene.nowMs += 600_000;
    expect(await scene.pass()).toMatchObject({ detail: { changed: 1, deleted: 1 } });
    expect(scene.heard()).toEqual(['update clients 1 @0100', 'delete clients 3']);
    expect(scene.told.get(1)).toEqual({ kind: 'stamp', stamp: '0100' });
    expect(scene.told.get(3)).toEqual({ kind: 'deleted' });
    expect(await published.doubted(7, 'clients')).toEqual([]);
    scene.asked.splice(0);
    await scene.pass();
    expect(scene.asked).toEqual(['7 clients', '7 documents/invoice', '7 bin/documents']);
  });

  it('waits for the sync that can read it', async () => {
    const scene = new SyncScene();
    const { published } = scene.ports;
    await published.doubt(7, 'clients', [1, 2]);
    scene.says = (asked) => (asked === '7 clients/2' ? { kind: 'wait', waitMs: 9e6 } : undefined);
    expect(await scene.pass()).toMatchObject({ kind: 'paused' });
    expect(await published.doubted(7, 'clients')).toEqual([2]);
  });
});

describe('a bin', () => {
  it('tells once what has been deleted', async () => {
    const scene = new SyncScene();
    scene.binned = [5, 'x'];
    expect(await scene.pass()).toMatchObject({
      detail: { deleted: 2, changed: 0, alreadyTold: 0, resources: { documents: 2 } },
    });
    expect(scene.heard()).toEqual(['delete documents 5', 'delete documents x']);
    expect(await scene.pass()).toMatchObject({ detail: { deleted: 0 } });
    expect(scene.heard()).toEqual([]);
  });

  it('says nothing of a deletion that a webhook has told', async () => {
    const scene = new SyncScene();
    scene.binned = [5, 6];
    scene.told.set(5, { kind: 'deleted' });
    scene.told.set(6, { kind: 'stamp', stamp: '0100' });
    expect(await scene.pass()).toMatchObject({ detail: { deleted: 1, alreadyTold: 1 } });
    expect(scene.heard()).toEqual(['delete documents 6']);
    expect(scene.told.get(6)).toEqual({ kind: 'deleted' });
  });

  it('is looked at after the lists, so that what is deleted meanwhile ends as deleted', async () => {
    const scene = new SyncScene();
    scene.listed['documents/invoice'] = [{ id: 5, stamp: '0100' }];
    scene.binned = [5];
    await scene.pass();
    expect(scene.heard()).toEqual(['update documents 5 @0100', 'delete documents 5']);
    expect(scene.asked).toEqual(['7 clients', '7 documents/invoice', '7 bin/documents']);
  });

  it('is not written again while nothing in it changes', async () => {
    const scene = await withBin(5);
    const before = scene.texts.get('7/bin/documents');
    await scene.pass();
    expect(scene.texts.get('7/bin/documents')).toBe(before);
    expect(before?.revision).toBe(1);
  });

  it('has one request, and no pages left after it', async () => {
    const scene = await withBin();
    await scene.pass();
    expect(scene.asked.filter((asked) => asked.includes('bin'))).toHaveLength(1);
    expect(scene.progress.at(-1)).toMatchObject({ name: 'bin/documents', pagesLeft: 0 });
  });

  it('that cannot be read is left as it was', async () => {
    const scene = await withBin(5);
    scene.binned = [];
    scene.says = (asked) =>
      asked === '7 bin/documents' ? { kind: 'forbidden', detail: 'no scope' } : undefined;
    expect(await scene.pass()).toMatchObject({
      detail: { skipped: [{ list: '7/bin/documents', why: 'no scope' }] },
    });
    expect(scene.texts.get('7/bin/documents')?.revision).toBe(1);
  });

  it('that is damaged needs a person, and is kept', async () => {
    const scene = new SyncScene();
    scene.texts.set('7/bin/documents', { text: '{"v":1}', revision: 4 });
    expect(await scene.pass()).toEqual({
      kind: 'person-needed',
      detail: 'what a sync knows of a bin cannot be read',
    });
    expect(scene.texts.get('7/bin/documents')).toEqual({ text: '{"v":1}', revision: 4 });
  });
});

describe('what has left a bin', () => {
  it('and is living is told as it is now', async () => {
    const scene = await withBin(5, 6);
    scene.binned = [6];
    // Recovered, it has its old stamp again: its list does not show it.
    scene.listed['documents/invoice']?.push({ id: 5, stamp: '0100' });
    expect(await scene.pass()).toMatchObject({
      detail: { changed: 1, deleted: 0, resources: { documents: 1 } },
    });
    expect(scene.published[0]?.detail).toMatchObject({ entity: { id: 5, stamp: '0100' } });
    expect(scene.heard()).toEqual(['update documents 5 @0100']);
    await scene.pass();
    expect(scene.asked.filter((asked) => asked === '7 documents/5')).toHaveLength(1);
  });

  it('and is gone for good is told to nobody, and asked for once', async () => {
    const scene = await withBin(5);
    scene.binned = [];
    expect(await scene.pass()).toMatchObject({ detail: { changed: 0, deleted: 0 } });
    await scene.pass();
    expect(scene.heard()).toEqual([]);
    expect(scene.asked.filter((asked) => asked === '7 documents/5')).toHaveLength(1);
  });

  it('is not asked for where a webhook has told of it since', async () => {
    const scene = await withBin(5);
    scene.binned = [];
    scene.told.set(5, { kind: 'stamp', stamp: '0100' });
    await scene.pass();
    expect(scene.heard()).toEqual([]);
    expect(scene.asked).not.toContain('7 documents/5');
  });

  it('and was last told as deleted is told, and noted as living', async () => {
    const scene = await withBin(5);
    scene.told.set(5, { kind: 'deleted' });
    scene.binned = [];
    scene.listed['documents/invoice']?.push({ id: 5, stamp: '0100' });
    await scene.pass();
    expect(scene.heard()).toEqual(['update documents 5 @0100']);
    expect(scene.told.get(5)).toEqual({ kind: 'stamp', stamp: '0100' });
  });

  it('without a stamp is told without one', async () => {
    const scene = await withBin(5);
    scene.binned = [];
    const { feed } = scene.ports;
    const entity = async () => ({ kind: 'entity', entity: { id: 5 } }) as const;
    Object.assign(feed, { entity });
    await scene.pass();
    expect(scene.heard()).toEqual(['update documents 5']);
  });

  it('and cannot be read now is asked for the next time, and nothing else again', async () => {
    const scene = await withBin(5, 6);
    scene.binned = [7];
    scene.says = (asked) =>
      asked === '7 documents/6' ? { kind: 'no-token', person: true, detail: 'log in' } : undefined;
    expect(await scene.pass()).toEqual({ kind: 'person-needed', detail: 'log in' });
    expect(scene.heard()).toEqual(['delete documents 7']);
    scene.says = () => undefined;
    scene.asked.splice(0);
    expect(await scene.pass()).toMatchObject({ kind: 'completed', detail: { deleted: 0 } });
    expect(scene.asked).toContain('7 documents/6');
    expect(scene.asked).not.toContain('7 documents/5');
    expect(scene.heard()).toEqual([]);
  });
});

it('what a bin held is read back, in no order', () => {
  const ids = [5, 1, 1_000_000, 'x', 36];
  expect(decodeBin(encodeBin(ids))).toEqual(new Set([1, 5, 36, 1_000_000, 'x']));
  expect(decodeBin(encodeBin([]))).toEqual(new Set());
  expect(decodeBin(undefined)).toEqual(new Set());
});

it.each([
  '{"v":1,"ids":"1"}',
  '{"v":1,"ids":5,"texts":[]}',
  '{"v":1,"ids":"1 !","texts":[]}',
  '{"v":1,"ids":"zzzzzzzzzzzzzzzzzzzz","texts":[]}',
  '{"v":1,"ids":"","texts":["../x"]}',
  '{"v":1,"ids":"","texts":[""]}',
])('%s cannot be read: nothing is guessed of what was deleted', (text) => {
  expect(() => decodeBin(text)).toThrow('what a sync knows of a bin cannot be read');
});
