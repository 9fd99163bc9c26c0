// Goal: no function lets another provider than the one that gave the tokens hear anything.
// Method: the built bundles with tokens of the sandbox and the address of a server that only listens.
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { type RawServer, startRaw } from '../fatture-in-cloud/raw-server.ts';
import { byHand, startRotatorStack } from './rotator-stack.ts';
import { startWebhookStack } from './webhook-stack.ts';

let other: RawServer;

beforeEach(async () => {
  other = await startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{}'));
  onTestFinished(other.stop);
});

it('not from the rotator, through any door', async () => {
  const stack = await startRotatorStack(() => byHand(`http://127.0.0.1:${other.port}`));
  onTestFinished(stack.stop);
  const connection = 'default';
  await stack.logIn(20 * 3_600_000);
  const rejected = { grant: 1, generation: 1, attempt: 0 };
  for (const [door, event] of [
    ['schedule', { connection }],
    ['consumers', { connection, minValidityMs: 80_000_000 }],
    ['consumers', { connection, rejected }],
    ['operator', { connection }],
  ] as const) {
    const { payload, error } = await stack.through(door, event);
    expect(error, door).toBeUndefined();
    expect(JSON.stringify(payload), door).toMatch(/elsewhere|person-needed/);
    expect(other.connections(), door).toBe(0);
  }
});

it('not from handler, watch and sync', async () => {
  const stack = await startWebhookStack(`http://127.0.0.1:${other.port}`);
  onTestFinished(stack.stop);
  await stack.subscribe(['it.fattureincloud.webhooks.entities.clients.update'], 'binary');
  await stack.change('entities.clients.update', 1);
  expect((await stack.handle()).logs).toContain('what is stored is for');
  const subscription = { id: 'SUB1', companyId: 108061, sink: stack.sink, types: ['x'] };
  await stack.expected.change(() => [subscription]);
  await stack.watch(true);
  await stack.sync({ connection: 'default' });
  expect(await stack.sync({ Records: stack.continuations() })).toMatchObject({
    payload: ['person-needed'],
  });
  expect(other.connections()).toBe(0);
});
