import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { emptyJournal, type Journal } from '../core/journal.ts';
import { StoreRefused } from '../core/ports.ts';

/** An item of the table, as it is on the wire. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** The attributes that hold a journal. */
export function encodeJournal(journal: Journal): Record<string, AttributeValue> {
  return { v: { N: '1' }, journal: { S: JSON.stringify(journal) } };
}

/** Reads back what `encodeJournal` wrote, an empty journal from no item; throws `StoreRefused` ('damaged'). */
export function decodeJournal(item: Item | undefined): Journal {
  if (item === undefined) return emptyJournal;
  const version = item['v']?.N;
  if (version !== '1') {
    throw new StoreRefused('damaged', `the journal is of version ${version}, not 1: update fresco`);
  }
  const found = parsed(item['journal']?.S);
  const wrong = Object.entries(emptyJournal)
    .filter(([key, empty]) => key in found && !isLike(found[key], empty))
    .map(([key]) => key);
  if (wrong.length === 0) return { ...emptyJournal, ...found };
  throw new StoreRefused('damaged', `the journal cannot be read: ${wrong.join(', ')}`);
}

/** Of the same kind as in an empty journal, where `null` stands for a record or a number. */
function isLike(value: unknown, empty: unknown): boolean {
  if (empty === null) return value === null || ['object', 'number'].includes(kindOf(value));
  return kindOf(value) === kindOf(empty);
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (kindOf(value) === 'object') return value as Record<string, unknown>;
  } catch {
    // Told below: the parser's own message would quote the text.
  }
  throw new StoreRefused('damaged', 'the journal is not a JSON object');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
