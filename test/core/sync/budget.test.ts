import { describe, expect, it } from 'vitest';
import { type SyncBounds, SyncBudget } from '../../../src/core/sync/budget.ts';
import { SyncScene, wide } from './scene.ts';

function budgetOf(bounds: Partial<SyncBounds>) {
  const scene = new SyncScene();
  return { scene, budget: new SyncBudget(scene.ports.clock, { ...wide, ...bounds }) };
}

const spent = { remaining: 10, limit: 100 };
const left = { remaining: 11, limit: 100 };

describe('the requests of a pass', () => {
  it('keep their distance on the average, after a burst', async () => {
    const { scene, budget } = budgetOf({ spacingMs: 1000, burst: 3 });
    const momentsMs: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      expect(await budget.acquire()).toBeUndefined();
      momentsMs.push(scene.nowMs - 1_000_000);
    }
    expect(momentsMs).toEqual([0, 0, 0, 1000, 2000, 3000]);
  });

  it('save up no more than a burst while nothing is asked', async () => {
    const { scene, budget } = budgetOf({ spacingMs: 1000, burst: 2 });
    scene.nowMs += 60_000;
    for (let n = 0; n < 4; n += 1) await budget.acquire();
    expect(scene.waitsMs).toEqual([1000, 1000]);
  });

  it('wait only as long as their distance is not kept by itself', async () => {
    const { scene, budget } = budgetOf({ spacingMs: 1000, burst: 1 });
    await budget.acquire();
    scene.nowMs += 300;
    await budget.acquire();
    expect(scene.waitsMs).toEqual([700]);
  });

  it('go out at once where no distance is asked for', async () => {
    const { scene, budget } = budgetOf({ spacingMs: 0, burst: 1 });
    for (let n = 0; n < 5; n += 1) await budget.acquire();
    expect(scene.waitsMs.every((ms) => ms <= 1)).toBe(true);
  });

  it('end before the pass has to, the wait before one included', async () => {
    const { scene, budget } = budgetOf({ spacingMs: 1000, burst: 1, endMs: 1_001_001 });
    expect(await budget.acquire()).toBeUndefined();
    expect(await budget.acquire()).toBeUndefined();
    expect(await budget.acquire()).toEqual({
      reason: 'time',
      resumeAtMs: scene.nowMs + 1000,
      detail: 'time is up',
    });
    expect(scene.waitsMs).toEqual([1000]);
  });
});

describe('the quota', () => {
  it('of the hour is left to others from its reserve on, until the next hour', async () => {
    const { scene, budget } = budgetOf({});
    budget.noteQuota({ hourly: left });
    expect(await budget.acquire()).toBeUndefined();
    budget.noteQuota({ hourly: spent });
    const halt = {
      reason: 'quota',
      // 00:16:40 is past the full hour: the next one, and five seconds.
      resumeAtMs: 3_605_000,
      detail: 'the hourly quota is nearly used up',
    };
    expect(await budget.acquire()).toEqual(halt);
    expect(await budget.acquire()).toEqual(halt);
    scene.nowMs = 3_600_000;
    budget.noteQuota({ hourly: spent });
    expect(await budget.acquire()).toMatchObject({ resumeAtMs: 7_205_000 });
  });

  it('of the month is left to others for good, whatever the hour has left', async () => {
    const { budget } = budgetOf({});
    budget.noteQuota({ hourly: left, monthly: left });
    expect(await budget.acquire()).toBeUndefined();
    budget.noteQuota({ hourly: spent, monthly: spent });
    expect(await budget.acquire()).toEqual({
      reason: 'quota',
      resumeAtMs: null,
      detail: 'the monthly quota is nearly used up: ask the provider for more, or sync less',
    });
  });

  it('is each company’s own', async () => {
    const { budget } = budgetOf({});
    budget.noteQuota({ monthly: spent });
    budget.nextCompany();
    expect(await budget.acquire()).toBeUndefined();
  });
});

describe('a wait that the provider asks for', () => {
  it('is waited for if it is short', async () => {
    const { scene, budget } = budgetOf({ waitMaxMs: 30_000 });
    expect(await budget.waitOrStop(30_000)).toBeUndefined();
    expect(scene.waitsMs).toEqual([30_000]);
  });

  it('ends the pass for the company if it is longer, or longer than the pass', async () => {
    for (const bounds of [{ waitMaxMs: 999 }, { endMs: 1_001_000 }]) {
      const { scene, budget } = budgetOf(bounds);
      expect(await budget.waitOrStop(1000)).toEqual({
        reason: 'quota',
        resumeAtMs: 1_001_000,
        detail: 'the provider asks to wait',
      });
      expect(scene.waitsMs).toEqual([]);
    }
  });

  it('of more than six hours is left to the next sync', async () => {
    const { scene, budget } = budgetOf({});
    const hours = 6 * 3_600_000;
    expect(await budget.waitOrStop(hours)).toMatchObject({ resumeAtMs: scene.nowMs + hours });
    expect(await budget.waitOrStop(hours + 1)).toMatchObject({ resumeAtMs: null });
  });
});
