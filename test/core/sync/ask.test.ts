import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import { askProvider } from '../../../src/core/sync/ask.ts';
import { SyncBudget } from '../../../src/core/sync/budget.ts';
import type { BinRead, ReadFailure } from '../../../src/core/sync/ports.ts';
import { SyncScene, wide } from './scene.ts';

/** Asks for a bin that answers so, one answer after the other. */
function asking(scene: SyncScene, ...answers: BinRead[]) {
  const { clock, pauses } = scene.ports;
  const budget = new SyncBudget(clock, wide);
  const made = { requests: 0 };
  const onRequest = () => {
    made.requests += 1;
  };
  const ask = () =>
    askProvider({ clock, pauses, budget, onRequest }, 7, async () => {
      const answer = answers[made.requests - 1];
      if (answer === undefined) throw new Error('asked too often');
      return answer;
    });
  return { ask, made };
}

const bin: BinRead = { kind: 'bin', ids: [1], quota: {} };
const failed: ReadFailure = { kind: 'failed', detail: 'status 500' };
const wait = (waitMs: number): ReadFailure => ({ kind: 'wait', waitMs });

describe('a question to the provider', () => {
  it('that is answered costs one request', async () => {
    const scene = new SyncScene();
    const { ask, made } = asking(scene, bin);
    expect(await ask()).toBe(bin);
    expect(made.requests).toBe(1);
    expect(scene.waitsMs).toEqual([]);
  });

  it('that fails is put again after one second, and after four', async () => {
    const scene = new SyncScene();
    const { ask, made } = asking(scene, failed, failed, bin);
    expect(await ask()).toBe(bin);
    expect(made.requests).toBe(3);
    expect(scene.waitsMs).toEqual([1000, 4000]);
  });

  it('that fails three times is given up for now', async () => {
    const scene = new SyncScene();
    const { ask } = asking(scene, failed, failed, failed);
    expect(await ask()).toEqual({
      kind: 'halt',
      halt: { reason: 'failed', resumeAtMs: scene.nowMs, detail: 'status 500' },
      scope: 'list',
    });
  });

  it.each<ReadFailure>([
    { kind: 'forbidden', detail: 'no scope' },
    { kind: 'refused', detail: 'status 422' },
    { kind: 'unreachable', detail: 'no company' },
    { kind: 'licence-expired' },
    { kind: 'no-token', person: false, detail: 'no rotator' },
    { kind: 'no-token', person: true, detail: 'log in' },
  ])('that is answered with %j is not put again', async (failure) => {
    const { ask, made } = asking(new SyncScene(), failure);
    await ask();
    expect(made.requests).toBe(1);
  });

  it('waits as long as the provider asks, tells the others, and counts that as no failure', async () => {
    const scene = new SyncScene();
    const waits = Array.from({ length: 5 }, () => wait(30_000));
    const { ask } = asking(scene, ...waits, bin);
    const beganMs = scene.nowMs;
    expect(await ask()).toBe(bin);
    expect(scene.waitsMs).toEqual(waits.map(() => 30_000));
    expect(scene.pausedUntilMs.get(7)).toBe(beganMs + 150_000);
  });

  it('that has to wait longer ends the work on its company', async () => {
    const scene = new SyncScene();
    const { ask } = asking(scene, wait(30_001));
    expect(await ask()).toEqual({
      kind: 'halt',
      halt: {
        reason: 'quota',
        resumeAtMs: scene.nowMs + 30_001,
        detail: 'the provider asks to wait',
      },
      scope: 'company',
    });
    expect(scene.waitsMs).toEqual([]);
  });

  it('waits though the others could not be told', async () => {
    const scene = new SyncScene();
    scene.before = (call) => {
      if (call === 'pauses.raise') throw new StoreRefused('throttled', 'too many calls');
    };
    const { ask } = asking(scene, wait(5000), bin);
    expect(await ask()).toBe(bin);
    expect(scene.waitsMs).toEqual([5000]);
  });

  it('throws what is a defect', async () => {
    const scene = new SyncScene();
    scene.before = () => {
      throw new Error('a defect');
    };
    await expect(asking(scene, wait(5000)).ask()).rejects.toThrow('a defect');
  });

  it('is not put once the answer before has used the quota up', async () => {
    const scene = new SyncScene();
    const spent: BinRead = { ...bin, quota: { hourly: { remaining: 10, limit: 100 } } };
    const { ask, made } = asking(scene, spent);
    expect(await ask()).toBe(spent);
    expect(await ask()).toMatchObject({ kind: 'halt', scope: 'company' });
    expect(made.requests).toBe(1);
  });

  it('is not put once time is up, and then everything ends', async () => {
    const scene = new SyncScene();
    const { clock, pauses } = scene.ports;
    const budget = new SyncBudget(clock, { ...wide, endMs: scene.nowMs });
    const never = () => Promise.reject(new Error('asked'));
    expect(await askProvider({ clock, pauses, budget, onRequest: never }, 7, never)).toEqual({
      kind: 'halt',
      halt: { reason: 'time', resumeAtMs: scene.nowMs + 1000, detail: 'time is up' },
      scope: 'all',
    });
  });
});
