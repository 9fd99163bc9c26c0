// Goal: a notification becomes an event with the fresh entity, through the functions as they are deployed.
// Method: the built bundles as processes on Lambda's Node, real SDK, doubles on the wire, the sandbox's key.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWebhookStack, type WebhookStack } from './webhook-stack.ts';

const created = 'it.fattureincloud.webhooks.entities.clients.create';

let stack: WebhookStack;

beforeEach(async () => {
  stack = await startWebhookStack();
});

afterEach(() => stack.stop());

describe('webhooks through their bundles', () => {
  it.each(['binary', 'structured'] as const)(
    'go from a signed request to the bus, once for each entity (%s)',
    async (mapping) => {
      expect(await stack.subscribe([created], mapping)).toBe(200);
      await stack.change('entities.clients.create', 3);
      expect(stack.queued()).toHaveLength(3);
      const { payload, error, logs } = await stack.handle();
      expect(error).toBeUndefined();
      expect(payload).toEqual({ batchItemFailures: [] });
      expect(stack.bus.events).toHaveLength(3);
      expect(stack.bus.events[0]).toMatchObject({
        bus: 'fresco-bus',
        source: 'fresco',
        detailType: 'Entity Changed',
        detail: {
          v: 1,
          connection: 'default',
          company: 108061,
          resource: 'clients',
          change: 'create',
          origin: 'webhook',
          entity: { id: expect.any(Number), name: expect.any(String) },
        },
      });
      expect(logs).not.toContain(stack.accessToken);
    },
  );

  it('are published once though they are delivered twice', async () => {
    await stack.subscribe([created], 'binary');
    await stack.change('entities.clients.create', 2);
    await stack.handle();
    stack.sqs.redeliver('notifications');
    const { payload } = await stack.handle();
    expect(payload).toEqual({ batchItemFailures: [] });
    expect(stack.bus.events).toHaveLength(2);
  });

  it.each([
    { name: 'without a signature', headers: {} },
    { name: 'with a signature that is none', headers: { authorization: 'Bearer a.b.c' } },
  ])('that came $name cost nothing downstream', async ({ headers }) => {
    const response = await fetch(stack.sink, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'ce-id': '1:x',
        'ce-type': created,
      },
      body: '{"data":{"ids":[1]}}',
    });
    expect(response.status).toBe(401);
    expect(stack.queued()).toEqual([]);
    expect(stack.secrets.calls.count('GetSecretValue')).toBe(0);
  });

  it('that cannot be kept are answered with 503, so that the provider repeats them', async () => {
    await stack.subscribe([created], 'binary');
    stack.sqs.faults.add({ on: 'SendMessageBatch', kind: 'access-denied' });
    await stack.change('entities.clients.create', 1);
    expect(stack.queued()).toEqual([]);
    expect(stack.statuses.at(-1)).toBe(503);
  });

  it('that the provider has stopped sending are missed, and asked for anew', async () => {
    const { expected, sink } = stack;
    const lost = { id: 'SUB1000001', companyId: 108061, sink, types: [created] };
    await expected.change((list) => [...list, lost]);
    expect((await stack.watch(false)).error).toBeUndefined();
    expect(stack.bus.events).toMatchObject([
      { detailType: 'Webhook Subscription Lost', detail: { subscription: lost.id, why: 'gone' } },
    ]);

    expect((await stack.watch(true)).error).toBeUndefined();
    const [renewed] = await expected.list();
    expect(renewed).toEqual({ ...lost, id: expect.not.stringMatching(lost.id) });
    expect(stack.bus.events[1]).toMatchObject({ detail: { renewedAs: renewed?.id } });
    await stack.sandbox.settle();
    await stack.watch(true);
    expect(stack.bus.events).toHaveLength(2);
    await stack.change('entities.clients.create', 1);
    expect(stack.queued()).toHaveLength(1);
  });

  it('of a sink that was never registered are answered as those of one that was', async () => {
    const ask = async (sink: string, token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(sink, { method: 'POST', headers, body: '{}' });
      return { status: answer.status, body: await answer.text() };
    };
    const other = stack.sink.replace('/default', '/other');
    for (const token of ['', 'a.b.c']) {
      expect(await ask(other, token)).toEqual(await ask(stack.sink, token));
      expect((await ask(other, token)).status).toBe(401);
    }
  });
});
