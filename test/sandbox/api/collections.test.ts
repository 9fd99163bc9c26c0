import { describe, expect, it } from 'vitest';
import { eventTypes } from '../../../src/fatture-in-cloud/webhooks/event-types.ts';
import { bearer, type SandboxServer, startSandbox } from '../sandbox-server.ts';

async function withGrant(scope?: string) {
  const server = await startSandbox();
  const { access_token } = await server.grant(scope);
  const get = (path: string) => server.get(`/c/108061/${path}`, access_token);
  const send = (method: string, path: string, data?: object) =>
    server.request(method, `/c/108061/${path}`, data && { data }, bearer(access_token));
  return { server, get, send };
}

async function changed(server: SandboxServer, type: string, count = 1) {
  return (await server.request('POST', '/_sandbox/changes', { type, count })).json;
}

describe('what event types speak of', () => {
  it.each(
    eventTypes.map(
      (entry) => [entry.type.replace('it.fattureincloud.webhooks.', ''), entry] as const,
    ),
  )('%s can be made to happen, and read afterwards with its scopes alone', async (type, entry) => {
    const server = await startSandbox();
    const { access_token } = await server.grant(entry.scopes.join(' '));
    const { ids } = await changed(server, type);
    const { resource } = entry;
    const path =
      {
        clients: 'entities/clients',
        suppliers: 'entities/suppliers',
        pending_received_documents: 'received_documents/pending',
      }[resource as string] ?? resource;
    const answer = await server.get(`/c/108061/${path}/${ids[0]}`, access_token);
    expect(answer.status).toBe(entry.change === 'delete' ? 404 : 200);
    if (entry.documentType !== undefined && entry.change !== 'delete') {
      expect(answer.json.data.type).toBe(entry.documentType);
    }
  });

  it.each([
    ['issued_documents.self_invoices.create', ['self_supplier_invoice', 'self_own_invoice']],
    ['issued_documents.e_invoices.status_update', ['invoice', 'credit_note']],
  ])('%s speaks of documents of these types only: %j', async (type, documentTypes) => {
    const { server, get } = await withGrant();
    const { ids } = await changed(server, type, 20);
    for (const id of ids) {
      expect(documentTypes).toContain((await get(`issued_documents/${id}`)).json.data.type);
    }
  });

  it('a type that does not exist is refused with words', async () => {
    const server = await startSandbox();
    const { status, json } = await server.request('POST', '/_sandbox/changes', {
      type: 'moons.create',
    });
    expect([status, json.error.message]).toEqual([400, expect.stringContaining('moons.create')]);
  });
});

describe('a client', () => {
  it('is created, read, changed and deleted', async () => {
    const { server, get, send } = await withGrant('entity.clients:a');
    const { json } = await send('POST', 'entities/clients', { name: 'Cliente inventato', id: 5 });
    const { id, created_at } = json.data;
    expect([typeof id, id === 5, created_at]).toEqual(['number', false, '2026-04-04 12:54:21']);
    server.sandbox.advance(60);
    await send('PUT', `entities/clients/${id}`, { notes: 'changed' });
    expect((await get(`entities/clients/${id}`)).json.data).toMatchObject({
      name: 'Cliente inventato',
      notes: 'changed',
      created_at: '2026-04-04 12:54:21',
      updated_at: '2026-04-04 12:55:21',
    });
    expect((await send('DELETE', `entities/clients/${id}`)).status).toBe(200);
    expect((await get(`entities/clients/${id}`)).status).toBe(404);
  });

  it.each([
    ['without a name', { data: { code: 'C1' } }, 'data.name'],
    ['without data', {}, 'data'],
    ['with data of null', { data: null }, 'data'],
  ])('is refused %s, field by field', async (_name, body, field) => {
    const server = await startSandbox();
    const { access_token } = await server.grant();
    const answer = await server.request(
      'POST',
      '/c/108061/entities/clients',
      body,
      bearer(access_token),
    );
    expect(answer.status).toBe(422);
    expect(answer.json.error).toEqual({
      message: 'Invalid request.',
      validation_result: { [field]: [`The ${field} field is required.`] },
    });
  });

  it('is refused as JSON that is none', async () => {
    const server = await startSandbox();
    const { access_token } = await server.grant();
    const answer = await server.request(
      'POST',
      '/c/108061/entities/clients',
      '{',
      bearer(access_token),
    );
    expect([answer.status, answer.json]).toEqual([
      422,
      { error: { message: 'Invalid JSON data in request body.' } },
    ]);
  });
});

