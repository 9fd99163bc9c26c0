import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binChanges, decodeBin, encodeBin } from '../../../src/core/sync/bin.ts';
import {
  decodeCursor,
  encodeCursor,
  type ListCursor,
  newCursor,
  rewound,
  turned,
  withWalk,
} from '../../../src/core/sync/cursor.ts';
import type { PageRead } from '../../../src/core/sync/ports.ts';
import type { EntityId } from '../../../src/core/webhooks/notification.ts';

/** Stamps of two digits: 5 earlier overlaps, more than 20 apart is settled. */
const times = {
  pageSize: 3,
  overlapped: (stamp: string) => String(Math.max(0, Number(stamp) - 5)).padStart(2, '0'),
  isSettled: (stamp: string, now: string) => Number(now) - Number(stamp) > 20,
  isAmbiguous: (stamp: string) => stamp === '66',
};

const page = (
  stamps: readonly string[],
  { total = stamps.length, isLast = true, firstId = 1 } = {},
): Extract<PageRead, { kind: 'page' }> => ({
  kind: 'page',
  changes: stamps.map((stamp, at) => ({ id: firstId + at, stamp, isNew: false })),
  total,
  isLast,
  quota: {},
});
const turn = (cursor: ListCursor, read: ReturnType<typeof page>, until = '50') =>
  turned(withWalk(cursor, until), read, times);

