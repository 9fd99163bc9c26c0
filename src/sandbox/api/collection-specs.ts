import type { Scope } from '../../fatture-in-cloud/oauth/scopes.ts';
import {
  eventTypes,
  type Resource,
  resourcePaths,
} from '../../fatture-in-cloud/webhooks/event-types.ts';

/** Kinds of entity that the sandbox serves: those behind events, and sent e-mails. */
export type Kind = Resource | 'emails';

/** How one collection of the API behaves; the rest is the same for all. */
export interface CollectionSpec {
  readonly kind: Kind;
  /** Below `/c/{company_id}/`. */
  readonly path: string;
  /** The read scope of a document type, or of the collection where there are no types. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** The event family of a document type, likewise. */
  readonly families: ReadonlyMap<string, string>;
  /** The values of `type` that lists insist on; empty where they don't. */
  readonly types: readonly string[];
  readonly hasTimestamps: boolean;
  readonly hasStringIds: boolean;
  readonly isWritable: boolean;
  readonly hasBin: boolean;
  readonly hasDateRange: boolean;
  /** What `data` must have on creation. */
  readonly required: readonly string[];
  /** What lists show of each entity unless told otherwise; `undefined` is everything. */
  readonly listFields?: readonly string[];
  readonly filterable: readonly string[];
  readonly sortable: readonly string[];
}

/** The key of `scopes` and `families` in collections without document types. */
export const untyped = '';

const stamps = ['created_at', 'updated_at'];
const contact = `code name type vat_number tax_code address_street address_postal_code address_city
  address_province country email certified_email phone fax notes e_invoice ei_code`.split(/\s+/);
const product = words(
  'name code net_price gross_price net_cost description category notes in_stock',
);
const issuedFilter = words(`type entity.id entity.name entity.vat_number entity.tax_code
  entity.city entity.province entity.country date number numeration any_subject amount_net
  amount_vat amount_gross next_due_date`);
const issuedSort = issuedFilter.filter((field) => field !== 'type' && field !== 'any_subject');
const received = words(
  `id category entity.id entity.name date next_due_date amount_gross amount_net amount_vat`,
);

const base = {
  types: [],
  hasTimestamps: true,
  hasStringIds: false,
  isWritable: true,
  hasBin: false,
  hasDateRange: false,
  required: [],
} as const;

const issuedTypes = eventTypes.filter((entry) => entry.documentType !== undefined);

/** Every collection that the sandbox serves. */
export const collectionSpecs: readonly CollectionSpec[] = [
  {
    ...base,
    ...one('clients', 'entity.clients:r', 'entities.clients'),
    required: ['name'],
    filterable: ['id', ...contact, ...stamps],
    sortable: ['id', ...contact, ...stamps],
  },
  {
    ...base,
    ...one('suppliers', 'entity.suppliers:r', 'entities.suppliers'),
    required: ['name'],
    filterable: ['id', ...contact, ...stamps],
    sortable: ['id', ...contact, ...stamps],
  },
  {
    ...base,
    ...one('products', 'products:r', 'products'),
    required: ['name'],
    listFields: words('id name code net_price gross_price description category in_stock'),
    filterable: ['id', ...product, ...stamps],
    sortable: ['id', ...product, ...stamps],
  },
  {
    ...base,
    kind: 'issued_documents',
    path: resourcePaths.issued_documents,
    scopes: new Map(
      issuedTypes.map((entry) => [entry.documentType ?? '', entry.scopes[0] as Scope]),
    ),
    families: new Map(issuedTypes.map((entry) => [entry.documentType ?? '', entry.family])),
    types: [...new Set(issuedTypes.map((entry) => entry.documentType ?? ''))],
    hasBin: true,
    required: ['type', 'entity'],
    listFields: words('id type number numeration date entity amount_net amount_vat amount_gross'),
    filterable: ['id', ...issuedFilter, ...stamps],
    sortable: ['id', ...issuedSort, ...stamps],
  },
  {
    ...base,
    ...one('received_documents', 'received_documents:r', 'received_documents'),
    types: ['expense', 'passive_credit_note', 'passive_delivery_note', 'self_invoice'],
    hasBin: true,
    required: ['type'],
    filterable: [...received, 'type', 'description', 'invoice_number', ...stamps],
    sortable: [...received, ...stamps],
  },
  {
    ...base,
    ...one('pending_received_documents', 'received_documents:r', 'received_documents.e_invoices'),
    types: ['agyo', 'mail', 'browser'],
    hasTimestamps: false,
    isWritable: false,
    filterable: received,
    sortable: received,
  },
  {
    ...base,
    ...one('receipts', 'receipts:r', 'receipts'),
    required: ['date'],
    filterable: ['id', 'date', 'type', 'description', 'rc_center', ...stamps],
    sortable: ['id', 'date', 'rc_center', ...stamps],
  },
  {
    ...base,
    ...one('taxes', 'taxes:r', 'taxes'),
    hasTimestamps: false,
    required: ['due_date'],
    filterable: words('due_date status amount description'),
    sortable: words('id due_date status amount description'),
  },
  {
    ...base,
    ...one('archive', 'archive:r', 'archive_documents'),
    hasTimestamps: false,
    required: ['date'],
    filterable: words('date category description'),
    sortable: words('id date category description'),
  },
  {
    ...base,
    ...one('cashbook', 'cashbook:r', 'cashbook'),
    hasTimestamps: false,
    hasStringIds: true,
    hasDateRange: true,
    required: ['date'],
    filterable: [],
    sortable: [],
  },
  {
    ...base,
    ...one('emails', 'emails:r', 'emails'),
    hasTimestamps: false,
    isWritable: false,
    filterable: words('id status subject'),
    sortable: words('id status sent_date'),
  },
];

function one(kind: Kind, scope: Scope, family: string) {
  return {
    kind,
    path: kind === 'emails' ? 'emails' : resourcePaths[kind],
    scopes: new Map([[untyped, scope]]),
    families: new Map([[untyped, family]]),
  };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}