describe('lists', () => {
  it('come in pages', async () => {
    const { server, get } = await withGrant();
    await changed(server, 'entities.clients.create', 7);
    const { json } = await get('entities/clients?page=2&per_page=4');
    expect({ ...json, data: json.data.length }).toEqual({
      current_page: 2,
      data: 4,
      first_page_url: 'page=1',
      from: 5,
      last_page: 3,
      last_page_url: 'page=3',
      next_page_url: 'page=3',
      path: 'entities/clients',
      per_page: 4,
      prev_page_url: 'page=1',
      to: 8,
      total: 10,
    });
  });

  it.each([
    ['sort=-updated_at,id', [3, 1, 2]],
    ['sort=name', [1, 2, 3]],
    ["q=name contains 'cliente b' or name like '%C'", [2, 3]],
    ["q=updated_at >= '2026-04-04 12:55:21'", [3]],
    ["q=(name = 'Cliente A' or name = 'Cliente B') and notes is not null", [2]],
    ["q=name not starts with 'Cliente' OR notes IS NULL", [1, 3]],
    ["q=name = 'it''s'", []],
  ])('%s', async (query, want) => {
    const { server, get, send } = await withGrant();
    for (const { json } of [await get('entities/clients')]) {
      for (const { id } of json.data) await send('DELETE', `entities/clients/${id}`);
    }
    const names: Record<string, number> = {};
    for (const [index, letter] of ['A', 'B', 'C'].entries()) {
      if (letter === 'C') server.sandbox.advance(60);
      const notes = letter === 'B' ? 'noted' : null;
      await send('POST', 'entities/clients', { name: `Cliente ${letter}`, notes });
      names[`Cliente ${letter}`] = index + 1;
    }
    const [name = '', ...value] = query.split('=');
    const { json } = await get(
      `entities/clients?${new URLSearchParams({ [name]: value.join('=') })}`,
    );
    expect(json.data.map((entity: { name: string }) => names[entity.name])).toEqual(want);
  });

  it.each([
    ['q', "moon = 'full'"],
    ['q', "name = 'open"],
    ['q', 'name ='],
    ['q', '(name is null'],
    ['q', "name = 'a' name = 'b'"],
    ['sort', 'moon'],
    ['page', '0'],
    ['per_page', '101'],
  ])('refuse %s=%s with 422', async (name, value) => {
    const { get } = await withGrant();
    const { status, json } = await get(
      `entities/clients?${new URLSearchParams({ [name]: value })}`,
    );
    expect([status, Object.keys(json.error.validation_result)]).toEqual([422, [name]]);
  });

  it('are slim where the provider’s are: updated_at has to be asked for', async () => {
    const { get } = await withGrant();
    const first = async (query: string) =>
      (await get(`issued_documents?type=invoice${query}`)).json.data[0];
    expect(await first('')).not.toHaveProperty('updated_at');
    expect(Object.keys(await first('&fields=id,updated_at')).toSorted()).toEqual([
      'id',
      'updated_at',
    ]);
    expect(await first('&fieldset=detailed')).toHaveProperty('updated_at');
  });

  it('of documents need a type, and the scope of that type', async () => {
    const { get } = await withGrant('issued_documents.quotes:r');
    expect((await get('issued_documents')).json.error.validation_result).toHaveProperty('type');
    expect((await get('issued_documents?type=moon')).status).toBe(422);
    expect((await get('issued_documents?type=quote')).json.total).toBe(3);
    expect((await get('issued_documents?type=invoice')).status).toBe(403);
  });

  it('of the cashbook need dates, have no pages, and ids that are text', async () => {
    const { get } = await withGrant();
    expect((await get('cashbook?date_from=2026-04-01')).status).toBe(422);
    const { json } = await get('cashbook?date_from=2026-04-01&date_to=2026-04-30');
    expect(Object.keys(json)).toEqual(['data']);
    expect(json.data.map(({ id }: { id: unknown }) => typeof id)).toEqual([
      'string',
      'string',
      'string',
    ]);
    expect((await get('cashbook?date_from=2026-05-01&date_to=2026-05-30')).json.data).toEqual([]);
  });

  it('of taxes tell their sum', async () => {
    const { get } = await withGrant();
    expect((await get('taxes')).json.aggregated_data.amount).toMatch(/^\d+\.\d\d$/);
  });
});

describe('the bin', () => {
  it('takes a deleted document, shows it, gives it back or forgets it', async () => {
    const { get, send } = await withGrant('issued_documents.invoices:a');
    const [{ id }, { id: second }] = (await get('issued_documents?type=invoice')).json.data;
    await send('DELETE', `issued_documents/${id}`);
    await send('DELETE', `issued_documents/${second}`);
    expect((await get(`issued_documents/${id}`)).status).toBe(404);
    expect((await get('bin/issued_documents')).json.data).toHaveLength(2);
    expect((await get(`bin/issued_documents/${id}`)).json.data.id).toBe(id);
    await send('POST', `bin/issued_documents/${id}/recover`);
    await send('DELETE', `bin/issued_documents/${second}`);
    expect((await get(`issued_documents/${id}`)).status).toBe(200);
    expect((await get('bin/issued_documents')).json.data).toEqual([]);
  });

  it('shows only what the token may read', async () => {
    const { server, get } = await withGrant('issued_documents.quotes:r');
    await changed(server, 'issued_documents.invoices.delete');
    expect((await get('bin/issued_documents')).json.data).toEqual([]);
  });
});

it('pending documents can be read and not written', async () => {
  const { get, send } = await withGrant();
  const { json } = await get('received_documents/pending?type=agyo');
  expect((await get(`received_documents/pending/${json.data[0].id}`)).status).toBe(200);
  expect((await send('DELETE', `received_documents/pending/${json.data[0].id}`)).status).toBe(405);
  expect((await send('POST', 'received_documents/pending', {})).status).toBe(405);
});

it('whoever lacks the scope hears so before learning whether an entity exists', async () => {
  const { get } = await withGrant('products:r');
  expect((await get('entities/clients/1')).status).toBe(403);
  expect((await get('issued_documents/1')).status).toBe(403);
  expect((await get('products/1')).status).toBe(404);
});
