import { expect, it } from 'vitest';
import { decodeBin, encodeBin } from '../../../src/core/changes/sync-bin.ts';

it('what a bin held is read back, in no order', () => {
  const ids = [5, 1, 1_000_000, 'x', 36];
  expect(decodeBin(encodeBin(ids))).toEqual(new Set([1, 5, 36, 1_000_000, 'x']));
  expect(decodeBin(encodeBin([]))).toEqual(new Set());
  expect(decodeBin(undefined)).toEqual(new Set());
});

it.each([
  '{"v":1,"ids":"1"}',
  '{"v":1,"ids":5,"texts":[]}',
  '{"v":1,"ids":"1 !","texts":[]}',
  '{"v":1,"ids":"zzzzzzzzzzzzzzzzzzzz","texts":[]}',
  '{"v":1,"ids":"","texts":["../x"]}',
  '{"v":1,"ids":"","texts":[""]}',
])('%s cannot be read: nothing is guessed of what was deleted', (text) => {
  expect(() => decodeBin(text)).toThrow('what a sync knows of a bin cannot be read');
});
