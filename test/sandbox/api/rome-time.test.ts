import { expect, it } from 'vitest';
import {
  nextRomeMonthMs,
  romeOffsetTime,
  romeTimestamp,
} from '../../../src/sandbox/api/rome-time.ts';

it.each([
  ['in winter', '2026-01-31T09:00:00Z', '2026-01-31 10:00:00', '2026-01-31T10:00:00+01:00'],
  ['in summer', '2026-07-31T22:30:00Z', '2026-08-01 00:30:00', '2026-08-01T00:30:00+02:00'],
  [
    'in the repeated hour, first time',
    '2026-10-25T00:30:00Z',
    '2026-10-25 02:30:00',
    '2026-10-25T02:30:00+02:00',
  ],
  [
    'in the repeated hour, second time',
    '2026-10-25T01:30:00Z',
    '2026-10-25 02:30:00',
    '2026-10-25T02:30:00+01:00',
  ],
  [
    'before 1970, with a fraction',
    '1969-12-31T22:59:59.500Z',
    '1969-12-31 23:59:59',
    '1969-12-31T23:59:59+01:00',
  ],
])('Italian local time %s', (_name, instant, timestamp, offsetTime) => {
  const ms = Date.parse(instant);
  expect([romeTimestamp(ms), romeOffsetTime(ms)]).toEqual([timestamp, offsetTime]);
});

it.each([
  ['within summer', '2026-04-04T10:54:21Z', '2026-04-30T22:00:00Z'],
  ['into summer', '2026-03-01T00:00:00Z', '2026-03-31T22:00:00Z'],
  ['into winter', '2026-10-31T22:59:59Z', '2026-10-31T23:00:00Z'],
  ['into the next year', '2026-12-31T22:59:59Z', '2026-12-31T23:00:00Z'],
  ['at its first moment, a month later', '2026-12-31T23:00:00Z', '2027-01-31T23:00:00Z'],
])('the next month begins at midnight in Italy, %s', (_name, instant, begins) => {
  expect(new Date(nextRomeMonthMs(Date.parse(instant))).toISOString()).toBe(
    new Date(begins).toISOString(),
  );
});
