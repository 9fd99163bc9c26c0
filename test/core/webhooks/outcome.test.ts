import { describe, expect, it } from 'vitest';
import { backoffMs, conclusionOf, haltOf } from '../../../src/core/webhooks/outcome.ts';
import type { EntityRead } from '../../../src/core/webhooks/ports.ts';

const minute = 60_000;
const delivery = (failures: number) => ({ failures, notification: {} as never });
const readsOf = (...reads: (EntityRead | undefined)[]) => reads.map((read, id) => ({ id, read }));
const entity: EntityRead = { kind: 'entity', entity: {} };
const failed: EntityRead = { kind: 'failed', detail: 'invented failure' };
const forbidden: EntityRead = { kind: 'forbidden', detail: 'invented scope' };

describe('a message comes again', () => {
  it.each<[string, EntityRead | undefined, object]>([
    [
      'a second later, if the time was up',
      undefined,
      { reason: 'time', delayMs: 1000, detail: 'not all entities could be read in time' },
    ],
    [
      'when the quota allows',
      { kind: 'wait', waitMs: 7 },
      { reason: 'quota', delayMs: 7, detail: 'the provider asks to wait' },
    ],
    [
      'an hour later, if the licence has expired',
      { kind: 'licence-expired' },
      {
        reason: 'licence',
        delayMs: 60 * minute,
        detail: 'the licence of the company has expired',
      },
    ],
    [
      'a minute later, if there is no token',
      { kind: 'no-token', person: false, detail: 'invented' },
      { reason: 'token', delayMs: minute, detail: 'invented' },
    ],
    [
      'in a quarter of an hour, if a person is needed',
      { kind: 'no-token', person: true, detail: 'invented' },
      { reason: 'person', delayMs: 15 * minute, detail: 'invented' },
    ],
    [
      'after its own failures',
      failed,
      { reason: 'failed', delayMs: 60_000, detail: 'invented failure' },
    ],
  ])('%s', (_, read, want) => {
    expect(haltOf(readsOf(entity, read), delivery(2))).toEqual({ kind: 'retry', ...want });
  });

  it('for what waits for others rather than for what has just failed or had no time', () => {
    const wait: EntityRead = { kind: 'wait', waitMs: 7 };
    const reasonOf = (...reads: (EntityRead | undefined)[]) =>
      haltOf(readsOf(...reads), delivery(0))?.reason;
    expect(reasonOf(failed, undefined, wait)).toBe('quota');
    expect(reasonOf(undefined, failed, wait)).toBe('quota');
    expect(reasonOf(failed, undefined)).toBe('failed');
    expect(reasonOf(undefined, failed)).toBe('time');
    expect(reasonOf(wait, { kind: 'licence-expired' })).toBe('quota');
  });

  it('not if each of its entities is read, gone or forbidden', () => {
    expect(haltOf(readsOf(entity, { kind: 'absent' }, forbidden), delivery(0))).toBeUndefined();
  });

  it.each([
    [0, 15_000],
    [1, 30_000],
    [5, 480_000],
    [6, 900_000],
    [1000, 900_000],
  ])('after %i failures in %i ms', (failures, want) => {
    expect(backoffMs(delivery(failures))).toBe(want);
  });
});

describe('a message ends', () => {
  it('done, with what it was warned of', () => {
    expect(conclusionOf(readsOf(entity), 1, [])).toEqual({ kind: 'done', published: 1 });
    expect(conclusionOf(readsOf(undefined), 0, [])).toEqual({ kind: 'done', published: 0 });
    expect(conclusionOf(readsOf(entity), 1, ['invented', 'twice'])).toEqual({
      kind: 'done',
      published: 1,
      warning: 'invented; twice',
    });
  });

  it('dropped for the first reason that forbids a part of it', () => {
    const other: EntityRead = { kind: 'forbidden', detail: 'another' };
    expect(conclusionOf(readsOf(entity, failed, forbidden, other), 1, [])).toEqual({
      kind: 'drop',
      published: 1,
      reason: 'invented scope',
    });
  });
});
