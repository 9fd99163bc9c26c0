import * as v from 'valibot';
import type {
  ExpectedSubscription,
  ExpectedSubscriptions,
} from '../core/webhooks/subscriptions.ts';
import type { FileStore } from './file-store/file-store.ts';
import type { RecordFormat } from './file-store/record-file.ts';
import { count, shaped, text } from './file-store/stored-shape.ts';

type Expected = readonly ExpectedSubscription[];

const schema: v.GenericSchema<unknown, { readonly subscriptions: Expected }> = v.object({
  subscriptions: v.array(
    v.object({ id: text, companyId: count, sink: text, types: v.array(text) }),
  ),
});

/** The JSON of one connection’s subscriptions. */
export const subscriptionsFormat: RecordFormat<Expected> = {
  name: 'subscriptions',
  encode: (subscriptions) => ({ subscriptions }),
  decode: (record) => shaped(record, schema).subscriptions,
};

/** The subscriptions that a connection should have, in one file. */
export function expectedSubscriptions(store: FileStore, connection: string): ExpectedSubscriptions {
  const file = store.record(`subscriptions-${connection}`, subscriptionsFormat);
  return {
    list: async () => (await file.read()) ?? [],
    change: (to) => file.update((stored = []) => ({ answer: undefined, next: to(stored) })),
  };
}
