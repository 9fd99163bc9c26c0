import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expectedSubscriptionsTable } from '../../src/aws/dynamodb/expected-subscriptions.ts';
import { journalTable } from '../../src/aws/dynamodb/journal-store.ts';
import { seenEventsTable } from '../../src/aws/dynamodb/seen-events.ts';
import { publishedStatesTable, syncTable } from '../../src/aws/dynamodb/sync-store.ts';
import { parseContinuation } from '../../src/aws/sqs/sync-queue.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import { decodeAccessToken, encodeAccessToken } from '../../src/core/records/access-token.ts';
import { decodeClient, encodeClient } from '../../src/core/records/client.ts';
import { decodeGrant, encodeGrant } from '../../src/core/records/grant.ts';
import { Secret } from '../../src/core/secret.ts';
import { decodeBin } from '../../src/core/sync/bin.ts';
import { decodeCursor, encodeCursor } from '../../src/core/sync/cursor.ts';
import { SyncSession } from '../../src/core/sync/record.ts';
import {
  decodeNotification,
  encodeNotification,
  isEntityId,
  partsOf,
} from '../../src/core/webhooks/notification.ts';
import { startMs } from '../core/memory-connection.ts';
import { hostileJson, hostileText, type Json } from './hostile.ts';
import * as sample from './samples.ts';
import { type Ending, type Target, target } from './target.ts';

/** What is taken must be written back as something that is taken again and says the same. */
function roundTrip<T>(
  name: string,
  json: Json,
  decode: (value: Secret) => T,
  encode: (value: T) => Secret,
): Target {
  return target(name, {
    share: 8,
    input: hostileJson(json),
    refusals: [StoreRefused],
    feed: (text) => {
      const written = encode(decode(new Secret(text)));
      const again = encode(decode(written));
      if (!again.equals(written)) throw new Error('it is not read back as it was written');
      return 'taken';
    },
  });
}

const secrets = [
  roundTrip('grant secrets', sample.grantJson, decodeGrant, encodeGrant),
  roundTrip('access-token secrets', sample.accessTokenJson, decodeAccessToken, encodeAccessToken),
  roundTrip('client secrets', sample.clientJson, decodeClient, encodeClient),
  roundTrip(
    'cursors of a sync',
    sample.cursorJson,
    (value) => decodeCursor(value.reveal()),
    (cursor) => new Secret(encodeCursor(cursor)),
  ),
];

const syncRecords = target('records of a sync', {
  share: 4,
  input: hostileJson(sample.syncJson),
  refusals: [StoreRefused],
  feed: async (text): Promise<Ending> => {
    const written: string[] = [];
    const store = {
      read: async () => ({ text, revision: 1 }),
      write: async (_: string, next: string) => {
        written.push(next);
        return 'written' as const;
      },
    };
    const page = await SyncSession.open(store, (stored) => stored);
    await page?.save();
    if (written.length !== 1) throw new Error('it was taken and not written back');
    return 'taken';
  },
});

const bins = target('bins of a sync', {
  share: 2,
  input: hostileJson({ v: 1, ids: '1 a z', texts: ['x'] }),
  refusals: [StoreRefused],
  feed: (text) => {
    if (![...decodeBin(text)].every(isEntityId)) throw new Error('it holds what is no id');
    return 'taken';
  },
});

const notifications = target('messages of the queue', {
  share: 8,
  input: fc.oneof(hostileJson(sample.notificationJson), hostileJson({ v: 1, resumeAtMs: 5 })),
  feed: (text) => {
    parseContinuation(text);
    const read = decodeNotification(text);
    if (read === undefined) return 'refused';
    for (const part of partsOf(read, read.connection)) {
      if (decodeNotification(encodeNotification(part)) === undefined) throw new Error('not a part');
    }
    return 'taken';
  },
});

/** An item of the table whose texts anyone may have edited; numbers are numbers, as DynamoDB sees to that. */
const item = fc.record(
  {
    v: fc.constantFrom({ N: '1' }, { N: '2' }, { S: '1' }),
    journal: hostileJson(sample.journalJson).map((S) => ({ S })),
    text: fc
      .oneof(
        hostileJson({
          v: 1,
          subscriptions: [{ id: 'SUB230', companyId: 1, sink: 'https://x', types: ['t'] }],
        }),
        hostileText,
      )
      .map((S) => ({ S })),
    settled: hostileJson([1, 'x']).map((S) => ({ S })),
    state: hostileText.map((S) => ({ S })),
    revision: fc.constantFrom({ N: '3' }, { N: '1e100' }, { N: '-1' }, { S: 'x' }),
    untilMs: fc.constantFrom({ N: '3' }, { S: 'x' }),
  },
  { requiredKeys: [] },
);

type Item = typeof item extends fc.Arbitrary<infer T> ? T : never;

const items = target('items of the table', {
  share: 12,
  input: fc.record({ item: fc.option(item, { nil: undefined }), ask: fc.nat(6) }),
  refusals: [StoreRefused],
  feed: async ({ item, ask }): Promise<Ending> => {
    const client = answering(item);
    const clock = { nowMs: () => startMs, monotonicMs: () => 0, wait: async () => undefined };
    switch (ask) {
      case 0:
      case 1:
      case 2:
        await journalTable({ client, table: 'fresco', clock }, 'default').read();
        return 'taken';
      case 3:
        await seenEventsTable(client, 'fresco').claim('k', startMs, startMs + 1);
        return 'taken';
      case 4: {
        const list = await expectedSubscriptionsTable(client, 'fresco', 'default').list();
        for (const { id, types } of list) `${id.length}${types.length}`;
        return 'taken';
      }
      case 5:
        await syncTable(client, 'fresco', 'default').read('sync');
        return 'taken';
      default:
        await publishedStatesTable(client, 'fresco', {
          connection: 'default',
          nowMs: () => startMs,
        }).read(1, 'clients', [1]);
        return 'taken';
    }
  },
});

function answering(item: Item | undefined): DynamoDBClient {
  const send = async () => ({ Item: item, Attributes: item, $metadata: {} });
  return { send } as unknown as DynamoDBClient;
}

/** What is stored, in secrets, in the table and on the queue. */
export const storedTargets: readonly Target[] = [
  ...secrets,
  syncRecords,
  bins,
  notifications,
  items,
];
