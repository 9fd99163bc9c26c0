import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { emptyJournal, type Journal, journalFrom } from '../../core/journal/journal.ts';
import { StoreRefused } from '../../core/ports.ts';
import { jsonObject } from '../../core/text/json.ts';

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
  const fields = jsonObject(item['journal']?.S ?? '');
  if (fields === undefined) throw new StoreRefused('damaged', 'the journal is not a JSON object');
  return journalFrom(fields, 'the journal');
}
