import type { StoredRecord } from './record.ts';

/** A company that a token reaches. */
export interface Company {
  readonly id: number;
  readonly name: string;
}

/** The companies of a stored record; entries whose id is no whole number are left out. */
export function companiesIn(record: StoredRecord): Company[] {
  const value = record.fields['companies'];
  return (Array.isArray(value) ? value : []).flatMap((entry: unknown) => {
    const { id, name } = (entry ?? {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(id)) return [];
    return [{ id: id as number, name: typeof name === 'string' ? name : '' }];
  });
}
