import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { emptyJournal, type Journal, journalFrom } from '../../core/journal/journal.ts';
import { StoreRefused } from '../../core/ports.ts';

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
  return journalFrom(parsed(item['journal']?.S), 'the journal');
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Told below: the parser's own message would quote the text.
  }
  throw new StoreRefused('damaged', 'the journal is not a JSON object');
}
