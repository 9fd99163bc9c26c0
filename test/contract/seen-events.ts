// What handling a notification assumes of any record of events, as tests that run over each of them.
import { describe, expect, it } from 'vitest';
import type { SeenEvents } from '../../src/core/webhooks/ports.ts';

const nowMs = 1_790_000_000_000;
const untilMs = nowMs + 60_000;
const fresh = { kind: 'claimed', settled: [] };

/** `open` gives one or more handles of one new and empty record; races are spread over the handles. */
export function seenEventsContract(name: string, open: () => Promise<readonly SeenEvents[]>): void {
  describe(`${name} as the record of events`, () => {
    it('lets an event be claimed that nobody has seen', async () => {
      const seen = await openOne(open);
      expect(await seen.claim('one', nowMs, untilMs)).toEqual(fresh);
      expect(await seen.claim('two', nowMs, untilMs)).toEqual(fresh);
    });

    it.each([
      { name: 'one ms before', atMs: untilMs - 1, want: { kind: 'held', untilMs } },
      { name: 'exactly at', atMs: untilMs, want: fresh },
    ])('lets an event be claimed again $name the end of a claim → $want.kind', async (row) => {
      const seen = await openOne(open);
      await seen.claim('one', nowMs, untilMs);
      expect(await seen.claim('one', row.atMs, row.atMs + 60_000)).toEqual(row.want);
    });

    it('gives no published event out again, however late', async () => {
      const seen = await openOne(open);
      await seen.claim('one', nowMs, untilMs);
      await seen.confirm('one', untilMs);
      expect(await seen.claim('one', untilMs + 1, untilMs + 2)).toEqual({ kind: 'published' });
    });

    it('gives a released event out at once, with what was settled', async () => {
      const seen = await openOne(open);
      await seen.claim('one', nowMs, untilMs);
      await seen.release('one', untilMs, [7, 'eight']);
      expect(await seen.claim('one', nowMs, untilMs + 1)).toEqual({
        kind: 'claimed',
        settled: [7, 'eight'],
      });
    });

    it('remembers what was settled when the next claim ends by itself', async () => {
      const seen = await openOne(open);
      await seen.claim('one', nowMs, untilMs);
      await seen.release('one', untilMs, [7]);
      await seen.claim('one', nowMs, untilMs);
      expect(await seen.claim('one', untilMs, untilMs + 1)).toEqual({
        kind: 'claimed',
        settled: [7],
      });
    });

    it('lets the holder of an earlier claim release nothing, and takes its word that all is published', async () => {
      const seen = await openOne(open);
      const laterMs = untilMs + 60_000;
      await seen.claim('one', nowMs, untilMs, 'a');
      await seen.claim('one', untilMs, laterMs, 'a');
      await seen.release('one', untilMs, [7]);
      const held = { kind: 'held', untilMs: laterMs };
      expect(await seen.claim('one', untilMs, laterMs + 1, 'a')).toEqual(held);
      await seen.confirm('one', untilMs, 'a');
      await seen.release('one', laterMs, [7]);
      const published = { kind: 'published' };
      expect(await seen.claim('one', laterMs, laterMs + 1, 'a')).toEqual(published);
    });

    it('takes no release of an event that is published', async () => {
      const seen = await openOne(open);
      await seen.claim('one', nowMs, untilMs);
      await seen.confirm('one', untilMs);
      await seen.release('one', untilMs, []);
      expect((await seen.claim('one', untilMs, untilMs + 1)).kind).toBe('published');
    });

    it('takes many confirmations at once', async () => {
      const seen = await openOne(open);
      const keys = Array.from({ length: 30 }, (_, n) => `event-${n}`);
      await Promise.all([...keys, 'event-0'].map((key) => seen.confirm(key, untilMs)));
      for (const key of keys) {
        expect(await seen.claim(key, untilMs, untilMs + 1)).toEqual({ kind: 'published' });
      }
    });

    it('tells another content under a key from the same one again', async () => {
      const seen = await openOne(open);
      expect(await seen.claim('one', nowMs, untilMs, 'a')).toEqual(fresh);
      expect(await seen.claim('one', nowMs, untilMs, 'b')).toEqual({ kind: 'differs' });
      expect(await seen.claim('one', nowMs, untilMs, 'a')).toEqual({ kind: 'held', untilMs });
      await seen.release('one', untilMs, [7]);
      expect(await seen.claim('one', nowMs, untilMs, 'b')).toEqual({ kind: 'differs' });
      const again = { kind: 'claimed', settled: [7] };
      expect(await seen.claim('one', nowMs, untilMs, 'a')).toEqual(again);
      await seen.confirm('one', untilMs, 'a');
      expect(await seen.claim('one', nowMs, untilMs, 'b')).toEqual({ kind: 'differs' });
      expect(await seen.claim('one', nowMs, untilMs, 'a')).toEqual({ kind: 'published' });
    });

    it('takes an event that was noted without a content for the same', async () => {
      const seen = await openOne(open);
      await seen.claim('one', nowMs, untilMs);
      expect(await seen.claim('one', nowMs, untilMs, 'a')).toEqual({ kind: 'held', untilMs });
      await seen.confirm('one', untilMs);
      expect(await seen.claim('one', nowMs, untilMs, 'a')).toEqual({ kind: 'published' });
    });

    it.each([
      { reads: 9, want: [true, false, true] },
      { reads: 10, want: [true, false, false] },
      { reads: 11, want: [false, true, true] },
    ])('counts $reads of 10 reads, and then one and one → $want', async ({ reads, want }) => {
      const seen = await openOne(open);
      const count = (key: string, more: number) => seen.countReads(key, more, 10, untilMs);
      const first = await count('one', reads);
      expect([first, await count('one', 2), await count('one', 1)]).toEqual(want);
      expect(await count('two', 10)).toBe(true);
    });

    it('gives an event to one of many that claim it at once', async () => {
      const handles = await open();
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          handles[n % handles.length]?.claim('one', nowMs, untilMs + n),
        ),
      );
      expect(claims.filter((claim) => claim?.kind === 'claimed')).toHaveLength(1);
      expect(claims.filter((claim) => claim?.kind === 'held')).toHaveLength(19);
    });
  });
}

async function openOne<T>(open: () => Promise<readonly T[]>): Promise<T> {
  const [handle] = await open();
  if (handle === undefined) throw new Error('open must give at least one handle');
  return handle;
}
