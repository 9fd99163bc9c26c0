// Goal: each bundle behaves in Lambda as Lambda expects. Method: the Runtime API on loopback and the Node that
// Lambda runs; a service that never answers holds an invocation while time runs out or the process is killed.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toEnvironment } from '../../src/config.ts';
import { type LambdaFunction, lambdaFunction } from '../doubles/lambda-runtime.ts';
import { node24Path } from '../doubles/node24.ts';
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

const names = { prefix: 'fresco', connections: ['default'] };
const queueUrl = 'http://127.0.0.1:9/000000000000/notifications';
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
        queueUrl,
        table: 'fresco',
        bus: 'fresco-bus',
        providerUrl: 'https://api-v2.fattureincloud.it',
        consumersAlias,
        entity: 'full',
      } as never),
    wrong: { Records: 'none' },
    waiting: { Records: [record] },
  },
] as const;

describe.each(bundles)('the bundle of the $name', ({ name, alias, variables, wrong, waiting }) => {
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
  }, 30_000);

  it('is killed at its timeout, and starts cold again', async () => {
    const lambda = await start(700);
    try {
      const cut = await lambda.invoke(waiting);
      expect(cut.error?.errorMessage).toMatch(/timed out/i);
      expect(await lambda.invoke(wrong)).toMatchObject({ coldStart: true });
    } finally {
      await lambda.stop();
    }
  }, 30_000);

  it('can be killed at any moment, and starts cold again', async () => {
    const lambda = await start(10_000);
    try {
      const cut = lambda.invoke(waiting);
      while (lambda.kill() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await cut).error).toBeDefined();
      expect(await lambda.invoke(wrong)).toMatchObject({ coldStart: true });
    } finally {
      await lambda.stop();
    }
  }, 30_000);
});
