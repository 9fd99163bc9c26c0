import { describe, expect, it, onTestFinished } from 'vitest';
import { listenLocally } from '../../src/cli/local-server.ts';
import { webhookApp } from '../../src/cli/webhook-app.ts';
import { systemClock } from '../../src/local/system.ts';
import type { LocalWebhooks } from '../../src/wiring/local-webhooks.ts';
import { startSandbox } from '../sandbox/sandbox-server.ts';
import { type LocalStage, openStage } from './local-stage.ts';

const type = 'entities.clients.update';
const readClients = 'GET /c/108061/entities/clients/*';

/** A system that is logged in and has subscribed to changes of clients at a sandbox. */
async function subscribedStage(): Promise<
  LocalStage & {
    readonly webhooks: LocalWebhooks;
    change(request?: object): Promise<void>;
    published(): number;
  }
> {
  const server = await listenLocally(0);
  onTestFinished(() => server.close());
  const sandbox = await startSandbox({ clock: systemClock });
  const sink = {
    url: `${server.url}/hook`,
    publicKeys: [sandbox.sandbox.publicKeyPem],
    applicationId: String(sandbox.sandbox.applicationId),
  };
  const stage = await openStage({ sink }, sandbox);
  const { webhooks } = stage.system;
  if (webhooks === undefined) throw new Error('a system with a sink receives');
  server.serve(webhookApp(webhooks, '/hook'));
  await stage.connect();
  const types = [`it.fattureincloud.webhooks.${type}`];
  expect(await stage.system.subscribe(108061, types)).toMatchObject({ kind: 'subscribed' });
  await sandbox.sandbox.settle();
  return {
    ...stage,
    webhooks,
    change: async (request = {}) => {
      await sandbox.request('POST', '/_sandbox/changes', { type, count: 1, ...request });
      await sandbox.sandbox.settle();
    },
    published: () =>
      stage.events.filter(({ detailType }) => detailType === 'Entity Changed').length,
  };
}

describe('webhooks on one machine', () => {
  it('come in signed, wait in the queue, and go out as events with the entity', async () => {
    const { webhooks, change, events } = await subscribedStage();
    await change();
    expect(events).toEqual([]);
    expect(await webhooks.handle()).toEqual([{ kind: 'done', published: 1 }]);
    expect(events).toMatchObject([
      { detailType: 'Entity Changed', detail: { resource: 'clients', change: 'update' } },
    ]);
    expect(await webhooks.handle()).toEqual([]);
  });

  it('go out once, however often they come in', async () => {
    const { webhooks, change, published } = await subscribedStage();
    await change({ copies: 3 });
    await webhooks.handle();
    await webhooks.handle();
    expect(published()).toBe(1);
  });

  it('are refused where they are not signed by the provider', async () => {
    const { webhooks } = await subscribedStage();
    const body = JSON.stringify({ data: { ids: [1] } });
    const forged = await webhooks.receive({ method: 'POST', headers: {}, query: '', body });
    expect(forged.status).toBe(401);
    expect(await webhooks.handle()).toEqual([]);
  });

  it('come again a while after a failure, and are not lost', async () => {
    const { webhooks, change, setFaults, advance, published } = await subscribedStage();
    await setFaults({ on: readClients, kind: 'status', status: 500, times: 1 });
    await change();
    expect(await webhooks.handle()).toMatchObject([{ kind: 'retry', reason: 'failed' }]);
    expect(await webhooks.handle()).toEqual([]);
    advance(3_600);
    expect(await webhooks.handle()).toMatchObject([{ kind: 'done' }]);
    expect(published()).toBe(1);
  });

  it('become dead letters after five failures of their own', async () => {
    const { webhooks, change, setFaults, advance } = await subscribedStage();
    await setFaults({ on: readClients, kind: 'status', status: 500 });
    await change();
    const reasons: unknown[] = [];
    for (let tries = 0; tries < 7; tries += 1) {
      reasons.push(...(await webhooks.handle()).map((end) => end.kind));
      advance(3_600);
    }
    expect(reasons).toEqual(['retry', 'retry', 'retry', 'retry', 'retry']);
  });

  it('wait for a token as long as it takes, without coming nearer to the dead letters', async () => {
    const { webhooks, change, setFaults, advance, published } = await subscribedStage();
    advance(25 * 3_600);
    await setFaults({ on: 'POST /oauth/token', kind: 'status', status: 503, retryAfter: 60 });
    await change();
    for (let tries = 0; tries < 7; tries += 1) {
      expect(await webhooks.handle()).toMatchObject([{ kind: 'retry', reason: 'token' }]);
      advance(3_600);
    }
    await setFaults();
    expect(await webhooks.handle()).toMatchObject([{ kind: 'done' }]);
    expect(published()).toBe(1);
  });
});
