import { describe, expect, it } from 'vitest';
import type { FrescoEvent } from '../../../src/core/events/event.ts';
import {
  type ExpectedSubscription,
  isEarlierAddress,
  type ShownSubscription,
  type WatchPorts,
  watchSubscriptions,
} from '../../../src/core/webhooks/subscriptions.ts';

const sink = 'https://hooks.example.com/default';
const redeployed = 'https://other.example.com/default';
const types = ['it.fattureincloud.webhooks.entities.clients.update'];
const expected: ExpectedSubscription = { id: 'SUB230', companyId: 108061, sink, types };
const shown: ShownSubscription = { id: 'SUB230', sink, types, verified: true };

function world(subscriptions: readonly ShownSubscription[] | 'unknown') {
  const published: FrescoEvent[] = [];
  const state = { expected: [expected] as readonly ExpectedSubscription[], refused: false };
  const made: object[] = [];
  const ports: WatchPorts = {
    expected: {
      list: async () => state.expected,
      change: async (to) => {
        state.expected = to(state.expected);
      },
    },
    provider: {
      list: async () =>
        subscriptions === 'unknown'
          ? { kind: 'unknown', detail: 'status 500' }
          : { kind: 'listed', subscriptions },
      move: async (one) => {
        made.push(one);
        return state.refused
          ? { kind: 'refused', detail: 'the token lacks a scope' }
          : { kind: 'created', subscription: { id: one.id } };
      },
      create: async (wish) => {
        made.push(wish);
        return state.refused
          ? { kind: 'refused', detail: 'the token lacks a scope' }
          : { kind: 'created', subscription: { ...shown, id: 'SUB231', verified: false } };
      },
    },
    bus: { publish: async (events) => void published.push(...events) },
  };
  const watch = (renew = false, deployed = sink) =>
    watchSubscriptions(ports, { connection: 'default', renew, sink: deployed });
  return { ports, state, made, published, watch };
}

