import type { CollectionSpec } from './collection-specs.ts';
import type { Entity } from './collections.ts';
import { compareValues, parseFilter, valueAt } from './filter-language.ts';

/** A query of a list: read, or the parameter that can't be. */
export type ListQuery =
  | { readonly kind: 'query'; readonly run: (entities: readonly Entity[]) => readonly Entity[] }
  | { readonly kind: 'invalid'; readonly field: string; readonly text: string };

/** A page that was asked for, or the parameter that can't be. */
export type PageQuery =
  | { readonly kind: 'page'; readonly page: number; readonly perPage: number }
  | { readonly kind: 'invalid'; readonly field: string; readonly text: string };

type Ask = (name: string) => string | undefined;

/** Reads `q` and `sort`. */
export function parseListQuery(spec: CollectionSpec, ask: Ask): ListQuery {
  const parsed = parseFilter(ask('q')?.trim() || 'id is not null', ['id', ...spec.filterable]);
  if (parsed.kind === 'invalid') {
    return { kind: 'invalid', field: 'q', text: `The q field is invalid: ${parsed.why}.` };
  }
  const keys = (ask('sort') ?? 'id').split(',').map((key) => key.trim());
  const unknown = keys.find((key) => !['id', ...spec.sortable].includes(key.replace(/^-/, '')));
  if (unknown !== undefined) {
    return { kind: 'invalid', field: 'sort', text: `The sort field is invalid: ${unknown}.` };
  }
  return { kind: 'query', run: (entities) => sorted(entities.filter(parsed.filter), keys) };
}

/** Reads `page` and `per_page` (1 to 100, 50 unless told otherwise). */
export function parsePageQuery(ask: Ask): PageQuery {
  const page = Number(ask('page') ?? 1);
  const perPage = Number(ask('per_page') ?? 50);
  if (!Number.isSafeInteger(page) || page < 1) {
    return { kind: 'invalid', field: 'page', text: 'The page must be at least 1.' };
  }
  if (!Number.isSafeInteger(perPage) || perPage < 1 || perPage > 100) {
    return { kind: 'invalid', field: 'per_page', text: 'The per page must be between 1 and 100.' };
  }
  return { kind: 'page', page, perPage };
}

/** The provider's pagination object (Laravel's), whose URLs are fragments. */
export function paginate(
  entities: readonly Entity[],
  { page, perPage }: { readonly page: number; readonly perPage: number },
  path: string,
) {
  const lastPage = Math.max(1, Math.ceil(entities.length / perPage));
  const from = (page - 1) * perPage;
  const data = entities.slice(from, from + perPage);
  const isEmpty = data.length === 0;
  return {
    current_page: page,
    data,
    first_page_url: 'page=1',
    from: isEmpty ? null : from + 1,
    last_page: lastPage,
    last_page_url: `page=${lastPage}`,
    next_page_url: page < lastPage ? `page=${page + 1}` : null,
    path,
    per_page: perPage,
    prev_page_url: page > 1 ? `page=${page - 1}` : null,
    to: isEmpty ? null : from + data.length,
    total: entities.length,
  };
}

/** What `fields` and `fieldset` leave of an entity; lists are slim where the provider's are. */
export function project(entity: Entity, spec: CollectionSpec, isList: boolean, ask: Ask): Entity {
  const asked = ask('fields')
    ?.split(',')
    .map((name) => name.trim());
  const isBasic = (ask('fieldset') ?? (isList ? 'basic' : 'detailed')) === 'basic';
  const names = asked ?? (isBasic ? spec.listFields : undefined);
  if (names === undefined) return entity;
  const kept = Object.entries(entity).filter(([name]) => name === 'id' || names.includes(name));
  return { ...Object.fromEntries(kept), id: entity.id };
}

function sorted(entities: readonly Entity[], keys: readonly string[]): readonly Entity[] {
  return entities.toSorted((left, right) => {
    for (const key of keys) {
      const isDescending = key.startsWith('-');
      const path = isDescending ? key.slice(1) : key;
      const order = compareValues(valueAt(left, path), valueAt(right, path));
      if (order !== 0) return isDescending ? -order : order;
    }
    return 0;
  });
}
