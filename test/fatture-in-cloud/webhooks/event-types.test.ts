import { describe, expect, it } from 'vitest';
import { isScope } from '../../../src/fatture-in-cloud/oauth/scopes.ts';
import {
  entityPath,
  eventTypeGroups,
  eventTypePrefix,
  eventTypes,
  expandEventType,
  findEventType,
  renamedEventTypes,
} from '../../../src/fatture-in-cloud/webhooks/event-types.ts';

const issued = (plural: string, scope = `issued_documents.${plural}:r`) =>
  ['create', 'update', 'delete', 'email_sent'].map(
    (action) => [`issued_documents.${plural}.${action}`, '/c/1/issued_documents/7', scope] as const,
  );
const written = (family: string, path: string, scope: string) =>
  ['create', 'update', 'delete'].map(
    (action) => [`${family}.${action}`, `/c/1/${path}/7`, scope] as const,
  );

// The reference's table, written out from its own words rather than derived from the code.
const table = [
  ...issued('invoices'),
  ...issued('quotes'),
  ...issued('proformas'),
  ...issued('receipts'),
  ...issued('delivery_notes'),
  ...issued('credit_notes'),
  ...issued('orders'),
  ...issued('work_reports'),
  ...issued('supplier_orders'),
  ...issued('self_supplier_invoices', 'issued_documents.self_invoices:r'),
  ...issued('self_own_invoices', 'issued_documents.self_invoices:r'),
  [
    'issued_documents.e_invoices.status_update',
    '/c/1/issued_documents/7',
    'issued_documents.invoices:r issued_documents.credit_notes:r',
  ],
  ...written('received_documents', 'received_documents', 'received_documents:r'),
  [
    'received_documents.e_invoices.receive',
    '/c/1/received_documents/pending/7',
    'received_documents:r',
  ],
  ...written('receipts', 'receipts', 'receipts:r'),
  ...written('taxes', 'taxes', 'taxes:r'),
  ...written('archive_documents', 'archive', 'archive:r'),
  ...written('cashbook', 'cashbook', 'cashbook:r'),
  ...written('products', 'products', 'products:r'),
  ['products.stock_update', '/c/1/products/7', 'products:r stock:r'],
  ...written('entities.clients', 'entities/clients', 'entity.clients:r'),
  ...written('entities.suppliers', 'entities/suppliers', 'entity.suppliers:r'),
] as const;

const changes: Record<string, string> = { create: 'create', receive: 'create', delete: 'delete' };

describe('the event types of Fatture in Cloud', () => {
  it('are 71, and the table below has each of them', () => {
    expect(table).toHaveLength(71);
    expect(eventTypes.map(({ type }) => type).toSorted()).toEqual(
      table.map(([name]) => eventTypePrefix + name).toSorted(),
    );
  });

  it.each(table)('%s is read at %s with %s', (name, path, scopes) => {
    const found = findEventType(eventTypePrefix + name);
    expect(found && entityPath(found.resource, 1, 7)).toBe(path);
    expect(found?.scopes.join(' ')).toBe(scopes);
    expect(found?.scopes.every(isScope)).toBe(true);
    const action = name.slice(name.lastIndexOf('.') + 1);
    expect([found?.action, found?.change]).toEqual([action, changes[action] ?? 'update']);
  });

  it('know the former name of self-invoices', () => {
    expect(renamedEventTypes).toHaveLength(4);
    const found = findEventType(`${eventTypePrefix}issued_documents.self_invoices.update`);
    expect(found).toMatchObject({
      resource: 'issued_documents',
      change: 'update',
      scopes: ['issued_documents.self_invoices:r'],
    });
  });

  it.each(['entities.create', 'issued_documents.create', 'subscriptions.welcome', '', 'toString'])(
    'do not include %j',
    (name) => {
      expect(findEventType(eventTypePrefix + name)).toBeUndefined();
      expect(expandEventType(eventTypePrefix + name)).toBeUndefined();
    },
  );
});

describe('groups', () => {
  it.each([
    ['issued_documents.all.create', 11],
    ['issued_documents.all.update', 11],
    ['issued_documents.all.delete', 11],
    ['issued_documents.all.email_sent', 10],
    ['entities.all.create', 2],
    ['entities.all.update', 2],
    ['entities.all.delete', 2],
  ])('%s stands for %i types of its action', (name, count) => {
    const members = expandEventType(eventTypePrefix + name) ?? [];
    expect(members).toHaveLength(count);
    expect(new Set(members.map(({ action }) => action))).toEqual(new Set([name.split('.').at(-1)]));
  });

  it('are seven, and leave supplier orders out of the e-mails', () => {
    expect(eventTypeGroups.size).toBe(7);
    const mailed = expandEventType(`${eventTypePrefix}issued_documents.all.email_sent`) ?? [];
    expect(mailed.map(({ documentType }) => documentType)).not.toContain('supplier_order');
  });
});

describe('the path of an entity', () => {
  it.each([
    ['a number', 12, '/c/1/cashbook/12'],
    ['text', 'DOC_12', '/c/1/cashbook/DOC_12'],
    ['text with a slash', '../taxes/1', '/c/1/cashbook/..%2Ftaxes%2F1'],
    ['text with a query', '1?fields=id', '/c/1/cashbook/1%3Ffields%3Did'],
  ])('holds %s', (_name, id, path) => {
    expect(entityPath('cashbook', 1, id)).toBe(path);
  });

  it.each(['', '.', '..'])('is refused for the id %j, which would lead elsewhere', (id) => {
    expect(() => entityPath('cashbook', 1, id)).toThrow(RangeError);
  });
});
