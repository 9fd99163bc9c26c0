import { randomUUID } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { admittedSendersTable } from '../aws/dynamodb/admitted-senders.ts';
import { consentTable } from '../aws/dynamodb/consent-store.ts';
import { expectedSubscriptionsTable } from '../aws/dynamodb/expected-subscriptions.ts';
import { journalTable } from '../aws/dynamodb/journal-store.ts';
import { dynamoDb } from '../aws/dynamodb/table-item.ts';
import { rotatorClient, waitingLambda } from '../aws/lambda.ts';
import { rotateAsOperator } from '../aws/operator-client.ts';
import { secretsManager, secretsManagerSecret } from '../aws/secrets-manager.ts';
import { parameterStore, readStackParameter, type StackParameter } from '../aws/stack.ts';
import {
  parseStackFacts,
  type StackOutputs,
  secretName,
  sinkOf,
  stackParameterName,
} from '../config/stack-outputs.ts';
import type { ConsentStore } from '../core/consent/ports.ts';
import { issueTicket } from '../core/consent/ticket.ts';
import { createTokenSource } from '../core/consumers/token-source.ts';
import { login } from '../core/operations/login.ts';
import { logout } from '../core/operations/logout.ts';
import { installManualToken } from '../core/operations/manual-token.ts';
import { StoreRefused } from '../core/ports.ts';
import { boundByGrant } from '../core/records/stored-origin.ts';
import type { RotationPorts } from '../core/rotation/pass.ts';
import { admittedAfter } from '../core/webhooks/admission.ts';
import { systemClock, systemRandom } from '../local/clock.ts';
import type { Connection, ConsentByLink, SyncStores, VersionFacts } from './connection.ts';
import { passPorts } from './pass-ports.ts';
import type { Provider } from './provider.ts';

/** A connection whose passes are made by the rotator of a stack. */
export interface AwsConnectionOptions {
  readonly prefix: string;
  readonly name: string;
  readonly provider: Provider;
}

/** Opens a connection of a deployed stack; rejects with `StoreRefused`. */
export async function openAwsConnection(options: AwsConnectionOptions): Promise<Connection> {
  const { prefix, name, provider } = options;
  const facts = await readFacts(prefix, name);
  const secrets = secretsManager();
  const lambda = waitingLambda();
  const secret = (kind: SecretKind) =>
    secretsManagerSecret(secrets, secretName(prefix, name, kind));
  const table = { client: dynamoDb(), table: facts.table, clock: systemClock };
  const grant = secret('grant');
  const stored = {
    client: boundByGrant(secret('client'), grant),
    grant,
    accessToken: boundByGrant(secret('access-token'), grant),
    journal: journalTable(table, name),
  };
  const senders = admittedSendersTable(table.client, facts.table, name);
  const ports = ownPorts(stored, facts, options, 'login');
  const byHand = () => ownPorts(stored, facts, options, `by-hand-${randomUUID()}`);
  const versionsOf = (kind: SecretKind) => storedVersionsOf(secrets, options, kind);
  return {
    ...stored,
    name,
    settings: ports.settings,
    place: `Secrets Manager, ${prefix}/${name} in ${facts.environment}`,
    provider,
    clock: systemClock,
    random: systemRandom,
    siblings: async () => facts.connections,
    schedule: 'EventBridge Scheduler, hourly',
    tokens: createTokenSource({
      clock: systemClock,
      accessToken: stored.accessToken,
      rotator: rotatorClient(lambda, facts.consumersAlias, name),
    }),
    senders,
    subscriptions: expectedSubscriptionsTable(table.client, facts.table, name),
    rotate: ({ onlyIfDue }) =>
      rotateAsOperator(lambda, facts.operatorAlias, { connection: name, onlyIfDue }),
    login: (consent) => admittedAfter(login(ports, consent), senders, consent.companies),
    putManualToken: (manual) => installManualToken(ports, manual),
    logout: () => logout(byHand()),
    byHand: {
      ports: byHand,
      grantVersionIds: async () => (await versionsOf('grant')).map(({ versionId }) => versionId),
    },
    storedVersions: async () =>
      (await Promise.all([versionsOf('grant'), versionsOf('access-token')])).flat(),
    deployed: async () => {
      // Two more clients of the SDK, which a doctor alone needs.
      const { deployedFor } = await import('./deployed.ts');
      return deployedFor({ prefix, name, facts }, { secrets, lambda });
    },
    syncStores: () => syncStores(facts, name),
    ...consentPart(facts, ports, consentTable(table.client, facts.table, name)),
    ...webhookParts(facts, name),
  };
}

