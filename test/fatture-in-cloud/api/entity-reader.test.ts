import { describe, expect, it } from 'vitest';
import type { Notification } from '../../../src/core/webhooks/notification.ts';
import type { ApiAnswer } from '../../../src/fatture-in-cloud/api/answer.ts';
import type { ApiRequest } from '../../../src/fatture-in-cloud/api/client.ts';
import { entityReader } from '../../../src/fatture-in-cloud/api/entity-reader.ts';

function read(family: string, id: number | string = 7, answer: ApiAnswer = { kind: 'absent' }) {
  const asked: ApiRequest[] = [];
  const api = {
    send: async (request: ApiRequest) => {
      asked.push(request);
      return answer;
    },
  };
  const notification: Notification = {
    id: '198:event-1',
    companyId: 108061,
    type: `it.fattureincloud.webhooks.${family}`,
    resource: 'as the receiver saw it',
    change: 'update',
    ids: [id],
  };
  return { asked, outcome: entityReader(api).read(notification, id) };
}

describe('an entity', () => {
  it.each([
    ['issued_documents.invoices.update', '/c/108061/issued_documents/7'],
    ['issued_documents.self_invoices.create', '/c/108061/issued_documents/7'],
    ['issued_documents.e_invoices.status_update', '/c/108061/issued_documents/7'],
    ['received_documents.update', '/c/108061/received_documents/7'],
    ['received_documents.e_invoices.receive', '/c/108061/received_documents/pending/7'],
    ['receipts.create', '/c/108061/receipts/7'],
    ['taxes.create', '/c/108061/taxes/7'],
    ['archive_documents.create', '/c/108061/archive/7'],
    ['cashbook.create', '/c/108061/cashbook/7'],
    ['products.stock_update', '/c/108061/products/7'],
    ['entities.clients.create', '/c/108061/entities/clients/7'],
    ['entities.suppliers.create', '/c/108061/entities/suppliers/7'],
  ])('of %s is read once, at %s', async (family, path) => {
    const { asked, outcome } = read(family);
    expect(await outcome).toEqual({ kind: 'absent' });
    expect(asked).toEqual([{ method: 'GET', path }]);
  });

  it('is what stands in data', async () => {
    const body = { data: { id: 7, name: 'Ditta Esempio' } };
    const { outcome } = read('entities.clients.create', 7, { kind: 'ok', body });
    expect(await outcome).toEqual({ kind: 'entity', entity: body.data });
  });

  it('comes with what the hour and the month have left of the quota', async () => {
    const quota = {
      hourly: { remaining: 7, limit: 1000 },
      monthly: { remaining: 9, limit: 40_000 },
    };
    const { outcome } = read('entities.clients.create', 7, {
      kind: 'ok',
      body: { data: {} },
      quota,
    });
    expect(await outcome).toEqual({ kind: 'entity', entity: {}, quotaLeft: 7 });
  });

  it.each<[ApiAnswer, object]>([
    [{ kind: 'ok', body: undefined }, { kind: 'failed' }],
    [{ kind: 'ok', body: { data: null } }, { kind: 'failed' }],
    [{ kind: 'ok', body: { data: 'text' } }, { kind: 'failed' }],
    [
      { kind: 'invalid', status: 422, message: 'no' },
      { kind: 'failed', detail: 'the API answered 422: no' },
    ],
    [
      { kind: 'wait', waitMs: 5, status: 429 },
      { kind: 'wait', waitMs: 5 },
    ],
    [{ kind: 'licence-expired' }, { kind: 'licence-expired' }],
    [
      { kind: 'no-token', person: true, detail: 'x' },
      { kind: 'no-token', person: true },
    ],
    [
      { kind: 'failed', detail: 'x' },
      { kind: 'failed', detail: 'x' },
    ],
  ])('answered with %j is %j', async (answer, want) => {
    expect(await read('products.create', 7, answer).outcome).toMatchObject(want);
  });

  it('that may not be read is answered with the scopes that it takes', async () => {
    const { outcome } = read('products.stock_update', 7, { kind: 'no-permission' });
    expect(await outcome).toEqual({
      kind: 'forbidden',
      detail: 'the token lacks products:r or stock:r for company 108061: log in again with it',
    });
  });

  it('of a company out of reach is answered with the company', async () => {
    const { outcome } = read('products.create', 7, { kind: 'no-access' });
    expect(await outcome).toEqual({
      kind: 'forbidden',
      detail: 'the token does not reach company 108061: log in again and choose it',
    });
  });

  it('of a type that is not known is not asked for', async () => {
    const { asked, outcome } = read('settings.update');
    expect(await outcome).toMatchObject({ kind: 'forbidden' });
    expect(asked).toEqual([]);
  });
});
