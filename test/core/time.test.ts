import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromRfc3339, toRfc3339 } from '../../src/core/time.ts';

const moments = fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 });

it('an instant is written as Date would write it, to the second', () => {
  fc.assert(
    fc.property(moments, (atMs) => {
      const seconds = Math.floor(atMs / 1000) * 1000;
      expect(toRfc3339(atMs)).toBe(new Date(seconds).toISOString().replace('.000Z', 'Z'));
    }),
  );
});

it('an instant that no date has is written as the last one', () => {
  expect(toRfc3339(1e20)).toBe('+275760-09-13T00:00:00Z');
});

it('what was written is read back', () => {
  fc.assert(
    fc.property(moments, (atMs) => {
      expect(fromRfc3339(toRfc3339(atMs))).toBe(Math.floor(atMs / 1000) * 1000);
    }),
  );
});

it.each([1, 2, 123, 123_456])('fractions of a second are read (.%i)', (fraction) => {
  const atMs = Math.floor(Number(`0.${fraction}`) * 1000);
  expect(fromRfc3339(`1970-01-01T00:00:00.${fraction}Z`)).toBe(atMs);
});

it('an offset is understood', () => {
  expect(fromRfc3339('2026-04-04T12:54:21+02:00')).toBe(Date.UTC(2026, 3, 4, 10, 54, 21));
});

it.each([
  '',
  'yesterday',
  '2026-11-23',
  '2026-11-23T02:00:00',
  '2026-13-23T02:00:00Z',
  'Z',
  '+12026-11-23T02:00:00Z',
  '+002026-11-23T02:00:00Z',
  '2026-11-23T02:00:00Z ',
])('%j is no instant', (text) => {
  expect(fromRfc3339(text)).toBeUndefined();
});
