import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import {
  accessTokenOf,
  decodeAccessToken,
  encodeAccessToken,
} from '../../../src/core/records/access-token.ts';
import { decodeGrant, encodeGrant, type Grant } from '../../../src/core/records/grant.ts';
import { Secret } from '../../../src/core/secret.ts';

const grant: Grant = {
  connection: 'default',
  grant: 1,
  generation: 7,
  attempt: 9,
  refreshToken: new Secret('r/0001invented'),
  accessToken: new Secret('a/0001invented'),
  issuedAtMs: Date.UTC(2026, 10, 23, 2),
  expiresAtMs: Date.UTC(2026, 10, 24, 2),
  sealKey: new Secret('c2VhbCBrZXk='),
  companies: [{ id: 108061, name: 'Esempio' }],
  provider: 'https://api-v2.fattureincloud.it',
  environment: 'here',
};
const altered = (secret: Secret, change: Record<string, unknown>) =>
  new Secret(JSON.stringify({ ...JSON.parse(secret.reveal()), ...change }));

function refusal(action: () => unknown): StoreRefused {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreRefused) return error;
  }
  throw new Error('it was not refused');
}

it('a grant is read back as it was written', () => {
  const read = decodeGrant(encodeGrant(grant));
  expect({ ...read, refreshToken: read.refreshToken.reveal() }).toEqual({
    ...grant,
    refreshToken: 'r/0001invented',
  });
  expect(read.accessToken?.reveal()).toBe('a/0001invented');
  expect(encodeGrant(read).reveal()).toBe(encodeGrant(grant).reveal());
});

it('a grant that has no access token yet says so, and publishes nothing', () => {
  const adopted = decodeGrant(encodeGrant({ ...grant, accessToken: null }));
  expect(adopted.accessToken).toBeNull();
  expect(accessTokenOf(adopted, undefined)).toBeUndefined();
});

it('what consumers read is the contract of the access-token secret', () => {
  const token = accessTokenOf(grant, 'arn:aws:lambda:eu-south-1:111122223333:function:x:consumers');
  expect(token && JSON.parse(encodeAccessToken(token).reveal())).toEqual({
    v: 1,
    connection: 'default',
    generation: 7,
    tokenType: 'Bearer',
    accessToken: 'a/0001invented',
    issuedAt: '2026-11-23T02:00:00Z',
    expiresAt: '2026-11-24T02:00:00Z',
    companies: [{ id: 108061, name: 'Esempio' }],
    refreshWith: 'arn:aws:lambda:eu-south-1:111122223333:function:x:consumers',
    grant: 1,
    attempt: 9,
  });
});

it('a published token is read back, with or without a rotator and an end', () => {
  const token = accessTokenOf(grant, undefined);
  if (token === undefined) throw new Error('nothing to publish');
  const { refreshWith, ...read } = decodeAccessToken(encodeAccessToken(token));
  expect(refreshWith).toBeUndefined();
  expect(read.expiresAtMs).toBe(grant.expiresAtMs);
  const manual = { ...token, expiresAtMs: null, refreshWith: 'arn:x' };
  expect(decodeAccessToken(encodeAccessToken(manual))).toMatchObject({
    expiresAtMs: null,
    refreshWith: 'arn:x',
  });
});

it.each([
  ['of the provider', 'https://api-v2.fattureincloud.it', undefined],
  ['of another', 'https://other.example', 'https://other.example'],
  ['of none that is known', undefined, undefined],
])('a grant binds its tokens to their origin, the access token to one %s', (_, origin, written) => {
  const bound = encodeGrant({ ...grant, accessToken: new Secret('a/0001invented', origin) });
  expect(JSON.parse(bound.reveal()).accessTokenOrigin).toBe(written);
  const read = decodeGrant(bound);
  expect(read.refreshToken.origin).toBe('https://api-v2.fattureincloud.it');
  expect(read.accessToken?.origin).toBe(written ?? 'https://api-v2.fattureincloud.it');
  const odd = decodeGrant(altered(bound, { accessTokenOrigin: 5 }));
  expect(odd.accessToken?.origin).toBe('https://api-v2.fattureincloud.it');
});

it('a published token is bound to its origin, where it names one', () => {
  const token = accessTokenOf(grant, undefined);
  if (token === undefined) throw new Error('nothing to publish');
  expect(decodeAccessToken(encodeAccessToken(token)).accessToken.origin).toBeUndefined();
  const bound = { ...token, accessToken: new Secret('a/0001invented', 'https://other.example') };
  const stored = encodeAccessToken(bound);
  expect(decodeAccessToken(stored).accessToken.origin).toBe('https://other.example');
  expect(decodeAccessToken(altered(stored, { origin: 5 })).accessToken.origin).toBeUndefined();
});

it('scopes and rotator are read back, and what is none is left out', () => {
  const token = accessTokenOf(grant, undefined);
  if (token === undefined) throw new Error('nothing to publish');
  expect(token).not.toHaveProperty('refreshWith');
  const odd = { scopes: ['a:r', 5, 'b:r'], refreshWith: 5 };
  expect(decodeAccessToken(altered(encodeAccessToken(token), odd))).toMatchObject({
    scopes: ['a:r', 'b:r'],
  });
  expect(decodeAccessToken(altered(encodeAccessToken(token), odd))).not.toHaveProperty(
    'refreshWith',
  );
  expect(decodeGrant(altered(encodeGrant(grant), odd)).scopes).toEqual(['a:r', 'b:r']);
  expect(decodeGrant(altered(encodeGrant(grant), { scopes: 'a:r' }))).not.toHaveProperty('scopes');
});

it('companies that are none are left out', () => {
  const ids = [null, { id: 'x' }, { id: 5 }, 7, { id: 1.5 }];
  const odd = new Secret(
    altered(encodeGrant(grant), { companies: ids }).reveal().replace('1.5', '1e999'),
  );
  expect(decodeGrant(odd).companies).toEqual([{ id: 5, name: '' }]);
  expect(decodeGrant(altered(encodeGrant(grant), { companies: 'x' })).companies).toEqual([]);
  expect(decodeGrant(altered(encodeGrant(grant), { companies: undefined })).companies).toEqual([]);
});

describe('a damaged value is refused by naming the field, never its content', () => {
  it.each([
    ['text', new Secret('r/0002planted'), 'grant secret is not JSON'],
    ['a list', new Secret('["r/0002planted"]'), 'grant secret is not a JSON object'],
    ['null', new Secret('null'), 'grant secret is not a JSON object'],
    ['no version', new Secret('{"x":"r/0002planted"}'), '"v" is missing'],
    ['a newer version', new Secret('{"v":2,"x":"r/0002planted"}'), 'version 2'],
    ['an empty token', altered(encodeGrant(grant), { refreshToken: '' }), '"refreshToken"'],
    ['a number for a token', altered(encodeGrant(grant), { accessToken: 5 }), '"accessToken"'],
    ['half a generation', altered(encodeGrant(grant), { generation: 1.5 }), '"generation"'],
    ['a negative attempt', altered(encodeGrant(grant), { attempt: -1 }), '"attempt"'],
    [
      'a day for an instant',
      altered(encodeGrant(grant), { expiresAt: 'r/0002planted' }),
      '"expiresAt"',
    ],
  ])('%s', (_name, value, words) => {
    const error = refusal(() => decodeGrant(value));
    expect(error.reason).toBe('damaged');
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('planted');
  });

  it('whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(refusal(() => decodeGrant(new Secret(text))).reason).toBe('damaged');
        expect(refusal(() => decodeAccessToken(new Secret(text))).reason).toBe('damaged');
      }),
    );
  });
});
