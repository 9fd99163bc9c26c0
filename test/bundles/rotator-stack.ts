import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { journalTable } from '../../src/aws/dynamodb/journal-store.ts';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import { parseConfig, toEnvironment } from '../../src/config/config.ts';
import { secretName } from '../../src/config/stack-outputs.ts';
import { login } from '../../src/core/operations/login.ts';
import { clientSource, encodeClient } from '../../src/core/records/client.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import type { RotationPorts } from '../../src/core/rotation/pass.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemClock, systemRandom } from '../../src/local/clock.ts';
import { listen } from '../../src/sandbox/listen.ts';
import { sandboxApplication } from '../../src/sandbox/oauth/application.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { startDynamoDb } from '../doubles/aws/dynamodb.ts';
import { startEventBridge } from '../doubles/aws/eventbridge.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import { orReject } from '../doubles/lambda/lambda-invoke.ts';
import { type LambdaFunction, lambdaFunction } from '../doubles/lambda/lambda-runtime.ts';
import { node24Path } from '../doubles/lambda/node24.ts';
import { startSecretsManager } from '../doubles/secrets-manager/secrets-manager.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { builtFunction } from './built.ts';

const aliases = ['schedule', 'consumers', 'native', 'operator', 'consent'] as const;
const environment = '000000000000/eu-south-1/test';

/** The rotator's bundle behind its aliases, over doubles of every service and the sandbox. */
export type RotatorStack = Awaited<ReturnType<typeof startRotatorStack>>;

/** What a stack's template says of its rotator, once the provider's address is known. */
export type RotatorTemplate = (providerUrl: string) => Promise<{
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}>;

/** A template written by hand. */
export const byHand: RotatorTemplate = async (providerUrl) => ({
  timeoutMs: 50_000,
  variables: toEnvironment('rotator', {
    prefix: 'fresco',
    connections: ['default'],
    watching: 'small',
    table: 'fresco',
    bus: 'fresco-bus',
    providerUrl,
    environment,
    rotateEveryMs: 86_400_000,
    leaseTermMs: 60_000,
    connectUrl: 'http://127.0.0.1:4000/connect',
  }),
});

