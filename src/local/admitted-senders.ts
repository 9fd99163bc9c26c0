import * as v from 'valibot';
import type { AdmittedSenders, SenderStore } from '../core/webhooks/admission.ts';
import type { FileStore } from './file-store/file-store.ts';
import type { RecordFormat } from './file-store/record-file.ts';
import { count, instantMs, shaped, text } from './file-store/stored-shape.ts';

const schema: v.GenericSchema<unknown, AdmittedSenders> = v.object({
  companies: v.array(count),
  application: v.nullable(text),
  learnUntilMs: instantMs,
});

/** The JSON of one connection’s senders. */
export const sendersFormat: RecordFormat<AdmittedSenders> = {
  name: 'admitted senders',
  encode: (senders) => ({ ...senders }),
  decode: (record) => shaped(record, schema),
};

/** Whose notifications a connection takes, in one file. */
export function admittedSenders(store: FileStore, connection: string): SenderStore {
  const file = store.record(`senders-${connection}`, sendersFormat);
  const nobody: AdmittedSenders = { companies: [], application: null, learnUntilMs: 0 };
  return {
    read: () => file.read(),
    note: (part) =>
      file.update((stored = nobody) => ({ answer: undefined, next: { ...stored, ...part } })),
  };
}
