import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { expectedSubscriptionsTable } from '../../src/aws/dynamodb/expected-subscriptions.ts';
import { seenEventsTable } from '../../src/aws/dynamodb/seen-events.ts';

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

/** A table that answers everything with this item. */
function tableWith(item: Item): DynamoDBClient {
  return { send: async () => ({ Item: item, Attributes: item }) } as unknown as DynamoDBClient;
}

const good = { id: 'SUB230', companyId: 1, sink: 'https://x.example', types: ['t'] };

describe('a list of subscriptions that somebody has edited', () => {
  const list = (text: string) =>
    expectedSubscriptionsTable(tableWith({ text: { S: text } }), 'fresco', 'default').list();

  it.each([
    ['', 'is not JSON'],
    ['{"v":1}', 'cannot be read'],
    ['{"v":2,"subscriptions":[]}', 'is of version 2'],
    [JSON.stringify({ v: 1, subscriptions: [null] }), 'cannot be read'],
    [JSON.stringify({ v: 1, subscriptions: [{ ...good, id: 5 }] }), 'cannot be read'],
    [JSON.stringify({ v: 1, subscriptions: [{ ...good, companyId: '1' }] }), 'cannot be read'],
    [JSON.stringify({ v: 1, subscriptions: [{ ...good, types: 't' }] }), 'cannot be read'],
  ])('(%s) is refused as damaged', async (text, words) => {
    await expect(list(text)).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringContaining(words),
    });
  });

  it('and is read where it is whole', async () => {
    expect(await list(JSON.stringify({ v: 1, subscriptions: [good] }))).toEqual([good]);
  });
});

it.each([
  ['{"x', []],
  ['5', []],
  ['[1,null,"x",{}]', [1, 'x']],
])(
  'of what a claim has settled (%s) only ids count: the rest is worked on again',
  async (S, want) => {
    const seen = seenEventsTable(tableWith({ settled: { S } }), 'fresco');
    expect(await seen.claim('key', 1000, 2000)).toEqual({ kind: 'claimed', settled: want });
  },
);
