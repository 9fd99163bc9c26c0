import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openSeal, seal } from '../../../src/core/records/seal.ts';
import { Secret } from '../../../src/core/secret.ts';

const random = { bytes: (count: number) => new Uint8Array(count).fill(7) };
const sealKey = new Secret(Buffer.alloc(32, 1).toString('base64'));
const otherKey = new Secret(Buffer.alloc(32, 2).toString('base64'));
const position = { grant: 1, generation: 2, attempt: 3 };
const versionId = '0123456789abcdef0123456789abcdef';
const value = new Secret('{"refreshToken":"r/0001invented"}');
const sealed = seal(value, { versionId, position, sealKey }, random);

it('a seal opens with its key', () => {
  expect(openSeal(sealed, sealKey)?.reveal()).toBe(value.reveal());
});

it('any text survives sealing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const made = seal(new Secret(text), { versionId, position, sealKey }, random);
      expect(openSeal(made, sealKey)?.reveal()).toBe(Buffer.from(text).toString());
    }),
  );
});

it('a seal holds nothing readable of its value', () => {
  expect(JSON.stringify(sealed)).not.toContain('r/0001');
  expect(Buffer.from(sealed.box, 'base64').toString('latin1')).not.toContain('r/0001');
});

it.each([
  ['another key', sealed, otherKey],
  ['another version id', { ...sealed, versionId: 'f'.repeat(32) }, sealKey],
  ['another grant', { ...sealed, grant: 2 }, sealKey],
  ['another generation', { ...sealed, generation: 3 }, sealKey],
  ['another attempt', { ...sealed, attempt: 4 }, sealKey],
  ['an altered box', { ...sealed, box: `A${sealed.box.slice(1)}` }, sealKey],
  ['a cut box', { ...sealed, box: sealed.box.slice(0, 40) }, sealKey],
  ['an empty box', { ...sealed, box: '' }, sealKey],
])('a seal does not open with %s', (_name, altered, key) => {
  expect(openSeal(altered, key)).toBeUndefined();
});
