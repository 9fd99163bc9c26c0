import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import { decodeBin, encodeBin } from '../../../src/core/sync/bin.ts';
import { beginSync } from '../../../src/core/sync/sync.ts';
import { once, SyncScene, wide } from './scene.ts';

const throttled = () => new StoreRefused('throttled', 'too many calls');
const denied = () => new StoreRefused('denied', 'this role may not write');

describe('a sync', () => {
  it('tells what has changed in every list, and that it is complete', async () => {
    const scene = new SyncScene();
    scene.listed['clients'] = [{ id: 1, stamp: '0100', isNew: true }];
    scene.listed['documents/invoice'] = [{ id: 5, stamp: '0200' }];
    const outcome = await scene.pass();
    const facts = {
      id: 'e8e8e8e8e8e8e8e8',
      startedAt: '1970-01-01T00:16:40Z',
      seconds: 0,
      companies: 1,
      requests: 3,
      pages: 2,
      changed: 2,
      deleted: 0,
      alreadyTold: 0,
      resources: { clients: 1, documents: 1 },
      skipped: [],
    };
    expect(outcome).toEqual({
      kind: 'completed',
      detail: { v: 1, connection: 'default', ...facts },
    });
    expect(scene.published.at(-1)).toEqual({
      detailType: 'Sync Completed',
      detail: { v: 1, connection: 'default', ...facts },
    });
    expect(scene.heard()).toEqual(['create clients 1 @0100', 'update documents 5 @0200']);
  });

  it('says how long it took, over all of its passes', async () => {
    const scene = new SyncScene();
    const begun = await beginSync(scene.ports);
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    scene.nowMs += 90_400;
    const outcome = await scene.pass({ kind: 'resume', id: begun.id });
    expect(outcome).toMatchObject({ detail: { seconds: 90, startedAt: '1970-01-01T00:16:40Z' } });
  });

  it('leaves what changes in its last two seconds to the next one', async () => {
    const scene = new SyncScene();
    scene.listed['clients'] = [
      { id: 1, stamp: '0998' },
      { id: 2, stamp: '0999' },
    ];
    await scene.pass();
    expect(scene.heard()).toEqual(['update clients 1 @0998']);
    scene.nowMs += 1000;
    await scene.pass();
    expect(scene.heard()).toEqual(['update clients 2 @0999']);
  });

  it('is complete once: whoever resumes it later hears that it is over', async () => {
    const scene = new SyncScene();
    const outcome = await scene.pass();
    if (outcome.kind !== 'completed') throw new Error(outcome.kind);
    scene.published.splice(0);
    const { id } = outcome.detail;
    expect(await scene.pass({ kind: 'resume', id })).toEqual({ kind: 'superseded' });
    expect(scene.published).toEqual([]);
  });

  it('that was never begun cannot be resumed', async () => {
    const scene = new SyncScene();
    expect(await scene.pass({ kind: 'resume', id: 'other' })).toEqual({ kind: 'superseded' });
    expect(scene.texts.size).toBe(0);
    expect(scene.asked).toEqual([]);
  });

  it('gives way to one that has begun since', async () => {
    const scene = new SyncScene();
    const first = await beginSync(scene.ports);
    if (first.kind !== 'begun') throw new Error(first.kind);
    scene.nowMs += 1000;
    await beginSync(scene.ports);
    expect(await scene.pass({ kind: 'resume', id: first.id })).toEqual({ kind: 'superseded' });
    expect(scene.asked).toEqual([]);
  });

  it.each(['sync', '7/clients', '7/bin/documents'])(
    'gives way to another pass that has written %s meanwhile',
    async (key) => {
      const scene = new SyncScene();
      scene.binned = [9];
      let reads = 0;
      scene.before = (call) => {
        if (call === `store.read ${key}`) reads += 1;
        if (call !== `store.write ${key}` || reads !== 1) return;
        reads += 1;
        for (const it of ['sync', key]) scene.texts.set(it, { text: 'theirs', revision: 5 });
      };
      expect(await scene.pass()).toEqual({ kind: 'superseded' });
      expect(scene.texts.get(key)?.text).toBe('theirs');
      expect(scene.published.map(({ detailType }) => detailType)).not.toContain('Sync Completed');
    },
  );

  it.each(['7/clients', '7/bin/documents'])(
    'gives way to a sync that has begun while it was at %s',
    async (key) => {
      const scene = new SyncScene();
      scene.companies = [7, 8].map((id) => ({ id, name: `Studio ${id}` }));
      scene.before = (call) => {
        if (call === `store.read ${key}`) scene.texts.set('sync', { text: 'theirs', revision: 9 });
      };
      expect(await scene.pass()).toEqual({ kind: 'superseded' });
      expect(scene.texts.get('sync')?.text).toBe('theirs');
      expect(scene.asked.at(-1)).toBe(`7 ${key.slice(2)}`);
    },
  );

  it('that begins while another is at the same list goes on, and the other one gives way', async () => {
    const scene = new SyncScene();
    const stamps = Array.from({ length: 40 }, (_, at) => String(100 + at).padStart(4, '0'));
    scene.listed['clients'] = stamps.map((stamp, at) => ({ id: at + 1, stamp }));
    const later: ReturnType<SyncScene['pass']>[] = [];
    scene.before = (call) => {
      if (call !== 'store.written 7/clients' || later.length > 0) return;
      scene.nowMs += 1000;
      later.push(scene.pass());
    };
    const first = await scene.pass();
    const [second] = await Promise.all(later);
    expect([first.kind, second?.kind]).toEqual(['superseded', 'completed']);
    expect(new Set(scene.heard()).size).toBe(40);
  });

  it('goes on from what another pass without its record has written of a bin meanwhile', async () => {
    const scene = new SyncScene();
    scene.binned = [9];
    let isDue = true;
    scene.before = (call) => {
      if (call !== 'store.write 7/bin/documents' || !isDue) return;
      isDue = false;
      scene.texts.set('7/bin/documents', { text: encodeBin([8]), revision: 5 });
    };
    expect((await scene.pass()).kind).toBe('completed');
    expect([...decodeBin(scene.texts.get('7/bin/documents')?.text)]).toEqual([9]);
  });

  it('gives way to one that has begun while it told that it is complete', async () => {
    const scene = new SyncScene();
    scene.before = (call) => {
      if (call === 'bus.publish') scene.texts.set('sync', { text: 'theirs', revision: 9 });
    };
    expect(await scene.pass()).toEqual({ kind: 'superseded' });
  });

  it('asks nothing where another has begun in the same moment', async () => {
    const scene = new SyncScene();
    scene.before = (call) => {
      if (call === 'store.write sync') scene.texts.set('sync', { text: 'theirs', revision: 1 });
    };
    expect(await scene.pass()).toEqual({ kind: 'superseded' });
    expect(scene.asked).toEqual([]);
  });

  it('does not begin where another has begun in the same moment', async () => {
    const scene = new SyncScene();
    scene.before = (call) => {
      if (call === 'store.write sync') scene.texts.set('sync', { text: 'theirs', revision: 1 });
    };
    expect(await beginSync(scene.ports)).toEqual({ kind: 'superseded' });
  });
});

