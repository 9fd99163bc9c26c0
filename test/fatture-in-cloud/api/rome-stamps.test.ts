import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  earlier,
  isInRepeatedHour,
  isStamp,
  minutesBetween,
  romeStamp,
} from '../../../src/fatture-in-cloud/api/rome-stamps.ts';
import { romeTimestamp } from '../../../src/sandbox/api/rome-time.ts';

const moments = fc.integer({ min: Date.parse('2020-01-01Z'), max: Date.parse('2040-01-01Z') });

describe('a stamp', () => {
  it('of a moment is what the provider would write', () => {
    fc.assert(
      fc.property(moments, (atMs) => {
        expect(romeStamp(atMs)).toBe(romeTimestamp(atMs));
      }),
    );
  });

  it('goes back by the clock on the wall, and its order is that of the text', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 10_000 }), (atMs, minutes) => {
        const stamp = romeStamp(atMs);
        const before = earlier(stamp, minutes);
        expect(isStamp(before)).toBe(true);
        expect(before < stamp).toBe(true);
        expect(minutesBetween(before, stamp)).toBe(minutes);
      }),
    );
  });

  it.each([
    ['2026-10-25 01:59:59', false],
    ['2026-10-25 02:00:00', true],
    ['2026-10-25 02:59:59', true],
    ['2026-10-25 03:00:00', false],
    ['2026-10-24 02:30:00', false],
    ['2026-10-18 02:30:00', false],
    ['2027-10-31 02:30:00', true],
    ['2026-03-29 02:30:00', false],
  ])('%s may be two moments: %s', (stamp, repeated) => {
    expect(isInRepeatedHour(stamp)).toBe(repeated);
  });

  it('may be two moments exactly if it is the stamp of two moments', () => {
    const hourMs = 3_600_000;
    fc.assert(
      fc.property(moments, (atMs) => {
        const stamp = romeStamp(atMs);
        const twice = [atMs - hourMs, atMs + hourMs].some((other) => romeStamp(other) === stamp);
        expect(isInRepeatedHour(stamp)).toBe(twice);
      }),
      { numRuns: 2000, examples: [[Date.parse('2026-10-25T00:30:00Z')]] },
    );
  });

  it.each(['2026-10-25', '2026-10-25T02:00:00', '2026-10-25 02:00:00Z', null, 1])(
    'is not %j',
    (text) => {
      expect(isStamp(text)).toBe(false);
    },
  );
});
