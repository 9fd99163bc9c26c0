import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { journalTable } from '../../src/aws/dynamodb/journal-store.ts';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import { secretName } from '../../src/config/stack-outputs.ts';
import { login } from '../../src/core/operations/login.ts';
import { clientSource, encodeClient } from '../../src/core/records/client.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemClock, systemRandom } from '../../src/local/clock.ts';
import { listen } from '../../src/sandbox/listen.ts';
import { sandboxApplication } from '../../src/sandbox/oauth/application.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { startDynamoDb } from '../../test/doubles/aws/dynamodb.ts';
import { startEventBridge } from '../../test/doubles/aws/eventbridge.ts';
import { clientConfig } from '../../test/doubles/http/client-config.ts';
import { startSecretsManager } from '../../test/doubles/secrets-manager/secrets-manager.ts';
import { startDelay } from './delay.ts';

const environment = '000000000000/eu-south-1/bench';

/** A connection in AWS's doubles that is logged in, with every way to it as long as one wants. */
export async function startRotationWorld() {
  const sandbox = createSandbox();
  const [listening, secrets, table, bus] = await Promise.all([
    listen(sandbox, { port: 0 }),
    startSecretsManager(),
    startDynamoDb(),
    startEventBridge(),
  ]);
  const [provider, toSecrets, toTable, toBus] = await Promise.all(
    [listening.url, secrets.endpoint, table.endpoint, bus.endpoint].map(startDelay),
  );
  if (!provider || !toSecrets || !toTable || !toBus) throw new Error('a delay is missing');
  const delays = [provider, toSecrets, toTable, toBus];
  const client = new SecretsManagerClient(clientConfig(secrets.endpoint));
  const dynamo = new DynamoDBClient(clientConfig(table.endpoint));
  for (const kind of ['client', 'grant', 'access-token'] as const) {
    await client.send(new CreateSecretCommand({ Name: secretName('fresco', 'default', kind) }));
  }
  const secret = (kind: Parameters<typeof secretName>[2]) =>
    secretsManagerSecret(client, secretName('fresco', 'default', kind));
  const { clientId, clientSecret } = sandboxApplication;
  await secret('client').put(
    '0'.repeat(32),
    encodeClient({ clientId, clientSecret: new Secret(clientSecret, provider.endpoint) }),
  );
  const answer = await fetch(`${listening.url}/_sandbox/grants`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sandbox-control': '1' },
    body: JSON.stringify({ direct: true }),
  });
  const tokens = (await answer.json()) as Record<string, string>;
  const grant = {
    refreshToken: new Secret(String(tokens['refresh_token']), provider.endpoint),
    accessToken: new Secret(String(tokens['access_token']), provider.endpoint),
    requestedAtMs: systemClock.nowMs(),
    expiresInSeconds: Number(tokens['expires_in']),
    companies: [],
  };
  await login(
    {
      clock: systemClock,
      random: systemRandom,
      owner: { id: 'login', isDead: () => false },
      journal: journalTable(
        { client: dynamo, table: table.tableName, clock: systemClock },
        'default',
      ),
      grant: secret('grant'),
      accessToken: secret('access-token'),
      client: clientSource(secret('client')),
      endpoint: { refresh: () => Promise.reject(new Error('a login sends nothing')) },
      canary: { check: async () => 'unknown' },
      reporter: { report: async () => {} },
      settings: {
        connection: 'default',
        environment,
        provider: provider.endpoint,
        policy: { kind: 'unknown' },
        rotateEveryMs: 86_400_000,
        leaseTermMs: 60_000,
        requestMs: 15_000,
        storeMs: 15_000,
      },
    },
    grant,
  );
  return {
    delays,
    refreshToken: grant.refreshToken,
    config: {
      prefix: 'fresco',
      connections: ['default'],
      watching: 'small' as const,
      table: table.tableName,
      bus: 'fresco-bus',
      providerUrl: provider.endpoint,
      environment,
      rotateEveryMs: 86_400_000,
      leaseTermMs: 60_000,
    },
    variables: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: toSecrets.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: toTable.endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: toBus.endpoint,
    },
    stop: async () => {
      client.destroy();
      dynamo.destroy();
      await Promise.all(delays.map((delay) => delay.stop()));
      await Promise.all([listening.close(), secrets.stop(), table.stop(), bus.stop()]);
    },
  };
}
