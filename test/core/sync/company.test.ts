import { describe, expect, it } from 'vitest';
import type { ReadFailure } from '../../../src/core/sync/ports.ts';
import { SyncScene } from './scene.ts';

function twoCompanies() {
  const scene = new SyncScene();
  scene.companies = [
    { id: 7, name: 'Studio Esempio' },
    { id: 8, name: 'Altro Studio' },
  ];
  return scene;
}

const whole = ['clients', 'documents/invoice', 'bin/documents'];
const of = (company: number) => whole.map((name) => `${company} ${name}`);

describe('the companies of a sync', () => {
  it('are read one after the other, each with its lists and bins', async () => {
    const scene = twoCompanies();
    expect(await scene.pass()).toMatchObject({ kind: 'completed', detail: { companies: 2 } });
    expect(scene.asked).toEqual([...of(7), ...of(8)]);
    expect(scene.progress.at(-1)).toMatchObject({ companyId: 8, done: 5, total: 6 });
  });

  it('are read as far as asked for', async () => {
    const scene = twoCompanies();
    await scene.pass({ kind: 'start' }, { resources: ['documents'] });
    const wanted = ['documents/invoice', 'bin/documents'];
    expect(scene.asked).toEqual([7, 8].flatMap((id) => wanted.map((name) => `${id} ${name}`)));
    expect(scene.progress.at(-1)).toMatchObject({ total: 4 });
  });

  it('whose quota rests are left out until then', async () => {
    const scene = twoCompanies();
    const resumeAtMs = scene.nowMs + 3_600_000;
    scene.pausedUntilMs.set(7, resumeAtMs);
    const outcome = await scene.pass();
    expect(outcome).toMatchObject({
      kind: 'paused',
      resumeAtMs,
      why: ['the provider asks to wait'],
    });
    expect(scene.asked).toEqual(of(8));
    scene.nowMs = resumeAtMs;
    if (outcome.kind !== 'paused') throw new Error(outcome.kind);
    expect(await scene.pass({ kind: 'resume', id: outcome.id })).toMatchObject({
      kind: 'completed',
    });
    expect(scene.asked).toEqual([...of(8), ...of(7)]);
  });

  it('whose quota rests a little longer are waited for', async () => {
    const scene = twoCompanies();
    scene.pausedUntilMs.set(7, scene.nowMs + 20_000);
    expect(await scene.pass()).toMatchObject({ kind: 'completed' });
    expect(scene.waitsMs).toEqual([20_000]);
    expect(scene.asked).toEqual([...of(7), ...of(8)]);
  });
});

describe('a list that cannot be read', () => {
  it('since nobody gave the permission is skipped with the reason, alone', async () => {
    const scene = twoCompanies();
    const why = 'the token lacks clients:r';
    scene.says = (asked) =>
      asked === '7 clients' ? { kind: 'forbidden', detail: why } : undefined;
    expect(await scene.pass()).toMatchObject({
      kind: 'completed',
      detail: { skipped: [{ list: '7/clients', why }] },
    });
    expect(scene.asked).toEqual([...of(7), ...of(8)]);
  });

  it('for another reason keeps the sync from being complete, and no such event goes out', async () => {
    const scene = twoCompanies();
    scene.listed['documents/invoice'] = [{ id: 1, stamp: '0100' }];
    scene.says = (asked) =>
      asked === '7 clients' ? { kind: 'refused', detail: 'status 422' } : undefined;
    expect(await scene.pass()).toMatchObject({
      kind: 'incomplete',
      unread: [{ list: '7/clients', why: 'status 422' }],
      counts: { changed: 2 },
    });
    expect(scene.asked).toEqual([...of(7), ...of(8)]);
    expect(scene.published.map(({ detailType }) => detailType)).not.toContain('Sync Completed');
    scene.says = () => undefined;
    expect(await scene.pass()).toMatchObject({ kind: 'completed', detail: { changed: 0 } });
  });

  it('is every list, where nobody gave any permission: nothing was read, and nothing is complete', async () => {
    const scene = new SyncScene();
    scene.says = () => ({ kind: 'forbidden', detail: 'no scope' });
    expect(await scene.pass()).toMatchObject({
      kind: 'incomplete',
      unread: whole.map((name) => ({ list: `7/${name}`, why: 'no scope' })),
    });
    expect(scene.published).toEqual([]);
  });

  it.each<[ReadFailure, string]>([
    [{ kind: 'unreachable', detail: 'no such company' }, 'no such company'],
    [{ kind: 'licence-expired' }, 'the licence of the company has expired'],
  ])(
    '(%j) is skipped with all of its company, and nothing of it is asked',
    async (failure, why) => {
      const scene = twoCompanies();
      scene.says = (asked) => (asked.startsWith('7') ? failure : undefined);
      const skipped = whole.map((name) => ({ list: `7/${name}`, why }));
      expect(await scene.pass()).toMatchObject({ kind: 'incomplete', unread: skipped });
      expect(scene.asked).toEqual(['7 clients', ...of(8)]);
    },
  );

  it('is skipped once, though its company is skipped after it', async () => {
    const scene = new SyncScene();
    scene.says = (asked) =>
      asked === '7 clients'
        ? { kind: 'forbidden', detail: 'no scope' }
        : { kind: 'unreachable', detail: 'no company' };
    const outcome = await scene.pass();
    expect(outcome).toMatchObject({
      kind: 'incomplete',
      unread: [
        { list: '7/documents/invoice', why: 'no company' },
        { list: '7/bin/documents', why: 'no company' },
      ],
    });
  });

  it('stops everything where only a person can help', async () => {
    const scene = twoCompanies();
    scene.says = () => ({ kind: 'no-token', person: true, detail: 'run fresco login' });
    expect(await scene.pass()).toEqual({ kind: 'person-needed', detail: 'run fresco login' });
    expect(scene.asked).toEqual(['7 clients']);
  });

  it('stops everything for a minute where there is no token', async () => {
    const scene = twoCompanies();
    scene.says = () => ({ kind: 'no-token', person: false, detail: 'no rotator' });
    expect(await scene.pass()).toMatchObject({
      kind: 'paused',
      resumeAtMs: scene.nowMs + 60_000,
      why: ['no rotator'],
    });
    expect(scene.asked).toEqual(['7 clients']);
  });

  it('stops its company alone where the provider asks for a long wait', async () => {
    const scene = twoCompanies();
    scene.says = (asked) =>
      asked === '7 documents/invoice' ? { kind: 'wait', waitMs: 900_000 } : undefined;
    expect(await scene.pass()).toMatchObject({ kind: 'paused', resumeAtMs: scene.nowMs + 900_000 });
    expect(scene.asked).toEqual(['7 clients', '7 documents/invoice', ...of(8)]);
    expect(scene.pausedUntilMs.get(7)).toBe(scene.nowMs + 900_000);
  });
});

