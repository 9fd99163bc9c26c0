import * as v from 'valibot';
import type { QuotaPauses } from '../core/webhooks/ports.ts';
import type { FileStore } from './file-store/file-store.ts';
import type { RecordFormat } from './file-store/record-file.ts';
import { instantMs, shaped } from './file-store/stored-shape.ts';

type UntilByCompany = Readonly<Record<string, number>>;

const schema: v.GenericSchema<unknown, { readonly untilMs: UntilByCompany }> = v.object({
  untilMs: v.record(v.string(), instantMs),
});

/** The JSON of the pauses. */
export const pausesFormat: RecordFormat<UntilByCompany> = {
  name: 'quota pauses',
  encode: (untilMs) => ({ untilMs }),
  decode: (record) => shaped(record, schema).untilMs,
};

/** Until when each company's quota is used up, in one file. */
export function quotaPauses(store: FileStore): QuotaPauses {
  const file = store.record('quota-pauses', pausesFormat);
  return {
    untilMs: async (companyId) => (await file.read())?.[companyId],
    raise: (companyId, untilMs) =>
      file.update((stored = {}) => {
        if (untilMs <= (stored[companyId] ?? 0)) return { answer: undefined };
        return { answer: undefined, next: { ...stored, [companyId]: untilMs } };
      }),
  };
}
