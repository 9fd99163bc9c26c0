/**
 * Every resource that a scope can name, in the order of Fatture in Cloud's own page, with the levels it has:
 * `r` reads, `a` writes and reads. There is no aggregate such as `issued_documents`.
 */
const levelsOf = {
  'entity.clients': 'ra',
  'entity.suppliers': 'ra',
  products: 'ra',
  'issued_documents.invoices': 'ra',
  'issued_documents.credit_notes': 'ra',
  'issued_documents.receipts': 'ra',
  'issued_documents.orders': 'ra',
  'issued_documents.quotes': 'ra',
  'issued_documents.proformas': 'ra',
  'issued_documents.delivery_notes': 'ra',
  'issued_documents.work_reports': 'ra',
  'issued_documents.supplier_orders': 'ra',
  'issued_documents.self_invoices': 'ra',
  received_documents: 'ra',
  stock: 'ra',
  receipts: 'ra',
  calendar: 'ra',
  taxes: 'ra',
  archive: 'ra',
  emails: 'r',
  cashbook: 'ra',
  settings: 'ra',
  situation: 'r',
} as const;

/** A resource that scopes are granted for, such as `entity.clients`. */
export type ScopeResource = keyof typeof levelsOf;

type LevelOf<R extends ScopeResource> = (typeof levelsOf)[R] extends 'r' ? 'r' : 'r' | 'a';

/** One scope of Fatture in Cloud, such as `entity.clients:r`; `:a` includes `:r`. */
export type Scope = { [R in ScopeResource]: `${R}:${LevelOf<R>}` }[ScopeResource];

/** The 44 scopes that exist, read before write. */
export const scopes: readonly Scope[] = Object.entries(levelsOf).flatMap(([resource, levels]) =>
  [...levels].map((level) => `${resource}:${level}` as Scope),
);

const known: ReadonlySet<string> = new Set(scopes);

/** Whether a text is one of the scopes that exist. */
export function isScope(text: string): text is Scope {
  return known.has(text);
}

/** What a scope string holds; one unknown name spoils the whole, as it does at the provider. */
export type ParsedScopes =
  | { readonly kind: 'scopes'; readonly scopes: readonly Scope[] }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown'; readonly names: readonly string[] };

/** Reads a scope string (RFC 6749 §3.3): names between single spaces; repeated names count once. */
export function parseScopes(text: string): ParsedScopes {
  const names = [...new Set(text.split(' ').filter((name) => name !== ''))];
  if (names.length === 0) return { kind: 'empty' };
  const unknown = names.filter((name) => !isScope(name));
  if (unknown.length > 0) return { kind: 'unknown', names: unknown };
  return { kind: 'scopes', scopes: names.filter(isScope) };
}

/** The resource and the level of a scope: `entity.clients:r` is `entity.clients` and `r`. */
export function splitScope(scope: Scope): {
  readonly resource: ScopeResource;
  readonly level: 'r' | 'a';
} {
  const colon = scope.lastIndexOf(':');
  return {
    resource: scope.slice(0, colon) as ScopeResource,
    level: scope.slice(colon + 1) as 'r' | 'a',
  };
}

/** Whether what was granted is enough for `needed`, where `:a` is enough for `:r`. */
export function covers(granted: readonly string[], needed: Scope): boolean {
  return granted.includes(needed) || granted.includes(`${splitScope(needed).resource}:a`);
}
