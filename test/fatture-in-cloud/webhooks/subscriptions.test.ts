import { describe, expect, it } from 'vitest';
import type { TokenSource } from '../../../src/core/consumers/token-source.ts';
import { Secret } from '../../../src/core/secret.ts';
import { apiClient } from '../../../src/fatture-in-cloud/api/client.ts';
import {
  type Subscriptions,
  subscriptionsOf,
} from '../../../src/fatture-in-cloud/webhooks/subscriptions.ts';
import { startSandbox } from '../../sandbox/sandbox-server.ts';

const prefix = 'it.fattureincloud.webhooks.';
const sink = 'http://127.0.0.1:9/webhooks/default';
const companyId = 108061;

/** Subscriptions with a token of these scopes. */
async function subscriptions(scope: string): Promise<Subscriptions> {
  const sandbox = await startSandbox();
  const { json } = await sandbox.request('POST', '/_sandbox/grants', { scope, direct: true });
  const token = {
    connection: 'default',
    grant: 1,
    generation: 1,
    attempt: 0,
    accessToken: new Secret(json.access_token, sandbox.url),
    issuedAtMs: 0,
    expiresAtMs: null,
    companies: [],
  };
  const obtained = async () => ({ kind: 'token', token }) as const;
  const tokens: TokenSource = { obtain: obtained, rejected: obtained };
  return subscriptionsOf(
    apiClient({ baseUrl: sandbox.url, tokens, fetch, requestMs: 20_000 }),
    companyId,
  );
}

describe('subscriptions', () => {
  it('are made, listed and deleted', async () => {
    const api = await subscriptions('entity.clients:r');
    const types = [`${prefix}entities.clients.create`];
    const made = await api.create({ sink, types });
    expect(made).toMatchObject({
      kind: 'ok',
      value: { sink, types, verified: false },
      warnings: [],
    });
    const id = made.kind === 'ok' ? made.value.id : '';
    expect(await api.list()).toMatchObject({ kind: 'ok', value: [{ id, sink }] });
    expect(await api.remove(id)).toMatchObject({ kind: 'ok' });
    expect(await api.list()).toMatchObject({ kind: 'ok', value: [] });
  });

  it('hand on what the provider warns of: a type that is subscribed already', async () => {
    const api = await subscriptions('entity.clients:r');
    const types = [`${prefix}entities.clients.create`, `${prefix}entities.clients.update`];
    await api.create({ sink, types: types.slice(0, 1) });
    const made = await api.create({ sink, types });
    expect(made).toMatchObject({ kind: 'ok', value: { types: types.slice(1) } });
    expect(made.kind === 'ok' && made.warnings).toEqual([
      expect.stringContaining('already registered'),
    ]);
  });

  it('are refused to a token that may not read what they are about', async () => {
    const api = await subscriptions('entity.clients:r');
    const types = [`${prefix}issued_documents.invoices.create`];
    expect(await api.create({ sink, types })).toMatchObject({ kind: 'no-permission' });
  });

  it('of another id are absent', async () => {
    const api = await subscriptions('entity.clients:r');
    expect(await api.remove('SUB1')).toEqual({ kind: 'absent' });
    expect(await api.verify('SUB1/../..')).toMatchObject({ kind: 'absent' });
  });

  it('ask for a handshake anew, and hear that it is too early', async () => {
    const api = await subscriptions('entity.clients:r');
    const made = await api.create({ sink, types: [`${prefix}entities.clients.create`] });
    const id = made.kind === 'ok' ? made.value.id : '';
    expect(await api.verify(id)).toMatchObject({ kind: 'invalid', status: 409 });
  });
});