/** What this process does itself: a login, which takes no lease and sends nothing, or a recovery by hand. */
function ownPorts(
  stored: Pick<Connection, 'client' | 'grant' | 'accessToken' | 'journal'>,
  { environment, consumersAlias }: StackOutputs,
  { name, provider }: AwsConnectionOptions,
  id: string,
): RotationPorts {
  const settings = { connection: name, environment, refreshWith: consumersAlias };
  return passPorts(stored, provider, { owner: { id, isDead: () => false }, settings });
}

async function syncStores(facts: StackOutputs, name: string): Promise<SyncStores> {
  // Clients of the SDK that a sync alone needs.
  const { awsSyncStores } = await import('./aws-sync-stores.ts');
  return { ...awsSyncStores(facts, name), place: `the bus ${facts.bus}`, hasBus: true };
}

type SecretKind = Parameters<typeof secretName>[2];

async function storedVersionsOf(
  client: SecretsManagerClient,
  { prefix, name }: AwsConnectionOptions,
  secret: SecretKind,
): Promise<readonly VersionFacts[]> {
  // Commands of the SDK that few of ours need.
  const { secretVersions } = await import('../aws/stack-parts.ts');
  const found = await secretVersions(client, secretName(prefix, name, secret));
  return found.map((version) => ({ ...version, secret }));
}

function consentPart(
  { connectUrl }: StackOutputs,
  ports: RotationPorts,
  store: ConsentStore,
): Pick<Connection, 'consent'> {
  if (connectUrl === undefined) return {};
  const url = `${connectUrl}/${ports.settings.connection}`;
  const issue: ConsentByLink['issue'] = (wish) => issueTicket(ports, store, wish);
  return { consent: { url, callback: `${connectUrl}/callback`, issue } };
}

function webhookParts(
  { webhookSink, deadLetterQueueUrl }: StackOutputs,
  name: string,
): Pick<Connection, 'sink' | 'redrive'> {
  return {
    ...(webhookSink !== undefined && { sink: sinkOf(webhookSink, name) }),
    ...(deadLetterQueueUrl !== undefined && {
      redrive: async () => {
        const { redriveDeadLetters, sqs } = await import('../aws/sqs/sqs.ts');
        return redriveDeadLetters(sqs(), deadLetterQueueUrl);
      },
    }),
  };
}

/** What the stack of a prefix has left about itself, if it serves this connection; rejects with `StoreRefused`. */
async function readFacts(prefix: string, connection: string): Promise<StackOutputs> {
  const parameter = stackParameterName(prefix);
  const client = parameterStore();
  await mustHaveRegion(client);
  const found = await readStackParameter(client, parameter);
  if (found === undefined) {
    throw new StoreRefused(
      'missing',
      `no stack is deployed in this account and region (the parameter ${parameter} is missing): deploy one, or use --store file:<path>`,
    );
  }
  const facts = factsIn(found);
  if (facts.connections.includes(connection)) return facts;
  throw new StoreRefused(
    'missing',
    `the stack ${prefix} has no connection '${connection}', it has ${facts.connections.join(', ')}: name one with --connection, or deploy`,
  );
}

function factsIn({ text, arn }: StackParameter): StackOutputs {
  try {
    return parseStackFacts(text, arn);
  } catch (error) {
    throw new StoreRefused('damaged', (error as Error).message, { cause: error });
  }
}

/** The store is in AWS unless somebody says otherwise, so this is what a newcomer may see first. */
async function mustHaveRegion({ config }: SSMClient): Promise<void> {
  const region = await config.region().catch(() => undefined);
  if (region) return;
  throw new StoreRefused(
    'missing',
    'the store is in AWS and no region is set: set AWS_REGION, or name a file store with --store file:<path>',
  );
}