describe('a sync without a token', () => {
  it('needs a person if the token source says so', async () => {
    const scene = new SyncScene();
    scene.obtained = { kind: 'person-needed', detail: 'run fresco login' };
    expect(await scene.pass()).toEqual({ kind: 'person-needed', detail: 'run fresco login' });
    expect(scene.asked).toEqual([]);
  });

  it('needs a person if the token names no company', async () => {
    const scene = new SyncScene();
    scene.companies = [];
    expect(await scene.pass()).toEqual({
      kind: 'person-needed',
      detail: 'the token names no company: run fresco login again',
    });
  });

  it.each([
    [{ kind: 'unavailable', detail: 'no rotator' }, 'no rotator'],
    [{ kind: 'too-long', expiresAtMs: 1 }, 'the token is about to end'],
  ] as const)('waits while there is none (%j)', async (obtained, why) => {
    const scene = new SyncScene();
    scene.obtained = obtained;
    expect(await scene.pass()).toMatchObject({
      kind: 'paused',
      resumeAtMs: scene.nowMs + 60_000,
      why: [why],
    });
  });
});

describe('a pass that gets nowhere', () => {
  it('comes again ever later, and at last with the next sync', async () => {
    const scene = new SyncScene();
    scene.obtained = { kind: 'unavailable', detail: 'no rotator' };
    let outcome = await scene.pass();
    const delaysMs: (number | null)[] = [];
    for (; outcome.kind === 'paused' && outcome.resumeAtMs !== null; ) {
      delaysMs.push(outcome.resumeAtMs - scene.nowMs);
      outcome = await scene.pass({ kind: 'resume', id: outcome.id });
    }
    const minute = 60_000;
    expect(delaysMs).toEqual([1, 2, 4, 8, 16, 32, 64].map((times) => times * minute));
    expect(outcome).toMatchObject({ kind: 'paused', resumeAtMs: null, why: ['no rotator'] });
  });

  it('counts its failures anew once one has got on', async () => {
    const scene = new SyncScene();
    scene.obtained = { kind: 'unavailable', detail: 'no rotator' };
    const first = await scene.pass();
    if (first.kind !== 'paused') throw new Error(first.kind);
    const request = { kind: 'resume', id: first.id } as const;
    await scene.pass(request);
    scene.obtained = undefined;
    scene.says = (asked) =>
      asked === '7 clients' ? undefined : { kind: 'no-token', person: false, detail: 'gone again' };
    await scene.pass(request);
    scene.obtained = { kind: 'unavailable', detail: 'no rotator' };
    expect(await scene.pass(request)).toMatchObject({ resumeAtMs: scene.nowMs + 60_000 });
  });

  it.each(['told.read', 'bus.publish', 'store.write 7/clients', 'store.read 7/clients'])(
    'since %s is throttled comes again, and tells the rest',
    async (call) => {
      const scene = new SyncScene();
      scene.listed['clients'] = [{ id: 1, stamp: '0100' }];
      scene.before = once(call, throttled());
      const outcome = await scene.pass();
      expect(outcome).toMatchObject({
        kind: 'paused',
        resumeAtMs: scene.nowMs + 60_000,
        why: ['too many calls'],
      });
      if (outcome.kind !== 'paused') throw new Error(outcome.kind);
      expect(await scene.pass({ kind: 'resume', id: outcome.id })).toMatchObject({
        kind: 'completed',
      });
      expect(scene.heard()).toContain('update clients 1 @0100');
    },
  );

  it('since its own record cannot be read or written is whoever called its business', async () => {
    for (const call of ['store.read sync', 'store.write sync']) {
      const scene = new SyncScene();
      scene.before = (made) => {
        if (made === call) throw throttled();
      };
      await expect(scene.pass()).rejects.toThrow('too many calls');
    }
  });

  it('gives way if another has written the record while it failed', async () => {
    const scene = new SyncScene();
    scene.before = (call) => {
      if (call !== 'store.read 7/clients') return;
      scene.texts.set('sync', { text: 'theirs', revision: 9 });
      throw throttled();
    };
    expect(await scene.pass()).toEqual({ kind: 'superseded' });
  });

  it('since a store denies it needs a person', async () => {
    for (const call of ['store.read sync', 'bus.publish']) {
      const scene = new SyncScene();
      scene.listed['clients'] = [{ id: 1, stamp: '0100' }];
      scene.before = once(call, denied());
      expect(await scene.pass()).toEqual({
        kind: 'person-needed',
        detail: 'this role may not write',
      });
    }
  });

  it('since of a defect throws it', async () => {
    const scene = new SyncScene();
    scene.before = once('store.read 7/clients', new Error('a defect'));
    await expect(scene.pass()).rejects.toThrow('a defect');
  });
});

