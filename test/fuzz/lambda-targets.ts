import { createHash } from 'node:crypto';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { handler as connect } from '../../functions/connect.ts';
import { handler as rotator } from '../../functions/rotator.ts';
import { handler as sync } from '../../functions/sync.ts';
import { handler as webhookHandler } from '../../functions/webhook-handler.ts';
import { handler as webhookReceiver } from '../../functions/webhook-receiver.ts';
import { consentClient } from '../../src/aws/consent-client.ts';
import { toEnvironment } from '../../src/config/config.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import { EventRefused } from '../../src/lambda/lambda-events.ts';
import { CallRefused } from '../../src/lambda/rotator-request.ts';
import { SyncCallRefused } from '../../src/lambda/sync.ts';
import { type Loopback, readBody, startLoopback } from '../doubles/http/loopback.ts';
import { claims, providerKey, sign } from '../fatture-in-cloud/webhooks/signed-webhook.ts';
import { hostileText, type Json, spoilt } from './hostile.ts';
import * as sample from './samples.ts';
import { type Ending, type Target, target } from './target.ts';

const arn = 'arn:aws:lambda:eu-south-1:111122223333:function:rotator';

/** An AWS that takes messages and denies all else, so that good events end soon too. */
export async function startDenyingAws(): Promise<Loopback> {
  const aws = await startLoopback(async (request, response) => {
    const body = String(await readBody(request));
    const [, operation] = String(request.headers['x-amz-target']).split('.');
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    const sent = JSON.parse(body);
    if (operation === 'SendMessage') return void response.end(JSON.stringify(taken(sent)));
    if (operation !== 'SendMessageBatch') {
      response.statusCode = 400;
      return void response.end('{"__type":"AccessDeniedException","message":"denied"}');
    }
    const Successful = sent.Entries.map(({ Id = '', MessageBody = '' }) => ({
      Id,
      ...taken({ MessageBody }),
    }));
    response.end(JSON.stringify({ Successful }));
  });
  const before = process.env;
  process.env = { ...before, ...environmentOf(aws.endpoint) };
  const stop = async () => {
    process.env = before;
    await aws.stop();
  };
  return { ...aws, stop };
}

function taken({ MessageBody }: { readonly MessageBody: string }) {
  const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
  return { MessageId: 'm', MD5OfMessageBody };
}

function environmentOf(endpoint: string): Record<string, string> {
  const stack = {
    prefix: 'fresco',
    connections: ['default', 'second'],
    watching: 'full' as const,
  };
  const queueUrl = `${endpoint}/1/queue`;
  const wide = { ...stack, table: 'fresco', bus: 'fresco', providerUrl: 'http://127.0.0.1:1' };
  const consumersAlias = `${arn}:consumers`;
  return {
    ...toEnvironment('rotator', {
      ...wide,
      environment: '111122223333/eu-south-1/test',
      rotateEveryMs: 86_400_000,
      leaseTermMs: 90_000,
    }),
    ...toEnvironment('webhook-receiver', {
      table: 'fresco',
      ...stack,
      queueUrl,
      webhookSink: 'https://hooks.example.com',
      applicationId: undefined,
      webhookPublicKeys: [providerKey.publicPem],
    }),
    ...toEnvironment('webhook-handler', {
      webhookSink: undefined,
      ...wide,
      queueUrl,
      consumersAlias,
      entity: 'full',
    }),
    ...toEnvironment('connect', { ...wide, consentAlias: `${arn}:consent` }),
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-south-1',
    AWS_ACCESS_KEY_ID: 'invented',
    AWS_SECRET_ACCESS_KEY: 'invented',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  };
}

const position = { grant: 1, generation: 1, attempt: 0 };
const grantArn =
  'arn:aws:secretsmanager:eu-south-1:111122223333:secret:fresco/default/grant-AbCdEf';
const native = { SecretId: grantArn, ClientRequestToken: 'v'.repeat(32), Step: 'createSecret' };

const rotations = target('events of the rotator', {
  share: 8,
  input: fc.record({
    door: fc.oneof(fc.constantFrom('schedule', 'operator', 'consumers', 'native'), hostileText),
    event: fc.oneof(
      spoilt({ connection: 'default' }),
      spoilt({ connection: 'default', onlyIfDue: true }),
      spoilt({ connection: 'default', minValidityMs: 300_000, rejected: position }),
      spoilt(native),
    ),
  }),
  refusals: [CallRefused, StoreRefused],
  feed: ({ door, event }) => ended(rotator(event, contextOf(`${arn}:${door}`))),
});

