import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from '../../../src/core/text/visible.ts';

const commanding = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const hostile = fc.oneof(
  fc.constantFrom(
    '\u001b[31m',
    '\u009b2J',
    '\r',
    '\n',
    '\u2028',
    '\u202e',
    '\u2066',
    '\u061c',
    '\u007f',
  ),
  fc.string({ unit: 'binary' }),
);

describe('text from outside', () => {
  it.each([
    ['Studio Esempio', 'Studio Esempio'],
    ['Perché 𝒳 👩‍👧 “ok” \\n', 'Perché 𝒳 👩‍👧 “ok” \\n'],
    ['Co\u001b[31mmpany', 'Co\\u001b[31mmpany'],
    ['one\r\nfresco: done', 'one\\u000d\\u000afresco: done'],
    ['a\u0085b\u2028c\u2029d', 'a\\u0085b\\u2028c\\u2029d'],
    ['\u202egnp.exe\u202c', '\\u202egnp.exe\\u202c'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('has nothing left that commands a terminal or ends a line, and says the same as JSON', () => {
    fc.assert(
      fc.property(fc.array(hostile), (parts) => {
        const text = parts.join('');
        expect(visible(text)).not.toMatch(commanding);
        expect(JSON.parse(visible(JSON.stringify({ text })))).toEqual({ text });
      }),
    );
  });
});