describe('a pass whose time is up', () => {
  it('goes on a second later, where it was', async () => {
    const scene = new SyncScene();
    scene.listed['clients'] = ['0100', '0200', '0300'].map((stamp, at) => ({ id: at, stamp }));
    const bounds = { ...wide, spacingMs: 1000, endMs: scene.nowMs + 1000 };
    const first = await scene.pass({ kind: 'start' }, { bounds });
    expect(first).toEqual({
      kind: 'paused',
      id: 'e8e8e8e8e8e8e8e8',
      resumeAtMs: scene.nowMs + 1000,
      why: ['time is up'],
      counts: { requests: 1, pages: 1, changed: 2, deleted: 0, alreadyTold: 0 },
      isSilent: false,
    });
    if (first.kind !== 'paused') throw new Error(first.kind);
    scene.heard();
    const outcome = await scene.pass({ kind: 'resume', id: first.id });
    expect(scene.heard()).toEqual(['update clients 2 @0300']);
    expect(outcome).toMatchObject({ detail: { changed: 3, requests: 4, pages: 3 } });
  });

  it('names each reason once, and goes on at the first moment that helps', async () => {
    const scene = new SyncScene();
    scene.companies = [1, 2, 3].map((id) => ({ id, name: `Studio ${id}` }));
    scene.says = (asked) => {
      const waitMs = { 1: 900_000, 2: 600_000, 3: 100_000_000 }[Number(asked[0])] ?? 0;
      return { kind: 'wait', waitMs };
    };
    expect(await scene.pass()).toMatchObject({
      kind: 'paused',
      resumeAtMs: scene.nowMs + 600_000,
      why: ['the provider asks to wait'],
    });
    expect(scene.asked).toHaveLength(3);
  });
});
