import { StoreRefused } from '../ports.ts';
import { Secret } from '../secret.ts';

/** The number of the format of all that is stored: within it, fields are only added. */
export const recordFormat = 1;

/** Fields of one stored JSON record, with the record's name for messages. */
export interface StoredRecord {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A record that a newer program has written: whole, and not this one's to replace. */
export class NewerRecord extends StoreRefused {}

/** The JSON object of version 1 that is stored, in the order of its fields; the secrets among them are in it bare. */
export function encodeRecord(fields: Readonly<Record<string, unknown>>): Secret {
  const bare = Object.entries(fields).map(([key, value]) => [
    key,
    value instanceof Secret ? value.reveal() : value,
  ]);
  return new Secret(JSON.stringify({ v: recordFormat, ...Object.fromEntries(bare) }));
}

/** The stored JSON object of version 1; throws `StoreRefused` ('damaged'), never with the text in the message. */
export function parseRecord(value: Secret, name: string): StoredRecord {
  const fields = parsedObject(value, name);
  if (fields['v'] === recordFormat) return { name, fields };
  if (typeof fields['v'] === 'number' && fields['v'] > recordFormat) {
    throw new NewerRecord(
      'damaged',
      `${name} is of version ${fields['v']}, this program reads version ${recordFormat}: update fresco`,
    );
  }
  throw new StoreRefused('damaged', `${name} is not one of fresco's: "v" is missing`);
}

function parsedObject(value: Secret, name: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.reveal());
  } catch {
    // The parser's own message quotes the text, which may be a token.
    throw new StoreRefused('damaged', `${name} is not JSON`);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new StoreRefused('damaged', `${name} is not a JSON object`);
}

function damaged(record: StoredRecord, key: string, wanted: string): StoreRefused {
  return new StoreRefused('damaged', `${record.name}: "${key}" must be ${wanted}`);
}

/** Typed readers of a stored record; each throws `StoreRefused` ('damaged') naming the field, not its value. */
export const field = {
  /** A string that is not empty. */
  text(record: StoredRecord, key: string): string {
    const value = record.fields[key];
    if (typeof value === 'string' && value !== '') return value;
    throw damaged(record, key, 'a text');
  },

  /** A whole number of 0 or more. */
  count(record: StoredRecord, key: string): number {
    const value = record.fields[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw damaged(record, key, 'a whole number');
  },

  /** A text that `parse` understands. */
  parsed<T>(record: StoredRecord, key: string, parse: (text: string) => T | undefined): T {
    const value = parse(field.text(record, key));
    if (value !== undefined) return value;
    throw damaged(record, key, 'well formed');
  },
};
