// Goal: a sync repairs what webhooks missed, through the functions as they are deployed.
// Method: the built bundles as processes on Lambda's Node, real SDK, doubles on the wire, the sandbox.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWebhookStack, type WebhookStack } from './webhook-stack.ts';

const updated = 'it.fattureincloud.webhooks.entities.clients.update';
const start = { connection: 'default' };

let stack: WebhookStack;

beforeEach(async () => {
  stack = await startWebhookStack();
});

afterEach(() => stack.stop());

/** The schedule's event, and then what it leaves in the queue. */
async function night() {
  expect(await stack.sync(start)).toMatchObject({ payload: ['begun'] });
  return stack.sync({ Records: stack.continuations().slice(-1) });
}

const told = () =>
  stack.bus.events
    .filter(({ detailType }) => detailType === 'Entity Changed')
    .map(({ detail }) => detail as Readonly<Record<string, unknown>>);

describe('a sync through its bundle', () => {
  it('tells everything at first, and then what no webhook has told', async () => {
    const first = await night();
    expect(first).toMatchObject({ payload: ['completed'] });
    expect(told()).toHaveLength(57);
    expect(stack.bus.events.at(-1)).toMatchObject({
      detailType: 'Sync Completed',
      detail: { changed: 57, skipped: [] },
    });
    expect(first.logs).not.toContain(stack.accessToken);
    expect(first.logs).toMatch(/"prefix":"fresco","connection":"default","SyncsCompleted":1/);

    await stack.subscribe([updated], 'binary');
    await stack.change('entities.clients.update', 1);
    await stack.handle();
    await stack.change('entities.suppliers.update', 1);
    expect(told()).toHaveLength(58);
    await night();
    expect(told().slice(58)).toMatchObject([{ resource: 'suppliers', origin: 'sync' }]);
    expect(stack.bus.events.at(-1)).toMatchObject({ detail: { changed: 1, alreadyTold: 1 } });
  });

  it('goes on by its queue where its time does not suffice', async () => {
    await stack.sync(start);
    const cut = await stack.sync({ Records: stack.continuations() }, 40_500);
    expect(cut).toMatchObject({ payload: ['paused'] });
    const [, message] = stack.continuations();
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ v: 1, connection: 'default' });
    const { payload } = await stack.sync({ Records: [message] });
    expect(payload).toEqual(['completed']);
    expect(told()).toHaveLength(57);
    const late = await stack.sync({ Records: [message] });
    expect(late.payload).toEqual(['superseded']);
  });

  it('refuses what is not for it', async () => {
    const { error } = await stack.sync({ connection: 'other' });
    expect(error).toMatchObject({ errorType: 'SyncCallRefused' });
  });
});
