import { type Scope, type ScopeResource, splitScope } from '../../fatture-in-cloud/oauth/scopes.ts';

/** One line of a consent page. */
export interface ScopeLine {
  readonly name: string;
  /** `read`, or `read and write`. */
  readonly access: string;
  readonly isWrite: boolean;
}

/** A heading of a consent page with its lines. */
export interface ScopeGroup {
  readonly heading: string;
  readonly lines: readonly ScopeLine[];
}

const words: Readonly<Record<string, Partial<Record<ScopeResource, string>>>> = {
  'Contacts and products': {
    'entity.clients': 'Clients',
    'entity.suppliers': 'Suppliers',
    products: 'Products',
    stock: 'Stock movements',
  },
  'Issued documents': {
    'issued_documents.invoices': 'Invoices',
    'issued_documents.credit_notes': 'Credit notes',
    'issued_documents.receipts': 'Receipts',
    'issued_documents.orders': 'Orders',
    'issued_documents.quotes': 'Quotes',
    'issued_documents.proformas': 'Proforma invoices',
    'issued_documents.delivery_notes': 'Delivery notes',
    'issued_documents.work_reports': 'Work reports',
    'issued_documents.supplier_orders': 'Supplier orders',
    'issued_documents.self_invoices': 'Self-invoices',
  },
  'Purchases, takings and taxes': {
    received_documents: 'Received documents',
    receipts: 'Receipts register',
    taxes: 'Taxes (F24)',
    cashbook: 'Cashbook',
    archive: 'Archive',
  },
  'The company': {
    calendar: 'Calendar',
    emails: 'Sent e-mails',
    settings: 'Settings',
    situation: 'Dashboard',
  },
};

/** Says in words what scopes allow, under headings; a resource asked for at both levels is one line. */
export function scopeGroups(scopes: readonly Scope[]): readonly ScopeGroup[] {
  const levels = new Map<ScopeResource, 'r' | 'a'>();
  for (const { resource, level } of scopes.map(splitScope)) {
    if (levels.get(resource) !== 'a') levels.set(resource, level);
  }
  const groups = Object.entries(words).map(([heading, names]) => ({
    heading,
    lines: Object.entries(names).flatMap(([resource, name]) => {
      const level = levels.get(resource as ScopeResource);
      return level === undefined ? [] : [lineOf(name, level)];
    }),
  }));
  return groups.filter(({ lines }) => lines.length > 0);
}

function lineOf(name: string, level: 'r' | 'a'): ScopeLine {
  const isWrite = level === 'a';
  return { name, isWrite, access: isWrite ? 'read and write' : 'read' };
}
