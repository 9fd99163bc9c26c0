// Goal: each bundle behaves in Lambda as Lambda expects. Method: the Runtime API on loopback and the Node that
// Lambda runs; a service that never answers holds an invocation while time runs out or the process is killed.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toEnvironment } from '../../src/config/config.ts';
import { type LambdaFunction, lambdaFunction } from '../doubles/lambda/lambda-runtime.ts';
import { node24Path } from '../doubles/lambda/node24.ts';
import {
  applicationId,
  claims,
  providerKey,
  sign,
} from '../fatture-in-cloud/webhooks/signed-webhook.ts';
import { builtFunction } from './built.ts';

let silent: Server;
let silentUrl: string;

beforeAll(async () => {
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  silentUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});

afterAll(async () => {
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
});

const names = { prefix: 'fresco', connections: ['default'], watching: 'small' as const };
// The SDK sends to the queue's own address, whatever endpoint it was given.
const silentQueue = () => `${silentUrl}/000000000000/notifications`;
const consumersAlias = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers';
const record = {
  messageId: 'm1',
  receiptHandle: 'r1',
  body: JSON.stringify({
    v: 1,
    connection: 'default',
    part: 0,
    id: '1:invented',
    companyId: 108061,
    type: 'it.fattureincloud.webhooks.entities.clients.update',
    resource: 'clients',
    change: 'update',
    ids: [1],
  }),
  attributes: { ApproximateReceiveCount: '1' },
};

/** What each bundle is given, an event that it refuses or fails on, and one that waits for a service. */
const bundles = [
  {
    name: 'rotator',
    alias: ':schedule',
    variables: () =>
      toEnvironment('rotator', {
        ...names,
        table: 'fresco',
        bus: 'fresco-bus',
        providerUrl: 'https://api-v2.fattureincloud.it',
        environment: '000000000000/eu-south-1/test',
        rotateEveryMs: 86_400_000,
        leaseTermMs: 60_000,
      }),
    wrong: { connection: 'nobody' },
    waiting: { connection: 'default' },
  },
  {
    name: 'webhook-handler',
    alias: '',
    variables: () =>
      toEnvironment('webhook-handler', {
        ...names,
        queueUrl: silentQueue(),
        table: 'fresco',
        bus: 'fresco-bus',
        providerUrl: 'https://api-v2.fattureincloud.it',
        consumersAlias,
        entity: 'full',
      } as never),
    wrong: { Records: 'none' },
    waiting: { Records: [record] },
  },
  {
    name: 'webhook-receiver',
    alias: '',
    variables: () =>
      toEnvironment('webhook-receiver', {
        table: 'fresco',
        ...names,
        queueUrl: silentQueue(),
        webhookSink: 'https://hooks.example.com',
        applicationId,
        webhookPublicKeys: [providerKey.publicPem],
      }),
    wrong: null,
    waiting: () => genuine(),
  },
  {
    name: 'sync',
    alias: '',
    variables: () =>
      toEnvironment('sync', {
        ...names,
        queueUrl: silentQueue(),
        table: 'fresco',
        bus: 'fresco-bus',
        providerUrl: 'https://api-v2.fattureincloud.it',
        consumersAlias,
        entity: 'full',
      }),
    wrong: { connection: 7 },
    waiting: { connection: 'default' },
  },
  {
    name: 'connect',
    alias: '',
    variables: () =>
      toEnvironment('connect', {
        connections: ['default'],
        consentAlias: consumersAlias.replace('consumers', 'consent'),
        providerUrl: 'https://api-v2.fattureincloud.it',
      }),
    wrong: {},
    waiting: { rawPath: '/connect/default', requestContext: { http: { method: 'GET' } } },
  },
] as const;

/** A notification as an HTTP API hands it on, signed just now. */
async function genuine(): Promise<unknown> {
  const seconds = Math.floor(Date.now() / 1000);
  const token = await sign({ iat: seconds, exp: seconds + 600 });
  const type = 'it.fattureincloud.webhooks.entities.clients.update';
  return {
    version: '2.0',
    rawPath: '/webhooks/default',
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${token}`,
      'ce-id': claims.jti,
      'ce-type': type,
      'ce-subject': claims.sub,
      'ce-specversion': '1.0',
    },
    requestContext: { http: { method: 'POST', path: '/webhooks/default' } },
    body: '{"data":{"ids":[1]}}',
    isBase64Encoded: false,
  };
}

describe.each(bundles)('the bundle of the $name', ({ name, alias, variables, wrong, waiting }) => {
  const held = async () => (typeof waiting === 'function' ? waiting() : waiting);

  async function start(timeoutMs: number): Promise<LambdaFunction> {
    return lambdaFunction({
      functionName: `${name}${alias}`,
      bundle: await builtFunction(name),
      node: node24Path() ?? process.execPath,
      timeoutMs,
      environment: {
        ...variables(),
        AWS_ENDPOINT_URL: silentUrl,
      },
    });
  }

  it('starts cold, reports what it throws, and stays warm', async () => {
    const lambda = await start(10_000);
    try {
      const first = await lambda.invoke(wrong);
      expect(first).toMatchObject({ coldStart: true, error: expect.anything() });
      expect(await lambda.invoke(wrong)).toMatchObject({ coldStart: false });
    } finally {
      await lambda.stop();
    }
  });

  it('is killed at its timeout, and starts cold again', async () => {
    // The sync looks at its time and stops early, so it is given as much as it takes to wait for a service.
    const lambda = await start(name === 'sync' ? 4000 : 700);
    try {
      const cut = await lambda.invoke(await held());
      expect(cut.error?.errorMessage).toMatch(/timed out/i);
      expect(await lambda.invoke(wrong)).toMatchObject({ coldStart: true });
    } finally {
      await lambda.stop();
    }
  });

  it('can be killed at any moment, and starts cold again', async () => {
    const lambda = await start(10_000);
    try {
      const cut = lambda.invoke(await held());
      while (lambda.kill() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await cut).error).toBeDefined();
      expect(await lambda.invoke(wrong)).toMatchObject({ coldStart: true });
    } finally {
      await lambda.stop();
    }
  });
});
