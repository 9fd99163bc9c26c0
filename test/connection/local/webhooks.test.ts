import { describe, expect, it, onTestFinished } from 'vitest';
import { listenLocally } from '../../../src/cli/local/server.ts';
import { webhookApp } from '../../../src/cli/local/webhook-app.ts';
import { openFileConnection } from '../../../src/connection/file.ts';
import type { LocalWebhooks } from '../../../src/connection/local/webhooks.ts';
import { admitCompanies } from '../../../src/core/webhooks/admission.ts';
import { admittedSenders } from '../../../src/local/admitted-senders.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import { seenEvents } from '../../../src/local/seen-events.ts';
import { publishedStatesFiles } from '../../../src/local/sync-store.ts';
import { claims, providerKey, sign } from '../../fatture-in-cloud/webhooks/signed-webhook.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { startSandbox } from '../../sandbox/sandbox-server.ts';
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
  it('come in signed, wait in the queue, and go out as events with the entity, noted for the next sync', async () => {
    const { webhooks, change, events, system } = await subscribedStage();
    await change();
    expect(events).toEqual([]);
    expect(await webhooks.handle()).toEqual([{ kind: 'done', published: 1 }]);
    expect(events).toMatchObject([
      { detailType: 'Entity Changed', detail: { resource: 'clients', change: 'update' } },
    ]);
    expect(await webhooks.handle()).toEqual([]);
    const store = await openFileStore(system.place.slice('file store '.length), {
      clock: systemClock,
    });
    const id = Number(Object(events[0]?.detail).id);
    const told = publishedStatesFiles(store, { connection: 'default', nowMs: Date.now });
    expect((await told.read(108061, 'clients', [id])).get(id)).toMatchObject({ kind: 'stamp' });
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

  it('become dead letters after twenty failures of their own, and come again where they are put back', async () => {
    const { webhooks, change, setFaults, advance, published, system } = await subscribedStage();
    await setFaults({ on: readClients, kind: 'status', status: 500 });
    await change();
    const reasons: unknown[] = [];
    for (let tries = 0; tries < 22; tries += 1) {
      reasons.push(...(await webhooks.handle()).map((end) => end.kind));
      advance(900);
    }
    expect(reasons).toEqual(Array.from({ length: 20 }, () => 'retry'));
    await setFaults();
    const path = system.place.slice('file store '.length);
    const { provider } = system;
    const opened = await openFileConnection({ path, name: 'default', provider, create: false });
    await opened.redrive?.();
    expect(await webhooks.handle()).toMatchObject([{ kind: 'done' }]);
    expect(published()).toBe(1);
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

describe('a webhook that the provider signed for somebody else', () => {
  const url = 'https://hooks.example.com/fresco';

  const sink = { url, publicKeys: [providerKey.publicPem] };

  async function signedStage() {
    const path = `${await temporaryFolder()}/store`;
    const stage = await openStage({ path, sink });
    const { system, connect } = stage;
    await connect();
    const senders = admittedSenders(await openFileStore(path, { clock: systemClock }), 'default');
    const { webhooks } = system;
    if (webhooks === undefined) throw new Error('no webhooks');
    const iat = Math.floor(Date.now() / 1000);
    const send = async (request: object, changes: object) => {
      const token = await sign({ aud: [url], iat, exp: iat + 600, ...changes });
      const { headers = {}, ...rest } = request as { headers?: Record<string, string> };
      const whole = { method: 'POST', query: '', body: '', ...rest };
      return webhooks.receive({
        ...whole,
        headers: { ...headers, authorization: `Bearer ${token}` },
      });
    };
    return { ...stage, path, webhooks, senders, send };
  }

  const told = (companyId: number) => ({
    headers: {
      'ce-id': claims.jti,
      'ce-subject': `company:${companyId}`,
      'ce-type': 'it.fattureincloud.webhooks.entities.clients.delete',
    },
    body: '{"data":{"ids":[1]}}',
  });
  const sub = (companyId: number) => ({ sub: `company:${companyId}` });

  it('is refused by the receiver, handshake included, once an operator has subscribed', async () => {
    const { webhooks, senders, send } = await signedStage();
    await admitCompanies(senders, [108061], { nowMs: systemClock.nowMs() });
    const handshake = { method: 'GET', headers: { 'x-fic-verification-challenge': 'abc' } };
    expect(await send(handshake, sub(666))).toMatchObject({ status: 403 });
    expect(await send(handshake, sub(108061))).toMatchObject({ status: 200 });
    expect(await senders.read()).toMatchObject({ application: '1234' });
    expect(await send(told(666), sub(666))).toMatchObject({
      status: 403,
      receipt: { kind: 'foreign', reason: 'company' },
    });
    expect(await send(told(108061), { ...sub(108061), aid: 99 })).toMatchObject({
      status: 403,
      receipt: { kind: 'foreign', reason: 'application' },
    });
    expect(await webhooks.waiting()).toBe(0);
    expect(await send(told(108061), sub(108061))).toMatchObject({ status: 202 });
  });

  it('is told apart by the handler where nothing is noted yet', async () => {
    const { webhooks, send } = await signedStage();
    await send(told(666), sub(666));
    expect(await webhooks.handle()).toEqual([
      { kind: 'foreign', reason: 'company 666 is not one of this connection' },
    ]);
    expect(await webhooks.waiting()).toBe(0);
  });

  it('is left to the connection that received it, where another is served over the same store', async () => {
    const { path, webhooks, send, events } = await signedStage();
    const other = await openStage({ path, sink, connection: 'second' });
    await send(told(108061), sub(108061));
    expect(await other.system.webhooks?.handle()).toEqual([]);
    expect(await webhooks.handle()).toEqual([{ kind: 'done', published: 1 }]);
    expect(events).toMatchObject([{ detail: { connection: 'default' } }]);
  });

  it('contradicts an earlier one, and ends as an error after six hours without a read to spare', async () => {
    const { path, system, webhooks, send, advance } = await signedStage();
    const seen = seenEvents(await openFileStore(path, { clock: systemClock }));
    await send(told(108061), sub(108061));
    await webhooks.handle();
    await send({ ...told(108061), body: '{"data":{"ids":[2]}}' }, sub(108061));
    const ends: string[] = [];
    for (let hours = 0; hours < 8; hours += 1) {
      const hour = Math.floor(system.clock.nowMs() / 3_600_000);
      const key = `reads/default/${claims.jti}/${hour}`;
      await seen.countReads(key, 200, 200, (hour + 1) * 3_600_000);
      ends.push(...(await webhooks.handle()).map(({ kind }) => kind));
      advance(3_600);
    }
    expect(ends).toEqual([...Array.from({ length: 6 }, () => 'retry'), 'drop']);
  });
});
