import type { Scope } from '../oauth/scopes.ts';

/** What every event type of Fatture in Cloud begins with. */
export const eventTypePrefix = 'it.fattureincloud.webhooks.';

/** The event sent once after a subscription is verified; to be acknowledged and ignored. */
export const welcomeEventType = `${eventTypePrefix}subscriptions.welcome`;

/** What happened to the entities of an event, whatever word the type ends with. */
export type Change = 'create' | 'update' | 'delete';

/** A kind of entity: those of one kind share an id space and one place in the API. */
export type Resource =
  | 'clients'
  | 'suppliers'
  | 'products'
  | 'issued_documents'
  | 'received_documents'
  | 'pending_received_documents'
  | 'receipts'
  | 'taxes'
  | 'archive'
  | 'cashbook';

/** Where the API keeps each kind, below `/c/{company_id}/`; one entity is at `<path>/{id}`. */
export const resourcePaths: Readonly<Record<Resource, string>> = {
  clients: 'entities/clients',
  suppliers: 'entities/suppliers',
  products: 'products',
  issued_documents: 'issued_documents',
  received_documents: 'received_documents',
  pending_received_documents: 'received_documents/pending',
  receipts: 'receipts',
  taxes: 'taxes',
  archive: 'archive',
  cashbook: 'cashbook',
};

/** One concrete event type, and all that has to be known to read what it speaks of. */
export interface EventType {
  /** The full name, prefix included. */
  readonly type: string;
  /** The part between prefix and action, such as `issued_documents.invoices`. */
  readonly family: string;
  /** The last word of the type, such as `email_sent`. */
  readonly action: string;
  readonly change: Change;
  readonly resource: Resource;
  /** The `type` of the issued documents meant, where the family says it. */
  readonly documentType?: string;
  /** All of these are needed to subscribe and to read. */
  readonly scopes: readonly Scope[];
}

type Row = readonly [
  family: string,
  actions: string,
  resource: Resource,
  scopes: readonly Scope[],
  documentType?: string,
];

const written = 'create update delete';
const mailed = 'create update delete email_sent';

const rows: readonly Row[] = [
  issued('invoices', 'invoice'),
  issued('quotes', 'quote'),
  issued('proformas', 'proforma'),
  issued('receipts', 'receipt'),
  issued('delivery_notes', 'delivery_note'),
  issued('credit_notes', 'credit_note'),
  issued('orders', 'order'),
  issued('work_reports', 'work_report'),
  issued('supplier_orders', 'supplier_order'),
  issued('self_supplier_invoices', 'self_supplier_invoice', 'issued_documents.self_invoices:r'),
  issued('self_own_invoices', 'self_own_invoice', 'issued_documents.self_invoices:r'),
  [
    'issued_documents.e_invoices',
    'status_update',
    'issued_documents',
    ['issued_documents.invoices:r', 'issued_documents.credit_notes:r'],
  ],
  ['received_documents', written, 'received_documents', ['received_documents:r']],
  // What is received waits among the pending documents; where the company registers them by itself, a
  // `received_documents.create` follows.
  [
    'received_documents.e_invoices',
    'receive',
    'pending_received_documents',
    ['received_documents:r'],
  ],
  ['receipts', written, 'receipts', ['receipts:r']],
  ['taxes', written, 'taxes', ['taxes:r']],
  ['archive_documents', written, 'archive', ['archive:r']],
  ['cashbook', written, 'cashbook', ['cashbook:r']],
  ['products', written, 'products', ['products:r']],
  ['products', 'stock_update', 'products', ['products:r', 'stock:r']],
  ['entities.clients', written, 'clients', ['entity.clients:r']],
  ['entities.suppliers', written, 'suppliers', ['entity.suppliers:r']],
];

// The name until March 2026 of what are now the two kinds of self-invoice; still seen on the wire.
const renamedRow: Row = [
  'issued_documents.self_invoices',
  mailed,
  'issued_documents',
  ['issued_documents.self_invoices:r'],
];

/** The 71 concrete event types. */
export const eventTypes: readonly EventType[] = rows.flatMap(typesOf);

// Marked as pure, so that a bundle which needs the types alone leaves out what is made of them.
/** The four types of self-invoices under their former name. */
export const renamedEventTypes: readonly EventType[] = /* @__PURE__ */ typesOf(renamedRow);

const byType = /* @__PURE__ */ typesByName();

/** The seven group types, each with the concrete types that a subscription to it stands for. */
export const eventTypeGroups = /* @__PURE__ */ groupsByName();

/** What is known of a concrete type, former names included; `undefined` for groups and strangers. */
export function findEventType(type: string): EventType | undefined {
  return byType.get(type);
}

/** The concrete types that a subscription to `type` stands for; `undefined` if the type does not exist. */
export function expandEventType(type: string): readonly EventType[] | undefined {
  const concrete = byType.get(type);
  return concrete === undefined ? eventTypeGroups.get(type) : [concrete];
}

/** The path of one entity; the id is escaped, and an id that would lead to another path is a RangeError. */
export function entityPath(resource: Resource, companyId: number, id: string | number): string {
  // Escaping leaves dots alone, and URL parsers take them for steps up.
  if (/^\.{0,2}$/.test(String(id))) throw new RangeError(`no entity can have the id '${id}'`);
  return `/c/${companyId}/${resourcePaths[resource]}/${encodeURIComponent(id)}`;
}

function issued(plural: string, documentType: string, scope?: Scope): Row {
  const family = `issued_documents.${plural}`;
  return [family, mailed, 'issued_documents', [scope ?? (`${family}:r` as Scope)], documentType];
}

function typesOf([family, actions, resource, needed, documentType]: Row): EventType[] {
  return actions.split(' ').map((action) => ({
    type: `${eventTypePrefix}${family}.${action}`,
    family,
    action,
    change: changeOf(action),
    resource,
    scopes: needed,
    ...(documentType === undefined ? {} : { documentType }),
  }));
}

function changeOf(action: string): Change {
  if (action === 'create' || action === 'receive') return 'create';
  return action === 'delete' ? 'delete' : 'update';
}

function typesByName(): ReadonlyMap<string, EventType> {
  return new Map([...eventTypes, ...renamedEventTypes].map((entry) => [entry.type, entry]));
}

function groupsByName(): ReadonlyMap<string, readonly EventType[]> {
  const groups = [
    ...mailed.split(' ').map((action) => ['issued_documents', action] as const),
    ...written.split(' ').map((action) => ['entities', action] as const),
  ];
  return new Map(
    groups.map(([family, action]) => [
      `${eventTypePrefix}${family}.all.${action}`,
      members(family, action),
    ]),
  );
}

function members(family: string, action: string): readonly EventType[] {
  // Fatture in Cloud's page leaves supplier orders out of the e-mail group.
  const leftOut = action === 'email_sent' ? 'supplier_order' : undefined;
  return eventTypes.filter(
    (entry) =>
      entry.family.startsWith(`${family}.`) &&
      entry.action === action &&
      (leftOut === undefined || entry.documentType !== leftOut),
  );
}
