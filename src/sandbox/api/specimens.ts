import type { Kind } from './collection-specs.ts';

/** Fields of an entity, without what the collection adds (id, type, timestamps). */
export type Fields = Readonly<Record<string, unknown>>;

/** Plausible fields for the `n`-th invented entity of a kind, dated `date`. */
export function specimen(kind: Kind, n: number, date: string): Fields {
  return makers[kind](n, date);
}

const makers: Readonly<Record<Kind, (n: number, date: string) => Fields>> = {
  clients: (n) => contact('Cliente', n),
  suppliers: (n) => contact('Fornitore', n),
  products: (n) => ({
    name: `Prodotto ${n}`,
    code: `P${n}`,
    net_price: 10 + (n % 90),
    gross_price: Math.round((10 + (n % 90)) * 122) / 100,
    description: 'Invented for the sandbox',
    category: 'sandbox',
    in_stock: true,
    stock_current: 100,
  }),
  issued_documents: (n, date) => ({
    ...amounts(n),
    entity: party('Cliente', n),
    number: n,
    numeration: '',
    date,
    items_list: [],
  }),
  received_documents: (n, date) => ({
    ...amounts(n),
    entity: party('Fornitore', n),
    date,
    category: 'sandbox',
    invoice_number: `F${n}`,
  }),
  pending_received_documents: (n, date) => ({
    ...amounts(n),
    entity: party('Fornitore', n),
    date,
    filename: `IT01234567890_${n}.xml`,
  }),
  receipts: (n, date) => ({
    ...amounts(n),
    date,
    number: n,
    type: 'sales_receipts',
    description: `Incasso ${n}`,
  }),
  taxes: (n, date) => ({
    due_date: date,
    status: 'not_paid',
    amount: 100 + n,
    description: `F24 ${n}`,
  }),
  archive: (n, date) => ({
    date,
    category: 'sandbox',
    description: `Documento ${n}`,
    attachment_url: null,
  }),
  cashbook: (n, date) => ({
    date,
    description: `Movimento ${n}`,
    kind: 'cashbook',
    type: 'in',
    amount_in: 10 + n,
  }),
  emails: (n, date) => ({
    status: 'sent',
    sent_date: date,
    subject: `Fattura ${n}`,
    to: `cliente${n}@example.com`,
  }),
};

function contact(word: string, n: number): Fields {
  return {
    code: `${word.slice(0, 1)}${n}`,
    name: `${word} ${n} S.r.l.`,
    type: 'company',
    vat_number: String(10_000_000_000 + n),
    tax_code: String(10_000_000_000 + n),
    address_street: `Via Inventata ${n}`,
    address_postal_code: '20121',
    address_city: 'Milano',
    address_province: 'MI',
    country: 'Italia',
    email: `${word.toLowerCase()}${n}@example.com`,
    notes: null,
    e_invoice: true,
    ei_code: '0000000',
  };
}

function party(word: string, n: number): Fields {
  return {
    id: n,
    name: `${word} ${n} S.r.l.`,
    vat_number: String(10_000_000_000 + n),
    country: 'Italia',
  };
}

function amounts(n: number): Fields {
  const net = 100 + (n % 900);
  return { amount_net: net, amount_vat: net * 0.22, amount_gross: Math.round(net * 122) / 100 };
}
