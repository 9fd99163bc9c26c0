import { sendersFormat } from './admitted-senders.ts';
import { consentsFormat } from './consent-store.ts';
import { subscriptionsFormat } from './expected-subscriptions.ts';
import type { ReadFormat } from './file-store/file-store.ts';
import { queueFormat } from './queue.ts';
import { pausesFormat } from './quota-pauses.ts';
import { countsFormat, seenFormat } from './seen-events.ts';
import { doubtsFormat, keptFormat, toldFormat } from './sync-store.ts';

/** The formats of a store's records beside the connections, by what their names begin with. */
const formats: readonly (readonly [RegExp, ReadFormat])[] = [
  [/^webhooks\b/, queueFormat],
  [/^subscriptions-/, subscriptionsFormat],
  [/^senders-/, sendersFormat],
  [/^consents-/, consentsFormat],
  [/^sync-/, keptFormat],
  [/^told-/, toldFormat],
  [/^doubted-/, doubtsFormat],
  [/^seen-/, seenFormat],
  [/^reads-counted\b/, countsFormat],
  [/^quota-pauses\b/, pausesFormat],
];

/** How a record of this file name is read; of one that nobody knows only the frame is looked at. */
export function formatOf(fileName: string): ReadFormat {
  const [, format] = formats.find(([pattern]) => pattern.test(fileName)) ?? [];
  return format ?? { name: 'record', decode: ({ fields }) => fields };
}
