import { expect, it } from 'vitest';
import { jsonIn, jsonObject } from '../../../src/core/text/json.ts';

it.each([
  ['{"a":1}', { a: 1 }, { a: 1 }],
  ['[1]', [1], undefined],
  ['null', null, undefined],
  ['5', 5, undefined],
  ['"a"', 'a', undefined],
  ['{"a":', undefined, undefined],
])('%s is the value %j, and the object %j', (text, value, object) => {
  expect(jsonIn(text)).toEqual(value);
  expect(jsonObject(text)).toEqual(object);
});
