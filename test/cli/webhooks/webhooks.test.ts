import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { admittedSenders } from '../../../src/local/admitted-senders.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { expectedSubscriptions } from '../../../src/local/expected-subscriptions.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import { queueFormat } from '../../../src/local/queue.ts';
import { bearer } from '../../sandbox/sandbox-server.ts';
import { loggedIn } from '../logged-in.ts';

/** A sink that answers the handshake and takes every event. */
async function startSink(): Promise<string> {
  const server = createServer((request, response) => {
    const challenge = request.headers['x-fic-verification-challenge'];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(challenge === undefined ? {} : { verification: challenge }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/default`;
}

const subscriptions = '/c/108061/subscriptions';

/** The subscriptions that a watch over the store would look for. */
async function expected(path: string): Promise<string[]> {
  const store = await openFileStore(path, { clock: systemClock });
  return (await expectedSubscriptions(store, 'default').list()).map(({ id }) => id);
}

describe('fresco webhooks', () => {
  it('subscribes, waits for the handshake, lists and deletes', async () => {
    const workspace = await loggedIn();
    const sink = await startSink();
    const created = await workspace.run([
      ...['webhooks', 'create', '--sink', sink, '--json', '--types', 'entities.clients.*'],
    ]);
    expect(created).toMatchObject({ code: 0 });
    const { subscription } = JSON.parse(created.stdout);
    expect(subscription).toMatchObject({ sink, verified: true });
    expect(subscription.types).toHaveLength(3);

    const listed = await workspace.run(['webhooks', 'list']);
    expect(listed.stdout).toContain(`${subscription.id}  verified  ${sink}`);
    expect(listed.stdout).toContain('entities.clients.update');

    expect(await expected(workspace.storePath)).toEqual([subscription.id]);

    const dry = await workspace.run(['webhooks', 'delete', subscription.id, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stdout: `would delete ${subscription.id}\n` });
    const deleted = await workspace.run(['webhooks', 'delete', subscription.id]);
    expect(deleted).toMatchObject({ code: 0, stdout: `${subscription.id} is deleted\n` });
    expect(await expected(workspace.storePath)).toEqual([]);
    const empty = await workspace.run(['webhooks', 'list', '--json']);
    expect(JSON.parse(empty.stdout)).toEqual({ company: 108061, subscriptions: [] });
  });

  it('moves a subscription of its own to the address that is wanted now', async () => {
    const workspace = await loggedIn();
    const [old, sink] = [await startSink(), await startSink()];
    const create = (at: string, ...more: string[]) =>
      workspace.run(['webhooks', 'create', '--types', 'entities.clients.*', '--sink', at, ...more]);
    await create(old);
    const dry = await create(sink, '--dry-run');
    expect(dry.stdout).toBe(`would move SUB230 from ${old} to ${sink}\n`);
    const moved = await create(sink);
    expect(moved).toMatchObject({ code: 0 });
    expect(moved.stderr).toContain(`SUB230 sends to ${old}: it is moved to ${sink}`);
    const lines = moved.stdout.split('\n');
    expect(lines[0]).toBe(`SUB230  verified  ${sink}`);
    expect(lines.slice(1, -1).sort()).toEqual(
      ['create', 'delete', 'update'].map((change) => `    entities.clients.${change}`),
    );
    const store = await openFileStore(workspace.storePath, { clock: systemClock });
    const noted = await expectedSubscriptions(store, 'default').list();
    expect(noted).toMatchObject([{ id: 'SUB230', sink }]);
    expect(await admittedSenders(store, 'default').read()).toMatchObject({ companies: [108061] });

    const again = await create(sink);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/refused \(422\): .* data\.types: .* already registered/);
  });

  it('moves from an earlier address what this store has noted, and nothing of another stack', async () => {
    const workspace = await loggedIn({
      send: async () => ({ kind: 'unreachable', why: 'invented' }),
    });
    const at = (api: string) => `https://${api}.execute-api.eu.example/webhooks/default`;
    const wish = ['--types', 'entities.clients.*', '--sink', at('ours'), '--dry-run'];
    const dry = async () => (await workspace.run(['webhooks', 'create', ...wish])).stdout;
    const types = ['it.fattureincloud.webhooks.entities.clients.create'];
    const { access_token: token } = await workspace.sandbox.grant();
    const body = { data: { sink: at('theirs'), types } };
    const { json } = await workspace.sandbox.request('POST', subscriptions, body, bearer(token));
    expect(await dry()).toMatch(/^would subscribe .* to 3 event types of company 108061\n$/);
    const store = await openFileStore(workspace.storePath, { clock: systemClock });
    const noted = { id: json.data.id, companyId: 108061, sink: at('theirs'), types };
    await expectedSubscriptions(store, 'default').change(() => [noted]);
    expect(await dry()).toBe(
      `would move ${noted.id} from ${at('theirs')} to ${at('ours')}\nwould subscribe ${at('ours')} to 2 event types of company 108061\n`,
    );
  });

  it('puts the dead letters of a file store back', async () => {
    const workspace = await loggedIn();
    const store = await openFileStore(workspace.storePath, { clock: systemClock });
    const letter = { messageId: 'one', body: 'of nobody', sentAtMs: 1 };
    const file = store.record('webhooks', queueFormat);
    await file.update(() => ({
      answer: undefined,
      next: { messages: [], deadLetters: [letter] },
    }));
    const redriven = await workspace.run(['webhooks', 'redrive']);
    expect(redriven).toMatchObject({ code: 0, stdout: expect.stringContaining('on their way') });
    expect(await file.read()).toMatchObject({ messages: [letter], deadLetters: [] });
  });

  it.each([
    {
      name: 'a type that is none',
      args: ['create', '--sink', 'https://hooks.example/x', '--types', 'entities.nobody'],
      code: 64,
      words: /there is no event type 'entities.nobody'/,
    },
    {
      name: 'no endpoint and no --sink',
      args: ['create', '--types', 'entities.clients.*'],
      code: 64,
      words: /has no webhook endpoint: name one with --sink/,
    },
    {
      name: 'a type that the token may not read',
      args: ['create', '--sink', 'https://hooks.example/x', '--types', 'products.create'],
      code: 2,
      words: /lacks the scopes of these types, log in again/,
    },
    {
      name: 'a subscription that is not there',
      args: ['verify', 'SUB1'],
      code: 2,
      words: /this subscription does not exist, see fresco webhooks list/,
    },
    {
      name: 'a company that the token does not reach',
      args: ['list', '--company', '1'],
      code: 2,
      words: /does not reach this company/,
    },
    {
      name: 'a company that is no number',
      args: ['list', '--company', 'mine'],
      code: 64,
      words: /'mine' is invalid. it must be a company's number/,
    },
  ])('says what is wrong with $name', async ({ args, code, words }) => {
    const workspace = await loggedIn();
    const ended = await workspace.run(['webhooks', ...args]);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  });
});