describe('the cursor of a list', () => {
  it('goes on a little before the newest stamp, where something may still appear late', () => {
    const { next } = turn(newCursor, page(['10', '40']));
    expect(next).toMatchObject({ since: { at: '35', inclusive: true }, walk: null, newest: '40' });
    expect(turn(next, page(['40', '41'], { firstId: 2 })).fresh).toMatchObject([{ stamp: '41' }]);
  });

  it('goes on right after the newest stamp once nothing can appear there any more', () => {
    const { next } = turn(newCursor, page(['10']));
    expect(next).toMatchObject({ since: { at: '10', inclusive: false }, recent: [] });
  });

  it('stays where it is while a list is empty', () => {
    expect(turn(newCursor, page([])).next).toEqual(newCursor);
  });

  it('moves its beginning to the last stamp while few share it', () => {
    const read = page(['10', '11', '12'], { total: 9, isLast: false });
    expect(turn(newCursor, read).next.walk).toEqual({
      since: { at: '12', inclusive: true },
      until: '50',
      page: 1,
      total: null,
    });
  });

  it('turns the page where all share a stamp, and back where others have left the list', () => {
    const all = page(['10', '10', '10'], { total: 9, isLast: false });
    const second = turn(newCursor, all).next;
    expect(second.walk).toMatchObject({ page: 2, total: 9 });
    const shifted = turn(second, page(['10', '10', '10'], { total: 8, isLast: false, firstId: 5 }));
    expect(shifted.fresh).toEqual([]);
    expect(shifted.next.walk).toMatchObject({ page: 1, total: 8 });
    const again = turn(
      shifted.next,
      page(['10', '10', '10'], { total: 8, isLast: false, firstId: 2 }),
    );
    expect(again.fresh.map(({ id }) => id)).toEqual([4]);
  });

  it('moves its beginning where four share the last stamp, and turns the page where more do', () => {
    const four = page(['10', '12', '12', '12', '12'], { total: 9, isLast: false });
    expect(turn(newCursor, four).next.walk).toMatchObject({ since: { at: '12' }, page: 1 });
    const five = page(['10', '12', '12', '12', '12', '12'], { total: 9, isLast: false });
    expect(turn(newCursor, five).next.walk).toMatchObject({ since: null, page: 2 });
  });

  it('goes on from page to page while the list stays as long as it was', () => {
    const walk = { since: null, until: '50', page: 2, total: 9 };
    const second = page(['10', '10', '10'], { total: 9, isLast: false, firstId: 4 });
    const { fresh, next } = turn({ ...newCursor, walk }, second);
    expect(fresh.map(({ id }) => id)).toEqual([4, 5, 6]);
    expect(next.walk).toEqual({ ...walk, page: 3 });
  });

  it('goes back by as many pages as entities have left, and never before the first', () => {
    const walk = { since: null, until: '50', page: 5, total: 20 };
    const shorter = (total: number) => page(['10', '10', '10'], { total, isLast: false });
    const cursor = { ...newCursor, walk };
    expect(turn(cursor, shorter(19)).next.walk).toEqual({ ...walk, page: 4, total: 19 });
    expect(turn(cursor, shorter(16)).next.walk).toEqual({ ...walk, page: 3, total: 16 });
    expect(turn(cursor, shorter(1)).next.walk).toEqual({ ...walk, page: 1, total: 1 });
  });

  it('on its first page has nothing to go back to, however short the list has become', () => {
    const walk = { since: null, until: '50', page: 1, total: 9 };
    const { fresh, next } = turn({ ...newCursor, walk }, page(['10']));
    expect(fresh).toHaveLength(1);
    expect(next.walk).toBeNull();
  });

  it('ends its walk with an empty page, whatever that says of others', () => {
    const { next } = turn(newCursor, page([], { total: 9, isLast: false }));
    expect(next.walk).toBeNull();
  });

  it('tells an entity that was read and has changed again', () => {
    const { next } = turn(newCursor, page(['40', '41']));
    const { fresh } = turn(next, page(['43'], { firstId: 1 }));
    expect(fresh).toMatchObject([{ id: 1, stamp: '43' }]);
  });

  it('remembers what was read of late, each once, as far back as may be read again', () => {
    const first = turn(newCursor, page(['34', '35', '40'])).next;
    expect(first.recent).toEqual([
      ['35', 2],
      ['40', 3],
    ]);
    const second = turn(first, page(['40', '41'], { firstId: 3 })).next;
    expect(second.recent).toEqual([
      ['40', 3],
      ['41', 4],
    ]);
    const third = turn(second, page(['42'], { firstId: 3 })).next;
    expect(third.recent).toEqual([
      ['40', 3],
      ['41', 4],
      ['42', 3],
    ]);
  });

  it('remembers so many at most that it fits an item of the table', () => {
    const bulk = page(Array.from({ length: 40_010 }, () => '40'));
    const { recent } = turn(newCursor, bulk).next;
    expect(recent).toHaveLength(40_000);
    expect(recent.at(-1)).toEqual(['40', 40_010]);
  });

  it('does not go back behind the newest stamp that it has seen', () => {
    const cursor = { ...newCursor, newest: '48' };
    expect(turn(cursor, page(['30'])).next).toMatchObject({ newest: '48', since: { at: '43' } });
    expect(turn(cursor, page(['49'])).next).toMatchObject({ newest: '49', since: { at: '44' } });
  });

  it('tells a stamp that may be two moments each time it is read', () => {
    const { next } = turn(newCursor, page(['66']), '70');
    expect(turn(next, page(['66']), '70').fresh).toHaveLength(1);
  });

  it('is set back once for a sync, and again for another', () => {
    const once = rewound(newCursor, '10', 'sync-1');
    expect(once).toMatchObject({ since: { at: '10', inclusive: true }, rewoundBy: 'sync-1' });
    expect(rewound(once, '20', 'sync-1')).toBe(once);
    expect(rewound(once, '20', 'sync-2')).toMatchObject({ since: { at: '20' } });
  });

  it('is read back as it was written', () => {
    const { next } = turn(newCursor, page(['10', '40', '40']));
    expect(next.recent).toHaveLength(2);
    expect(decodeCursor(encodeCursor(next))).toEqual(next);
    expect(decodeCursor(encodeCursor(withWalk(next, '60')))).toEqual(withWalk(next, '60'));
    expect(decodeCursor(undefined)).toEqual(newCursor);
  });

  it('is read as 0.1.0 wrote it, and has for 0.1.0 nothing that it cannot read', () => {
    const recent = [['10', 1]] as const;
    const old = JSON.stringify({ v: 1, ...newCursor, newest: '10', recent });
    expect(decodeCursor(old)).toEqual({ ...newCursor, newest: '10', recent });
    expect(JSON.parse(encodeCursor(decodeCursor(old)))).toMatchObject({ recent: [] });
  });

  it.each([
    '',
    '{}',
    '{"v":2}',
    encodeCursor({ ...newCursor, newest: 1 as never }),
    encodeCursor(newCursor).replace(
      '"packed":[]',
      '"packed":[{"stamp":"10","ids":"1","texts":[{}]}]',
    ),
    encodeCursor(newCursor).replace('"packed":[]', '"packed":{}'),
    encodeCursor(newCursor).replace('"recent":[]', '"recent":[["10",{}]]'),
    encodeCursor(newCursor).replace('"recent":[]', '"recent":{}'),
    encodeCursor({ ...newCursor, since: { at: '', inclusive: true } }),
    encodeCursor({ ...newCursor, since: { at: '10', inclusive: 'yes' as never } }),
    ...[{ since: 5 }, { until: '' }, { page: 1.5 }, { total: 'x' }].map((damage) => {
      const walk = { since: null, until: '50', page: 1, total: null };
      return encodeCursor({ ...newCursor, walk: { ...walk, ...(damage as object) } });
    }),
  ])('is refused where it is damaged: %s', (text) => {
    expect(() => decodeCursor(text)).toThrow(/(the )?cursor of a sync (cannot be read|is )/);
  });
});

describe('what is known of a bin', () => {
  const ids = fc.uniqueArray(
    fc.oneof<fc.Arbitrary<EntityId>[]>(
      fc.integer({ min: 1, max: 2 ** 40 }),
      fc.stringMatching(/^[A-Z]{1,5}_\d{1,9}$/),
    ),
  );

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(ids, (all) => {
        expect(decodeBin(encodeBin(all))).toEqual(new Set(all));
      }),
    );
  });

  it('fits an item of the table for a hundred thousand documents', () => {
    const many = Array.from({ length: 100_000 }, (_, n) => 3_000_000 + 7 * n);
    expect(encodeBin(many).length).toBeLessThan(250_000);
  });

  it('shows what is new and what has left', () => {
    fc.assert(
      fc.property(ids, ids, (before, now) => {
        const { added, left } = binChanges(new Set(before), now);
        const after = new Set([...before, ...added]);
        for (const id of left) after.delete(id);
        expect(after).toEqual(new Set(now));
      }),
    );
  });

  it('is refused where it is damaged', () => {
    expect(() => decodeBin('{"v":1,"ids":5}')).toThrow(/bin/);
  });
});
