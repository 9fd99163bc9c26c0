import { expect, it } from 'vitest';
import { compare, isNewer, newest, positionOf } from '../../src/core/position.ts';

const at = (grant: number, generation: number, attempt: number) => ({ grant, generation, attempt });

it.each([
  { name: 'a later attempt of the same generation', a: at(1, 2, 4), b: at(1, 2, 3) },
  { name: 'a later generation, whatever the attempt', a: at(1, 3, 1), b: at(1, 2, 9) },
  { name: 'a later grant, whatever the generation', a: at(2, 1, 0), b: at(1, 9, 9) },
])('$name is newer', ({ a, b }) => {
  expect(isNewer(a, b)).toBe(true);
  expect(isNewer(b, a)).toBe(false);
  expect(Math.sign(compare(a, b))).toBe(1);
});

it('the same position is not newer than itself, and anything is newer than nothing', () => {
  expect(isNewer(at(1, 2, 3), at(1, 2, 3))).toBe(false);
  expect(isNewer(at(0, 0, 0), undefined)).toBe(true);
});

it('the newest is found among those that there are', () => {
  expect(newest(at(1, 2, 3), null, at(1, 3, 0), undefined)).toEqual(at(1, 3, 0));
  expect(newest(null, undefined)).toBeUndefined();
});

it('a position carries nothing but its three numbers', () => {
  expect(positionOf({ ...at(1, 2, 3), accessToken: 'x' } as never)).toEqual(at(1, 2, 3));
});
