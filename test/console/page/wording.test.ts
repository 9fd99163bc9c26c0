import { describe, expect, it } from 'vitest';
import { hoursText, legible, lengthText } from '../../../src/console/page/wording.ts';

const minuteMs = 60_000;

describe('a length of time', () => {
  it.each([
    [0, '0 min'],
    [-minuteMs, '0 min'],
    [29_999, '0 min'],
    [30_000, '1 min'],
    [59 * minuteMs, '59 min'],
    [60 * minuteMs, '1 h'],
    [61 * minuteMs, '1 h 1 min'],
    [24 * 60 * minuteMs - 1, '24 h'],
    [72 * 60 * minuteMs - minuteMs, '71 h 59 min'],
    [72 * 60 * minuteMs, '3 d'],
    [73 * 60 * minuteMs, '3 d 1 h'],
  ])('%d ms is %s', (ms, text) => {
    expect(lengthText(ms)).toBe(text);
  });

  it.each([
    [20 * minuteMs, '20 min'],
    [90 * minuteMs, '1.5 h'],
    [25 * 60 * minuteMs, '25 h'],
  ])('%d ms at a glance is %s', (ms, text) => {
    expect(hoursText(ms)).toBe(text);
  });
});

describe('a sentence with moments in it', () => {
  it('names weekday and time, and leaves the rest as it was', () => {
    expect(legible('from 2026-11-26T07:19:47Z to 2026-11-27T07:19:47.123Z, a/b')).toMatch(
      /^from Thu \d\d:\d\d to Fri \d\d:\d\d, a\/b$/,
    );
  });
});
