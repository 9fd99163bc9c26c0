import { createServer, type OutgoingHttpHeaders } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { admittedSendersTable } from '../../src/aws/dynamodb/admitted-senders.ts';
import { expectedSubscriptionsTable } from '../../src/aws/dynamodb/expected-subscriptions.ts';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import { toEnvironment } from '../../src/config/config.ts';
import { secretName } from '../../src/config/stack-outputs.ts';
import { encodeAccessToken } from '../../src/core/records/access-token.ts';
import { Secret } from '../../src/core/secret.ts';
import { sandboxCompany } from '../../src/sandbox/api/companies.ts';
import { listen } from '../../src/sandbox/listen.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { startDynamoDb } from '../doubles/aws/dynamodb.ts';
import { startEventBridge } from '../doubles/aws/eventbridge.ts';
import { startSqs } from '../doubles/aws/sqs.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import { readBody } from '../doubles/http/loopback.ts';
import { httpApiAnswer, httpApiEvent } from '../doubles/lambda/http-api.ts';
import { startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';
import {
  type LambdaFunction,
  type LambdaResult,
  lambdaFunction,
} from '../doubles/lambda/lambda-runtime.ts';
import { node24Path } from '../doubles/lambda/node24.ts';
import { startSecretsManager } from '../doubles/secrets-manager/secrets-manager.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { builtFunction } from './built.ts';

const names = { prefix: 'fresco', connections: ['default'], watching: 'small' as const };
const consumersAlias = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers';

/** A company that the consent reaches and the published token does not name. */
export const otherCompanyId = 108062;

/** The bundles behind webhooks, the receiver behind an HTTP server, over doubles and the sandbox. */
export type WebhookStack = Awaited<ReturnType<typeof startWebhookStack>>;

/**
 * Starts it with a published token that the sandbox accepts; `stop` ends all of it. The functions may have been
 * given another provider than the one that the token is of.
 */
export async function startWebhookStack(otherProviderUrl?: string) {
  // What changed in the last two seconds is left to the next sync.
  const clock = { nowMs: () => Date.now() - 10_000 };
  const companies = [sandboxCompany, { ...sandboxCompany, id: otherCompanyId }];
  const sandbox = createSandbox({ clock, companies, settings: { allowHttpSinks: true } });
  const provider = await listen(sandbox, { port: 0 });
  const [secrets, table, bus, sqs, lambda] = await Promise.all([
    startSecretsManager(),
    startDynamoDb(),
    startEventBridge(),
    startSqs([{ name: 'notifications' }, { name: 'sync' }]),
    startLambdaInvoke(),
  ]);
  const queueUrl = sqs.queueUrl('notifications');
  const dynamo = new DynamoDBClient(clientConfig(table.endpoint));
  const received: LambdaResult[] = [];
  const edge = await startEdge(async (event) => {
    const result = await deployed.receiver.invoke(event);
    received.push(result);
    return result;
  });
  const webhookSink = `${edge.url}/webhooks`;
  const endpoints = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
  };
  const settings = {
    ...names,
    queueUrl,
    table: table.tableName,
    bus: 'fresco-bus',
    providerUrl: otherProviderUrl ?? provider.url,
    consumersAlias,
    entity: 'full' as const,
    webhookSink,
  };
  const variables = {
    'webhook-receiver': toEnvironment('webhook-receiver', {
      ...settings,
      webhookPublicKeys: [sandbox.publicKeyPem],
    }),
    'webhook-handler': toEnvironment('webhook-handler', { ...settings, webhookSink: undefined }),
    sync: toEnvironment('sync', { ...settings, queueUrl: sqs.queueUrl('sync') }),
  };
  let bundleOf = builtFunction;
  const start = async (functionName: keyof typeof variables, timeoutMs = 30_000) =>
    lambdaFunction({
      functionName,
      bundle: await bundleOf(functionName),
      node: node24Path() ?? process.execPath,
      timeoutMs,
      environment: { ...variables[functionName], ...endpoints },
    });
  const startBoth = async () => ({
    receiver: await start('webhook-receiver'),
    handler: await start('webhook-handler'),
  });
  const syncs = new Map<number, LambdaFunction>();
  const stopAll = async () => {
    const { receiver, handler } = deployed;
    await Promise.all([receiver, handler, ...syncs.values()].map((it) => it.stop()));
    syncs.clear();
  };
  let deployed = await startBoth();
  const control = (path: string, body: object) => controlSandbox(provider.url, path, body);
  const accessToken = String((await control('grants', { direct: true }))['access_token']);
  await publish(secrets.endpoint, new Secret(accessToken, provider.url));
  return {
    sandbox,
    secrets,
    table,
    bus,
    sqs,
    get receiver() {
      return deployed.receiver;
    },
    /** Puts other bundles behind all three functions. */
    deploy: async (bundles: typeof builtFunction) => {
      await stopAll();
      bundleOf = bundles;
      deployed = await startBoth();
      // A provider waits ten seconds for an answer, which is little for a first start on a busy machine.
      await deployed.receiver.invoke(httpApiEvent({ method: 'POST', url: '/webhooks/default' }));
    },
    /** What each of its invocations gave. */
    received,
    accessToken,
    sink: `${webhookSink}/default`,
    /** The status of each answer that left the edge. */
    statuses: edge.statuses,
    queued: () => sqs.bodies('notifications'),
    /** Subscribes the sink; resolves when the sandbox has made its handshake. */
    subscribe: async (types: readonly string[], mapping: 'binary' | 'structured') => {
      const data = { sink: `${webhookSink}/default`, types, config: { mapping } };
      const response = await fetch(`${provider.url}/c/108061/subscriptions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ data }),
      });
      await sandbox.settle();
      return response.status;
    },
    /** Makes changes at the sandbox; resolves when it has told of them. */
    change: async (type: string, count: number) => {
      await control('changes', { type, count });
      await sandbox.settle();
    },
    /** Hands the queue's messages to the handler, as an event source does. */
    handle: async () => deployed.handler.invoke({ Records: await receive(sqs.endpoint, queueUrl) }),
    /** Hands any event to the handler. */
    call: async (event: unknown) => deployed.handler.invoke(event),
    /** The subscriptions that the connection should have, as `fresco webhooks create` notes them. */
    expected: expectedSubscriptionsTable(dynamo, table.tableName, 'default'),
    /** Whose webhooks the receiver takes. */
    senders: admittedSendersTable(dynamo, table.tableName, 'default'),
    /** What the schedule sends once a day. */
    watch: async (renew: boolean) => deployed.handler.invoke({ watch: 'default', renew }),
    provider: provider.url,
    /** Hands an event to the sync, which Lambda would end after so long. */
    sync: async (event: unknown, timeoutMs = 120_000) => {
      const sync = syncs.get(timeoutMs) ?? (await start('sync', timeoutMs));
      syncs.set(timeoutMs, sync);
      return sync.invoke(event);
    },
    /** What is in the queue of the sync, as an event source hands it over. */
    continuations: () => sqs.bodies('sync').map((body) => ({ body })),
    stop: async () => {
      dynamo.destroy();
      await Promise.all([stopAll(), edge.stop(), provider.close()]);
      await Promise.all([secrets, table, bus, sqs, lambda].map((double) => double.stop()));
    },
  };
}

async function publish(endpoint: string, accessToken: Secret): Promise<void> {
  const client = new SecretsManagerClient(clientConfig(endpoint));
  const Name = secretName('fresco', 'default', 'access-token');
  await client.send(new CreateSecretCommand({ Name }));
  const value = encodeAccessToken({
    connection: 'default',
    grant: 1,
    generation: 1,
    attempt: 0,
    accessToken,
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + 86_400_000,
    companies: [{ id: 108061, name: 'Studio Esempio' }],
  });
  await secretsManagerSecret(client, Name).put('0'.repeat(32), value);
  client.destroy();
}

async function receive(endpoint: string, QueueUrl: string): Promise<Partial<SQSRecord>[]> {
  const client = new SQSClient(clientConfig(endpoint));
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
  const { Messages = [] } = await client.send(command);
  client.destroy();
  return Messages.map((message) => ({
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: message.Attributes as unknown as SQSRecord['attributes'],
  }));
}

/** An HTTP API in front of a function, with the event of payload format 2.0. */
async function startEdge(invoke: (event: unknown) => Promise<{ readonly payload: unknown }>) {
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const body = await readBody(request);
    const { payload } = await invoke(httpApiEvent({ method, url, headers, body }));
    const answer = httpApiAnswer(payload);
    statuses.push(answer.status);
    response.writeHead(answer.status, { ...answer.headers } as OutgoingHttpHeaders);
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the edge has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    statuses,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
