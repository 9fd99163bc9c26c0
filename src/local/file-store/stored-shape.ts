import * as v from 'valibot';
import { StoreRefused } from '../../core/ports.ts';
import type { StoredRecord } from '../../core/records/record.ts';

/** A whole number of 0 or more. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A whole number, such as epoch milliseconds. */
export const instantMs = v.pipe(v.number(), v.safeInteger());

/** A text that is not empty. */
export const text = v.pipe(v.string(), v.nonEmpty());

/** The record's fields but `v`, checked; throws `StoreRefused` ('damaged') naming the field, never its value. */
export function shaped<T>(record: StoredRecord, schema: v.GenericSchema<unknown, T>): T {
  const { v: _version, ...fields } = record.fields;
  const result = v.safeParse(schema, fields, { abortEarly: true });
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]) ?? '';
  throw new StoreRefused(
    'damaged',
    `${record.name} is damaged at "${path}": fresco doctor names the way back`,
  );
}