describe('a list that fails', () => {
  const failing = () => {
    const scene = twoCompanies();
    scene.says = (asked) =>
      asked === '7 clients' ? { kind: 'failed', detail: 'status 500' } : undefined;
    return scene;
  };

  it('is asked three times, keeps nothing else back, and comes again in a minute', async () => {
    const scene = failing();
    const outcome = await scene.pass();
    expect(scene.asked).toEqual(['7 clients', '7 clients', ...of(7), ...of(8)]);
    expect(outcome).toMatchObject({
      kind: 'paused',
      resumeAtMs: scene.nowMs + 60_000,
      why: ['status 500'],
      counts: { requests: 8 },
    });
  });

  it('comes again ever later, alone, and is left to the next sync at the fifth time', async () => {
    const scene = failing();
    let outcome = await scene.pass();
    const delaysMs: number[] = [];
    for (; outcome.kind === 'paused' && outcome.resumeAtMs !== null; ) {
      delaysMs.push(outcome.resumeAtMs - scene.nowMs);
      scene.asked.splice(0);
      outcome = await scene.pass({ kind: 'resume', id: outcome.id });
      expect(new Set(scene.asked)).toEqual(new Set(['7 clients']));
    }
    expect(delaysMs).toEqual([60_000, 120_000, 240_000, 480_000]);
    expect(outcome).toMatchObject({
      kind: 'incomplete',
      unread: [{ list: '7/clients', why: 'status 500' }],
    });
    const [id] = [...scene.texts.values()].map(({ text }) => JSON.parse(text).id).filter(Boolean);
    expect(await scene.pass({ kind: 'resume', id })).toEqual({ kind: 'superseded' });
  });

  it('and then answers is told like any other', async () => {
    const scene = failing();
    scene.listed['clients'] = [{ id: 1, stamp: '0100' }];
    const outcome = await scene.pass();
    if (outcome.kind !== 'paused') throw new Error(outcome.kind);
    scene.heard();
    scene.says = () => undefined;
    expect(await scene.pass({ kind: 'resume', id: outcome.id })).toMatchObject({
      kind: 'completed',
      detail: { skipped: [], changed: 2 },
    });
    expect(scene.heard()).toEqual(['update clients 1 @0100']);
  });
});

it('a provider that answers nothing is asked for the first list three times, and for each other once', async () => {
  const scene = twoCompanies();
  scene.says = () => ({ kind: 'failed', detail: 'status 503' });
  expect(await scene.pass()).toMatchObject({ kind: 'paused', isSilent: true });
  expect(scene.asked).toEqual(['7 clients', '7 clients', ...of(7), ...of(8)]);
  scene.says = (asked) =>
    asked === '8 bin/documents' ? undefined : { kind: 'failed', detail: 'status 503' };
  expect(await scene.pass()).toMatchObject({ kind: 'paused', isSilent: false });
});
