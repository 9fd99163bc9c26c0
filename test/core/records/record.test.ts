import { describe, expect, it } from 'vitest';
import { decodeAccessToken } from '../../../src/core/records/access-token.ts';
import { decodeClient } from '../../../src/core/records/client.ts';
import { field, parseRecord } from '../../../src/core/records/record.ts';
import { Secret } from '../../../src/core/secret.ts';

const read = (text: string) => parseRecord(new Secret(text), 'record');

describe('a stored record', () => {
  it('is a JSON object of version 1', () => {
    expect(read('{"v":1,"x":2}')).toEqual({ name: 'record', fields: { v: 1, x: 2 } });
  });

  it.each([
    ['{"v":1', 'record is not JSON'],
    ['5', 'record is not a JSON object'],
    ['"text"', 'record is not a JSON object'],
    ['null', 'record is not a JSON object'],
    ['[]', 'record is not a JSON object'],
    ['{"v":2}', 'record is of version 2, this program reads version 1: update fresco'],
    ['{"v":1.5}', 'record is of version 1.5, this program reads version 1: update fresco'],
    ['{"v":0}', `record is not one of fresco's: "v" is missing`],
    ['{"v":"2"}', `record is not one of fresco's: "v" is missing`],
    ['{}', `record is not one of fresco's: "v" is missing`],
  ])('%s is refused: %s', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it.each([
    ['count', '{"v":1,"n":"5"}', 'record: "n" must be a whole number'],
    ['count', '{"v":1,"n":1.5}', 'record: "n" must be a whole number'],
    ['count', '{"v":1,"n":-1}', 'record: "n" must be a whole number'],
    ['text', '{"v":1,"n":""}', 'record: "n" must be a text'],
    ['text', '{"v":1}', 'record: "n" must be a text'],
  ] as const)('a %s in %s is refused: %s', (kind, text, message) => {
    expect(() => field[kind](read(text), 'n')).toThrow(message);
  });

  it('has numbers from 0 on, texts, and texts of some form', () => {
    const record = read('{"v":1,"n":0,"t":"x"}');
    expect([field.count(record, 'n'), field.text(record, 't')]).toEqual([0, 'x']);
    expect(field.parsed(record, 't', (text) => text.length)).toBe(1);
    expect(() => field.parsed(record, 't', () => undefined)).toThrow(
      'record: "t" must be well formed',
    );
  });

  it('says which one it is', () => {
    expect(() => decodeClient(new Secret('x'))).toThrow('client secret is not JSON');
    expect(() => decodeAccessToken(new Secret('x'))).toThrow('access-token secret is not JSON');
  });
});
