// Goal: what the protocol assumes of AWS holds in a real account, and what AWS leaves unsaid is measured.
// Method: the contract suites over the account of the environment, in secrets and a table that are deleted again.
import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalTable } from '../../src/aws/dynamodb/journal-store.ts';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import { journalStoreContract } from '../contract/journal-store.ts';
import { pendingSecretContract, versionedSecretContract } from '../contract/versioned-secret.ts';

const isWanted = process.env['FRESCO_CONFORMANCE'] === 'aws';
const patienceMs = 10_000;
const options = { eventually, timeoutMs: 120_000 };

describe.skipIf(!isWanted)('a real account (set FRESCO_CONFORMANCE=aws to run this)', () => {
  // Writes to secrets are throttled at 50 a second: the races wait for their turn.
  const client = new SecretsManagerClient({ maxAttempts: 20 });
  const dynamo = new DynamoDBClient({});
  const table = `fresco-conformance-${randomUUID()}`;
  const secretIds: string[] = [];

  beforeAll(async () => {
    await dynamo.send(
      new CreateTableCommand({
        TableName: table,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    await waitUntilTableExists(
      { client: dynamo, maxWaitTime: 60, minDelay: 1 },
      { TableName: table },
    );
  }, 90_000);

  afterAll(async () => {
    await dynamo.send(new DeleteTableCommand({ TableName: table }));
    for (const SecretId of secretIds) {
      await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    }
    client.destroy();
    dynamo.destroy();
  }, 90_000);

  const openSecret = async () => {
    const Name = `fresco-conformance/${randomUUID()}`;
    await client.send(new CreateSecretCommand({ Name }));
    secretIds.push(Name);
    return [secretsManagerSecret(client, Name), secretsManagerSecret(client, Name)];
  };
  versionedSecretContract('Secrets Manager', openSecret, { ...options, hasLimits: true });
  pendingSecretContract('Secrets Manager', openSecret, options);
  journalStoreContract(
    'DynamoDB',
    async () => {
      const journal = journalTable({ client: dynamo, table, clock: systemClock }, randomUUID());
      return [journal, journal];
    },
    options,
  );

  it('shows a version by its id within ten seconds of its put', { timeout: 120_000 }, async () => {
    const [secret] = await openSecret();
    const lagsMs: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const versionId = randomUUID();
      await secret?.put(versionId, new Secret(`invented ${n}`));
      const startedMs = performance.now();
      const seen = () => secret?.version(versionId) ?? Promise.resolve(undefined);
      expect(await eventually(seen, (version) => version !== undefined)).toBeDefined();
      lagsMs.push(Math.round(performance.now() - startedMs));
    }
    console.info(`read by id after a put, ms: ${lagsMs.sort((a, b) => a - b).join(' ')}`);
  });
});

async function eventually<T>(read: () => Promise<T>, isSettled: (value: T) => boolean): Promise<T> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (isSettled(value) || performance.now() > untilMs) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