const notificationBody = JSON.stringify(sample.notificationJson);
const continuationBody = JSON.stringify({
  v: 1,
  connection: 'default',
  id: 'abcd',
  resumeAtMs: 9e15,
});
const recordOf = (body: string): Json => ({
  messageId: 'm1',
  receiptHandle: 'r1',
  body,
  attributes: { ApproximateReceiveCount: '1' },
});

const syncs = target('events of the sync', {
  share: 2,
  input: fc.oneof(
    spoilt({ connection: 'default' }),
    spoilt({ Records: [recordOf(continuationBody), recordOf(continuationBody)] }, 5),
  ),
  refusals: [SyncCallRefused, StoreRefused],
  feed: (event) => ended(sync(event, contextOf(`${arn}:live`))),
});

const batches = target('events of the webhook handler', {
  share: 1,
  input: fc.oneof(
    spoilt({ watch: 'default', renew: true }),
    spoilt({ Records: [recordOf(notificationBody), recordOf('{}')] }, 5),
  ),
  refusals: [EventRefused, StoreRefused],
  feed: (event) => ended(webhookHandler(event, contextOf(`${arn}:live`))),
});

const seconds = Math.floor(Date.now() / 1000);
const token = await sign({
  aud: ['https://hooks.example.com/default'],
  iat: seconds,
  exp: seconds + 10_800,
});
const httpEvent: Json = {
  version: '2.0',
  rawPath: '/webhooks/default',
  rawQueryString: '',
  headers: {
    authorization: `Bearer ${token}`,
    'ce-id': claims.jti,
    'ce-subject': claims.sub,
    'ce-type': 'it.fattureincloud.webhooks.entities.clients.update',
    host: 'hooks.example.com',
  },
  requestContext: { http: { method: 'POST', path: '/webhooks/default' } },
  body: '{"data":{"ids":[1]}}',
  isBase64Encoded: false,
};

const httpEvents = target('events of the webhook receiver', {
  share: 8,
  input: spoilt(httpEvent, 4),
  refusals: [EventRefused],
  feed: async (event): Promise<Ending> => {
    const { statusCode } = await webhookReceiver(event);
    return statusCode !== undefined && statusCode < 300 ? 'taken' : 'refused';
  },
});

const visit = {
  ...httpEvent,
  rawPath: '/connect/default',
  cookies: [`__Host-fresco-connect=${'c'.repeat(43)}s`],
  headers: { host: 'hooks.example.com', 'sec-fetch-site': 'same-origin', 'accept-language': 'it' },
};

const visits = target('events of the pages for consent', {
  share: 4,
  input: fc.oneof(
    spoilt({ ...visit, requestContext: { http: { method: 'GET' } } }, 4),
    spoilt({ ...visit, body: `ticket=${'t'.repeat(43)}` }, 4),
    spoilt({ ...visit, rawPath: '/connect/callback', rawQueryString: 'code=c&state=default.x' }, 4),
  ),
  refusals: [EventRefused],
  feed: async (event): Promise<Ending> => {
    const { statusCode = 500, headers = {} } = await connect(event);
    if (statusCode >= 500) throw new Error(`answered ${statusCode}`);
    if (/[\r\n]/.test(Object.values(headers).join(''))) throw new Error('a header with two lines');
    // The rotator was asked, and could not be reached.
    return statusCode === 429 ? 'taken' : 'refused';
  },
});

const consents = target('what the rotator answers the pages for consent', {
  input: fc.oneof(
    spoilt({ kind: 'begun', authorizeUrl: 'https://provider.example/' }),
    spoilt({ kind: 'other-account', expects: 'Uno Srl' }),
    spoilt({ kind: 'failed', next: 'later' }),
  ),
  refusals: [StoreRefused],
  feed: (answer) => {
    const send = async () => ({ Payload: Buffer.from(JSON.stringify(answer) ?? '') });
    const door = consentClient({ send } as never, `${arn}:consent`);
    return ended(door({ step: 'look', connection: 'default' }));
  },
});

async function ended(answer: Promise<unknown>): Promise<Ending> {
  await answer;
  return 'taken';
}

function contextOf(invokedFunctionArn: string): Context {
  const context: Partial<Context> = {
    invokedFunctionArn,
    getRemainingTimeInMillis: () => 60_000,
  };
  return context as Context;
}

/** The functions as Lambda calls them, over `startDenyingAws`. */
export const lambdaTargets: readonly Target[] = [
  rotations,
  syncs,
  batches,
  httpEvents,
  visits,
  consents,
];
