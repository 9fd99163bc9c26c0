import { expect, it } from 'vitest';
import type { Obtained } from '../../../src/core/consumers/token-source.ts';
import { learnForMs } from '../../../src/core/webhooks/admission.ts';
import { admitAll } from '../../../src/core/webhooks/admit-all.ts';
import { memorySenders } from '../../contract/admitted-senders.ts';
import { inventedToken } from '../invented-token.ts';

const token: Obtained = {
  kind: 'token',
  token: inventedToken({ companies: [{ id: 1, name: 'Uno' }] }),
};
const none: Obtained = { kind: 'unavailable', detail: 'invented' };

it.each([
  [
    'the companies of the token, of the subscriptions and the one that is named',
    token,
    [7, 1, 2, 3],
  ],
  ['those of the subscriptions where there is no token', none, [7, 2, 3]],
])('the receiver hears of %s', async (_, obtained, companies) => {
  const senders = memorySenders({ companies: [7] });
  const tokens = { obtain: async () => obtained, rejected: async () => obtained };
  const subscriptions = {
    list: async () => [{ id: 's', companyId: 2, types: [], sink: 'https://x' }],
  };
  const sources = { senders, tokens, subscriptions };
  await admitAll(sources, { nowMs: 5, companyId: 3 });
  expect(await senders.read()).toMatchObject({ companies, learnUntilMs: 5 + learnForMs });
});

it('without one that is named the receiver learns no application', async () => {
  const senders = memorySenders();
  const tokens = { obtain: async () => token, rejected: async () => token };
  await admitAll({ senders, tokens, subscriptions: { list: async () => [] } });
  expect(await senders.read()).toEqual({ companies: [1], application: null, learnUntilMs: 0 });
});

it.each([undefined, { companies: [7] }])(
  'a watch without a token narrows nothing: of %j it makes no list that lacks the companies of the token',
  async (noted) => {
    const senders = memorySenders(noted);
    const tokens = { obtain: async () => none, rejected: async () => none };
    await admitAll({ senders, tokens, subscriptions: { list: async () => [] } });
    expect((await senders.read())?.companies).toEqual(noted?.companies);
  },
);
