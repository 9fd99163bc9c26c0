import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { admittedSendersTable } from '../../../src/aws/dynamodb/admitted-senders.ts';
import { consentTable } from '../../../src/aws/dynamodb/consent-store.ts';
import { expectedSubscriptionsTable } from '../../../src/aws/dynamodb/expected-subscriptions.ts';
import { puttingItems } from '../../../src/aws/dynamodb/putting-items.ts';
import { quotaPausesTable } from '../../../src/aws/dynamodb/quota-pauses.ts';
import { seenEventsTable } from '../../../src/aws/dynamodb/seen-events.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { SeenEvents } from '../../../src/core/webhooks/ports.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { senderStoreContract } from '../../contract/admitted-senders.ts';
import { consentStoreContract } from '../../contract/consent-store.ts';
import { expectedSubscriptionsContract } from '../../contract/expected-subscriptions.ts';
import { quotaPausesContract } from '../../contract/quota-pauses.ts';
import { seenEventsContract } from '../../contract/seen-events.ts';
import { startDynamoDb } from '../../doubles/aws/dynamodb.ts';
import { onTheWire } from '../../doubles/http/on-the-wire.ts';

const nowMs = 1_790_000_000_000;
const untilMs = nowMs + 60_000;

const { double, client } = await onTheWire(startDynamoDb(), DynamoDBClient, {
  maxAttempts: 2,
});
let records = 0;

afterEach(() => double.faults.clear());

const puts = () => puttingItems(client, double.tableName, systemClock);

/** Two handles of a record of its own, in the one table. */
async function openSeen(): Promise<SeenEvents[]> {
  records += 1;
  const own = (key: string) => `record-${records}/${key}`;
  const seen = seenEventsTable(client, double.tableName, puts());
  const handle: SeenEvents = {
    claim: (key, at, until, content) => seen.claim(own(key), at, until, content),
    confirm: (key, until, content) => seen.confirm(own(key), until, content),
    release: (key, until, settled) => seen.release(own(key), until, settled),
    countReads: (key, ...rest) => seen.countReads(own(key), ...rest),
  };
  return [handle, handle];
}

seenEventsContract('DynamoDB on the wire', openSeen);
/** The same of what is kept for a connection. */
const own =
  <T>(open: (...of: [DynamoDBClient, table: string, connection: string]) => T) =>
  async () => {
    records += 1;
    return [0, 1].map(() => open(client, double.tableName, `record-${records}`));
  };

quotaPausesContract('DynamoDB on the wire', own(quotaPausesTable));
expectedSubscriptionsContract('DynamoDB on the wire', own(expectedSubscriptionsTable));
consentStoreContract('DynamoDB on the wire', own(consentTable));
senderStoreContract('DynamoDB on the wire', own(admittedSendersTable));

async function stored(pk: string) {
  const command = new GetItemCommand({ TableName: double.tableName, Key: { pk: { S: pk } } });
  return (await client.send(command)).Item;
}

it.each(['internal-after', 'reset-after'] as const)(
  'a start is used up though the first answer was lost (%s), and once',
  async (kind) => {
    records += 1;
    const store = consentTable(client, double.tableName, `record-${records}`);
    const stateHash = 'a'.repeat(64);
    const start = { stateHash, browserHash: 'b', verifierSalt: new Secret('s'), scopes: [] };
    const over = { grant: 0, isLoggedOut: false };
    await store.keepStart({ ...start, over, expiresAtMs: untilMs }, nowMs);
    double.faults.add({ on: 'UpdateItem', kind });
    expect(await store.takeStart(stateHash)).toBe(true);
    expect(await store.takeStart(stateHash)).toBe(false);
  },
);

describe('an event in the table', () => {
  it.each(['internal-after', 'reset-after'] as const)(
    'is claimed though the first answer was lost (%s)',
    async (kind) => {
      const [seen] = await openSeen();
      double.faults.add({ on: 'UpdateItem', kind });
      expect(await seen?.claim('one', nowMs, untilMs)).toEqual({ kind: 'claimed', settled: [] });
      expect(double.faults.pending).toEqual([]);
    },
  );

  it('is refused where the table refuses', async () => {
    const [seen] = await openSeen();
    double.faults.add({ on: 'UpdateItem', kind: 'access-denied' });
    await expect(seen?.claim('one', nowMs, untilMs)).rejects.toMatchObject({ reason: 'denied' });
  });

  it('is forgotten thirty days after its claim, in the seconds that a time to live has', async () => {
    const seen = seenEventsTable(client, double.tableName, puts());
    const expiresAt = async () => Number((await stored('seen#default/ttl/0'))?.['expiresAt']?.N);
    await seen.claim('default/ttl/0', nowMs, untilMs);
    expect(await expiresAt()).toBe(untilMs / 1000 + 30 * 86_400);
    await seen.confirm('default/ttl/0', untilMs);
    expect(await expiresAt()).toBe(untilMs / 1000 + 30 * 86_400);
  });
});

describe("a company's pause in the table", () => {
  it("is no other connection's", async () => {
    await quotaPausesTable(client, double.tableName, 'mine').raise(3, untilMs);
    expect(await quotaPausesTable(client, double.tableName, 'other').untilMs(3)).toBeUndefined();
  });

  it('is forgotten when it ends', async () => {
    await quotaPausesTable(client, double.tableName, 'mine').raise(4, untilMs);
    expect(Number((await stored('pause#mine#4'))?.['expiresAt']?.N)).toBe(untilMs / 1000);
  });
});
