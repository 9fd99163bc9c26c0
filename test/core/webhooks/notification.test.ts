import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeNotification,
  encodeNotification,
  idsPerPart,
  isEntityId,
  keyOf,
  type Notification,
  partsOf,
} from '../../../src/core/webhooks/notification.ts';

const id = fc.oneof(
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fc.stringMatching(/^[\w:-]{1,100}$/),
);
const notification: fc.Arbitrary<Notification> = fc.record(
  {
    id: fc.string({ minLength: 1 }),
    companyId: fc.nat(),
    type: fc.string({ minLength: 1 }),
    resource: fc.string({ minLength: 1 }),
    change: fc.constantFrom('create', 'update', 'delete'),
    time: fc.constant('2026-11-23T02:00:00Z'),
    ids: fc.array(id, { minLength: 1, maxLength: 450 }),
  },
  { requiredKeys: ['id', 'companyId', 'type', 'resource', 'change', 'ids'] },
);

describe('a notification on its way', () => {
  it('comes out of the queue as it went in', () => {
    fc.assert(
      fc.property(notification, fc.string({ minLength: 1 }), (given, connection) => {
        for (const part of partsOf(given, connection)) {
          expect(decodeNotification(encodeNotification(part))).toEqual(part);
          const waiting = { ...part, waitsSinceMs: 7 };
          expect(decodeNotification(encodeNotification(waiting))).toEqual(waiting);
        }
      }),
    );
  });

  it('travels in parts that together name every id once, each under a key of its own', () => {
    fc.assert(
      fc.property(notification, (given) => {
        const parts = partsOf(given, 'default');
        expect(parts.flatMap(({ ids }) => ids)).toEqual(given.ids);
        expect(parts.every(({ ids }) => ids.length > 0 && ids.length <= idsPerPart)).toBe(true);
        expect(new Set(parts.map(keyOf)).size).toBe(parts.length);
        expect(partsOf(given, 'default')).toEqual(parts);
      }),
    );
  });
});

describe('a queue message', () => {
  const good = {
    v: 1,
    connection: 'default',
    part: 0,
    id: '198:event-1',
    companyId: 108061,
    type: 'x.create',
    resource: 'clients',
    change: 'create',
    ids: [1],
  };

  it.each([
    [{ v: 2 }],
    [{ connection: '' }],
    [{ part: -1 }],
    [{ id: 7 }],
    [{ companyId: '108061' }],
    [{ type: null }],
    [{ resource: undefined }],
    [{ change: 'renamed' }],
    [{ ids: [] }],
    [{ ids: [1, '../x'] }],
    [{ ids: 'x' }],
  ])('with %j is none', (changes) => {
    expect(decodeNotification(JSON.stringify(good))).toBeDefined();
    expect(decodeNotification(JSON.stringify({ ...good, ...changes }))).toBeUndefined();
  });

  it.each(['', 'null', '7', '[]', '{', '"text"'])('of %j is none', (text) => {
    expect(decodeNotification(text)).toBeUndefined();
  });
});

describe('an id', () => {
  it.each([
    [1, true],
    [Number.MAX_SAFE_INTEGER, true],
    ['12-a', true],
    ['a.b', true],
    [0, false],
    [-1, false],
    [1.5, false],
    [2 ** 53, false],
    [Number.NaN, false],
    ['', false],
    ['.', false],
    ['..', false],
    ['a/b', false],
    ['a b', false],
    ['a%2f', false],
    ['x'.repeat(101), false],
    [null, false],
    [[1], false],
  ])('%j: %s', (value, want) => {
    expect(isEntityId(value)).toBe(want);
  });
});