describe('a subscription', () => {
  it('that is there, verified and whole is kept without a word', async () => {
    const { watch, published } = world([{ ...shown, types: [...types, 'another'] }]);
    expect(await watch()).toEqual([{ kind: 'kept', id: 'SUB230' }]);
    expect(published).toEqual([]);
  });

  it.each([
    { name: 'has gone', subscriptions: [], why: 'gone' },
    {
      name: 'has gone, of several',
      subscriptions: [{ ...shown, id: 'SUB1', sink: 'https://other.example' }],
      why: 'gone',
    },
    {
      name: 'is not verified',
      subscriptions: [{ ...shown, verified: false }],
      why: 'not verified',
    },
    { name: 'has lost a type', subscriptions: [{ ...shown, types: [] }], why: 'types missing' },
  ])('that $name is told on the bus, every time', async ({ subscriptions, why }) => {
    const { watch, published, made } = world(subscriptions);
    expect(await watch()).toEqual([{ kind: 'lost', id: 'SUB230', why }]);
    const detail = {
      v: 1,
      connection: 'default',
      subject: 'company:108061',
      company: 108061,
      subscription: 'SUB230',
      sink,
      types,
      why,
    };
    expect(published).toEqual([{ detailType: 'Webhook Subscription Lost', detail }]);
    await watch();
    expect(published).toHaveLength(2);
    expect(made).toEqual([]);
  });

  it('that has gone is made anew where that is wanted, and then its successor is expected', async () => {
    const { watch, published, made, state } = world([]);
    expect(await watch(true)).toEqual([
      { kind: 'lost', id: 'SUB230', why: 'gone', renewedAs: 'SUB231' },
    ]);
    expect(made).toEqual([{ companyId: 108061, sink, types }]);
    expect(state.expected).toEqual([{ ...expected, id: 'SUB231' }]);
    expect(published).toMatchObject([{ detail: { subscription: 'SUB230', renewedAs: 'SUB231' } }]);
  });

  it('that was made anew already is expected once', async () => {
    const { watch, state } = world([{ ...shown, id: 'SUB7' }]);
    state.expected = [{ ...expected, id: 'SUB7' }, expected];
    await watch(true);
    expect(state.expected.map(({ id }) => id)).toEqual(['SUB7']);
  });

  it('that is made anew leaves the others as they were', async () => {
    const elsewhere = { id: 'SUB7', sink: 'https://other.example' };
    const { watch, state } = world([{ ...shown, ...elsewhere }]);
    const other = { ...expected, ...elsewhere };
    state.expected = [other, expected];
    await watch(true);
    expect(state.expected).toEqual([other, { ...expected, id: 'SUB231' }]);
  });

  it('that cannot be made anew is told with the reason', async () => {
    const it = world([]);
    it.state.refused = true;
    await it.watch(true);
    expect(it.published).toMatchObject([{ detail: { refused: 'the token lacks a scope' } }]);
    expect(it.state.expected).toEqual([expected]);
  });

  it('that is there but not verified is not made twice', async () => {
    const { watch, made } = world([{ ...shown, verified: false }]);
    await watch(true);
    expect(made).toEqual([]);
  });

  it('that a watch made before it died is taken for its own, not made again', async () => {
    const { watch, made, state, published } = world([{ ...shown, id: 'SUB231' }]);
    expect(await watch(true)).toEqual([{ kind: 'kept', id: 'SUB231' }]);
    expect(state.expected).toEqual([{ ...expected, id: 'SUB231' }]);
    expect(made).toEqual([]);
    expect(published).toEqual([]);
  });

  it('that sends to the address of an earlier deployment is told', async () => {
    const { watch, published, made, state } = world([shown]);
    const lost = { kind: 'lost', id: 'SUB230', why: 'another address' };
    expect(await watch(false, redeployed)).toEqual([lost]);
    expect(published).toMatchObject([{ detail: { sink, why: 'another address' } }]);
    expect(made).toEqual([]);
    expect(state.expected).toEqual([expected]);
  });

  it('that sends to the address of an earlier deployment is moved where that is wanted', async () => {
    const { watch, made, state } = world([shown]);
    expect(await watch(true, redeployed)).toEqual([
      { kind: 'lost', id: 'SUB230', why: 'another address', renewedAs: 'SUB230' },
    ]);
    expect(made).toEqual([{ id: 'SUB230', companyId: 108061, sink: redeployed }]);
    expect(state.expected).toEqual([{ ...expected, sink: redeployed }]);
  });

  it('that has gone is made again at the address that is deployed, never at the dead one', async () => {
    const { watch, made, state } = world([]);
    await watch(true, redeployed);
    expect(made).toEqual([{ companyId: 108061, sink: redeployed, types }]);
    expect(state.expected).toEqual([{ ...expected, id: 'SUB231', sink: redeployed }]);
  });

  it('that was moved by hand is kept, and noted where it is', async () => {
    const { watch, published, state } = world([{ ...shown, sink: redeployed }]);
    expect(await watch(true, redeployed)).toEqual([{ kind: 'kept', id: 'SUB230' }]);
    expect(state.expected).toEqual([{ ...expected, sink: redeployed }]);
    expect(published).toEqual([]);
  });

  it('that somebody has moved elsewhere is told, and left there', async () => {
    const { watch, made } = world([{ ...shown, sink: 'https://other.example/x' }]);
    expect(await watch(true)).toEqual([{ kind: 'lost', id: 'SUB230', why: 'another address' }]);
    expect(made).toEqual([]);
  });

  it('that an operator has sent elsewhere is none of the stack’s addresses', async () => {
    const own = { sink: 'https://hooks.example.org/of/my/own' };
    const { watch, state } = world([{ ...shown, ...own }]);
    state.expected = [{ ...expected, ...own }];
    expect(await watch(true, redeployed)).toEqual([{ kind: 'kept', id: 'SUB230' }]);
  });

  it('of which the provider says nothing is neither kept nor lost', async () => {
    const { watch, published } = world('unknown');
    expect(await watch(true)).toEqual([{ kind: 'unknown', id: 'SUB230', detail: 'status 500' }]);
    expect(published).toEqual([]);
  });
});

it.each([
  ['https://abc.execute-api.eu.example/webhooks/default', true],
  ['https://xyz.execute-api.eu.example/webhooks/default', false],
  ['https://abc.execute-api.eu.example/webhooks/second', false],
  ['https://abc.execute-api.us.example/webhooks/default', false],
  ['https://execute-api.eu.example/webhooks/default', false],
  ['http://abc.execute-api.eu.example/webhooks/default', false],
  ['no address', false],
])('%s is an earlier address of the same sink: %s', (address, want) => {
  expect(isEarlierAddress(address, 'https://xyz.execute-api.eu.example/webhooks/default')).toBe(
    want,
  );
  expect(isEarlierAddress(address, undefined)).toBe(false);
});
