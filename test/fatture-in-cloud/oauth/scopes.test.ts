import { Scope } from '@fattureincloud/fattureincloud-ts-sdk';
import { describe, expect, it } from 'vitest';
import {
  covers,
  isScope,
  parseScopes,
  scopes,
  splitScope,
} from '../../../src/fatture-in-cloud/oauth/scopes.ts';

describe('the scopes of Fatture in Cloud', () => {
  it('are those of the official SDK', () => {
    const official = Object.values(Scope).filter((value) => typeof value === 'string');
    expect(scopes.toSorted()).toEqual(official.toSorted());
  });

  it('have no aggregate, and no write level where there is nothing to write', () => {
    for (const text of [
      'issued_documents:r',
      'emails:a',
      'situation:a',
      'toString:r',
      'products',
    ]) {
      expect([text, isScope(text)]).toEqual([text, false]);
    }
  });
});

describe('a scope string', () => {
  it.each([
    ['one name', 'products:r', { kind: 'scopes', scopes: ['products:r'] }],
    [
      'names in their order, once each',
      'taxes:a products:r taxes:a',
      { kind: 'scopes', scopes: ['taxes:a', 'products:r'] },
    ],
    ['nothing', ' ', { kind: 'empty' }],
    [
      'one unknown name, which spoils the whole',
      'products:r invoices:r',
      { kind: 'unknown', names: ['invoices:r'] },
    ],
    [
      'a name in capitals, which is unknown',
      'PRODUCTS:R',
      { kind: 'unknown', names: ['PRODUCTS:R'] },
    ],
  ])('may hold %s', (_name, text, parsed) => {
    expect(parseScopes(text)).toEqual(parsed);
  });

  it('takes apart at the last colon', () => {
    expect(splitScope('issued_documents.self_invoices:a')).toEqual({
      resource: 'issued_documents.self_invoices',
      level: 'a',
    });
  });
});

it.each([
  ['read is enough for read', ['products:r'], 'products:r', true],
  ['write is enough for read', ['products:a'], 'products:r', true],
  ['read is not enough for write', ['products:r'], 'products:a', false],
  ['another resource is not enough', ['stock:a'], 'products:r', false],
] as const)('%s', (_name, granted, needed, isEnough) => {
  expect(covers(granted, needed)).toBe(isEnough);
});