/** Starts a stack with one connection that nobody has logged in to; `stop` ends all of it. */
export async function startRotatorStack(template: RotatorTemplate = byHand) {
  const redirects: string[] = [];
  const application = { ...sandboxApplication, furtherRedirectUris: redirects };
  const sandbox = createSandbox({ application });
  const provider = await listen(sandbox, { port: 0 });
  const doors = new Map<string, LambdaFunction>();
  const secrets = await startSecretsManager({
    rotation: {
      delivery: 'twice',
      invoke: orReject((event) => doorOf(doors, 'native').invoke(event)),
    },
  });
  const { variables: given, timeoutMs } = await template(provider.url);
  const config = parseConfig('rotator', given);
  redirects.push(`${config.connectUrl}/callback`);
  const [table, bus] = [await startDynamoDb({ tableName: config.table }), await startEventBridge()];
  bus.buses.add(config.bus.replace(/^.*event-bus\//, ''));
  const deploy = async (bundle: string) => {
    await Promise.all([...doors.values()].map((door) => door.stop()));
    for (const alias of aliases) doors.set(alias, doorTo(alias, bundle));
  };
  const doorTo = (alias: string, bundle: string) => {
    const variables = {
      ...given,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
    };
    const node = node24Path() ?? process.execPath;
    const functionName = `rotator:${alias}`;
    return lambdaFunction({ functionName, bundle, node, timeoutMs, environment: variables });
  };
  await deploy(await builtFunction('rotator'));
  const client = new SecretsManagerClient(clientConfig(secrets.endpoint));
  const dynamo = new DynamoDBClient(clientConfig(table.endpoint));
  for (const kind of ['client', 'grant', 'access-token'] as const) {
    await client.send(new CreateSecretCommand({ Name: secretName('fresco', 'default', kind) }));
  }
  const secret = (kind: Parameters<typeof secretName>[2]) =>
    secretsManagerSecret(client, secretName('fresco', 'default', kind));
  const journal = journalTable(
    { client: dynamo, table: table.tableName, clock: systemClock },
    'default',
  );
  const connection = {
    client: secret('client'),
    grant: secret('grant'),
    accessToken: secret('access-token'),
    journal,
  };
  return {
    sandbox,
    providerUrl: provider.url,
    secrets,
    table,
    bus,
    secretsClient: client,
    ...connection,
    /** Puts another bundle behind every alias. */
    deploy,
    /** Runs the bundle through an alias. */
    through: (alias: (typeof aliases)[number], event: unknown) =>
      doorOf(doors, alias).invoke(event),
    /** SIGKILLs what runs behind an alias. */
    kill: (alias: (typeof aliases)[number]) => doorOf(doors, alias).kill(),
    /** Stores application and grant as the command does, as if `ageMs` ago, perhaps from another place. */
    logIn: (ageMs = 0, environment = config.environment) =>
      logIn(connection, { providerUrl: provider.url, environment }, ageMs),
    newDay: () => newDay(connection.journal),
    /** The generation that is stored, 0 where nobody has logged in. */
    generation: async () => {
      const grant = await connection.grant.current();
      return grant === undefined ? 0 : decodeGrant(grant.value).generation;
    },
    /** What the provider has counted. */
    counters: async () => {
      const response = await fetch(`${provider.url}/_sandbox/state`);
      const { counters } = (await response.json()) as { readonly counters: Counters };
      return counters;
    },
    stop: async () => {
      await Promise.all([...doors.values()].map((door) => door.stop()));
      client.destroy();
      dynamo.destroy();
      await Promise.all([secrets.stop(), table.stop(), bus.stop(), provider.close()]);
    },
  };
}

interface Counters {
  readonly tokenRequests: number;
  readonly refreshTokensReused: number;
}

/** As if a day had passed: no lease is held, no send counts towards the quota. */
async function newDay(store: RotationPorts['journal']): Promise<void> {
  const { journal, revision } = await store.read();
  const written = await store.write({ ...journal, lease: null, sentAtMs: [] }, revision);
  if (written !== 'written') throw new Error('another wrote the journal');
}

function doorOf(doors: ReadonlyMap<string, LambdaFunction>, alias: string): LambdaFunction {
  const door = doors.get(alias);
  if (door === undefined) throw new Error(`there is no alias ${alias}`);
  return door;
}

type Connection = Pick<RotationPorts, 'grant' | 'accessToken' | 'journal'> & {
  readonly client: RotationPorts['grant'];
};

interface Place {
  readonly providerUrl: string;
  readonly environment: string;
}

async function logIn(connection: Connection, place: Place, ageMs: number): Promise<void> {
  const { clientId, clientSecret } = sandboxApplication;
  const versionId = Buffer.from(systemRandom.bytes(16)).toString('hex');
  const client = { clientId, clientSecret: new Secret(clientSecret, place.providerUrl) };
  await connection.client.put(versionId, encodeClient(client));
  const tokens = await controlSandbox(place.providerUrl, 'grants', { direct: true });
  const ports = loginPorts(connection, place);
  await login(ports, {
    refreshToken: new Secret(String(tokens['refresh_token'])),
    accessToken: new Secret(String(tokens['access_token'])),
    requestedAtMs: systemClock.nowMs() - ageMs,
    expiresInSeconds: Number(tokens['expires_in']),
    companies: [{ id: 108061, name: 'Invented' }],
  });
}

function loginPorts(connection: Connection, { providerUrl, environment }: Place): RotationPorts {
  return {
    ...connection,
    clock: systemClock,
    random: systemRandom,
    owner: { id: 'login', isDead: () => false },
    client: clientSource(connection.client),
    endpoint: { refresh: () => Promise.reject(new Error('a login sends nothing')) },
    canary: { check: async () => 'unknown' },
    reporter: { report: async () => {} },
    settings: {
      connection: 'default',
      environment,
      provider: providerUrl,
      policy: { kind: 'unknown' },
      rotateEveryMs: 86_400_000,
      leaseTermMs: 60_000,
      requestMs: 15_000,
      storeMs: 15_000,
      refreshWith: 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers',
    },
  };
}
