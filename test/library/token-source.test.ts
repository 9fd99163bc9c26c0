import { basename, dirname } from 'node:path';
import { ClientsApi, Configuration } from '@fattureincloud/fattureincloud-ts-sdk';
import { describe, expect, it } from 'vitest';
import { ConfigInvalid } from '../../src/config/config.ts';
import { TokenError } from '../../src/library/token-error.ts';
import { openTokenSource, type TokenSourceOptions } from '../../src/library/token-source.ts';
import { loggedInStore } from '../connection/logged-in-store.ts';

const company = 108061;

async function overFileStore(
  options: TokenSourceOptions = {},
  loggedIn: { readonly agedMs?: number } = {},
) {
  const server = await loggedInStore(loggedIn);
  const env = { FRESCO_STORE: `file:${server.path}`, FRESCO_PROVIDER_URL: server.url };
  return { ...server, env, source: openTokenSource(options, { env }) };
}

async function failureOf(promise: Promise<unknown>): Promise<TokenError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TokenError) return error;
  throw new Error(`not a TokenError: ${error}`);
}

describe('over a file store, a token source', () => {
  it('gives the stored token, and the same one while it lasts', async () => {
    const { source, get, sandbox } = await overFileStore();
    const token = await source.token();
    expect((await get('/user/info', token)).status).toBe(200);
    expect(await source.token({ minValidity: '3h' })).toBe(token);
    expect(sandbox.nowMs()).toBeGreaterThan(0);
  });

  it('finds the store below the home folder, where no shell has put it in place of ~', async () => {
    const { path, url, source } = await overFileStore();
    const env = { HOME: dirname(path), FRESCO_PROVIDER_URL: url };
    const store = `file:~/${basename(path)}` as const;
    expect(await openTokenSource({ store }, { env }).token()).toBe(await source.token());
  });

  it('refreshes for a job that is longer than what is left of the token', async () => {
    const { source, get } = await overFileStore({}, { agedMs: 3_600_000 });
    const first = await source.token();
    const second = await source.token({ minValidity: '23.5h' });
    expect(second).not.toBe(first);
    expect((await get('/user/info', second)).status).toBe(200);
  });

  it('says until when the newest token lasts if none lasts as long as the job', async () => {
    const { source } = await overFileStore();
    const error = await failureOf(source.token({ minValidity: '30d' }));
    expect(error.code).toBe('too-long');
    const hours = (Number(error.expiresAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23);
    expect(hours).toBeLessThanOrEqual(24);
    expect(error.message).toMatch(/^no token lasts that long: the newest ends at 20/);
  });

  it('gives another token for one that the API no longer accepts', async () => {
    const { request, source, get } = await overFileStore();
    const dead = await source.token();
    await request('POST', '/_sandbox/expire');
    const living = await source.rejected(dead);
    expect(living).not.toBe(dead);
    expect((await get('/user/info', living)).status).toBe(200);
    expect(await source.token()).toBe(living);
  });

  it('gives a token back that is good after all, also one that another source had given', async () => {
    const { env, source } = await overFileStore();
    const token = await source.token();
    expect(await source.rejected(token)).toBe(token);
    expect(await openTokenSource({}, { env }).rejected(token)).toBe(token);
    expect(await source.rejected('a/0009invented')).toBe(token);
  });

  it('is what the official SDK takes for its access token', async () => {
    const { url, source, request } = await overFileStore();
    const clients = new ClientsApi(
      new Configuration({ basePath: url, accessToken: () => source.token() }),
    );
    const { data } = await clients.listClients(company);
    expect(data.data).toHaveLength(3);
    await request('POST', '/_sandbox/expire');
    await source.rejected(await source.token());
    expect((await clients.listClients(company)).status).toBe(200);
  });

  it('never guesses among several connections, and takes the one that is named', async () => {
    const server = await loggedInStore();
    await loggedInStore({ server, name: 'second' });
    const env = { FRESCO_STORE: `file:${server.path}`, FRESCO_PROVIDER_URL: server.url };
    await expect(openTokenSource({}, { env }).token()).rejects.toThrow(
      'FRESCO_CONNECTION must name the connection: this store has more than one connection (default, second)',
    );
    const named = [
      openTokenSource({ connection: 'second' }, { env }),
      openTokenSource({}, { env: { ...env, FRESCO_CONNECTION: 'second' } }),
    ];
    const [one, other] = await Promise.all(named.map((source) => source.token()));
    expect(one).toBe(other);
    expect(one).not.toBe(await openTokenSource({ connection: 'default' }, { env }).token());
  });

  it('says that a person is needed where there is no store, and finds the store once there is one', async () => {
    const { env, path } = await overFileStore();
    const source = openTokenSource({ store: `file:${path}-elsewhere` }, { env });
    const error = await failureOf(source.token());
    expect(error).toMatchObject({ code: 'person-needed' });
    expect(error.message).toMatch(/fresco login/);
  });
});

describe('fetch with a token', () => {
  it('adds the token, follows relative paths and sends bodies', async () => {
    const { source } = await overFileStore();
    const created = await source.fetch(`/c/${company}/entities/clients`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ data: { name: 'Ditta Inventata' } }),
    });
    expect(await created.json()).toMatchObject({ data: { name: 'Ditta Inventata' } });
  });

  it('absorbs a token that has died on the way, with the body sent whole again', async () => {
    const { request, source } = await overFileStore();
    await source.token();
    await request('POST', '/_sandbox/expire');
    const created = await source.fetch(`/c/${company}/entities/clients`, {
      method: 'POST',
      body: JSON.stringify({ data: { name: 'Ditta Inventata' } }),
    });
    expect(created.status).toBe(200);
    const { json } = await request('GET', '/_sandbox/state');
    expect(json.counters.tokenRequests).toBe(1);
  });

  it('answers 401 for a company that the token does not reach, without a second try', async () => {
    const { request, source } = await overFileStore();
    const response = await source.fetch('/c/999/entities/clients');
    expect(response.status).toBe(401);
    const { json } = await request('GET', '/_sandbox/state');
    const asked = json.requests.filter(({ path }: { path: string }) => path.startsWith('/c/999'));
    expect(asked).toHaveLength(1);
  });

  it('sends the token to no other place', async () => {
    const { source } = await overFileStore();
    await expect(source.fetch('https://example.com/')).rejects.toThrow(/not to https:\/\/example/);
    await expect(source.fetch('//example.com/')).rejects.toThrow(TypeError);
  });
});

it('settings that are wrong are told at once, all of them', () => {
  const open = () => openTokenSource({ store: 'file:' as never }, { env: { FRESCO_PREFIX: '//' } });
  expect(open).toThrow(ConfigInvalid);
  expect(open).toThrow(/FRESCO_STORE.*FRESCO_PREFIX/);
  expect(() => openTokenSource({ waitMax: '1 minute' as never }, { env: {} })).toThrow(RangeError);
});

it.each(['3 hours', '-1s', '', 'm', -1, Number.NaN])(
  '%j is no length of time for a token',
  async (span) => {
    const source = openTokenSource({ store: 'file:/nowhere' }, { env: {} });
    await expect(source.token({ minValidity: span as never })).rejects.toThrow(
      /minValidity must be/,
    );
  },
);
