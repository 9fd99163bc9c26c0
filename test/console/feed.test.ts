import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Moment } from '../../src/console/view.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import { startSandbox } from '../sandbox/sandbox-server.ts';
import { type FakeConnection, fakeConnection, freshView, startConsole } from './console-fixture.ts';

interface FeedEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the feed says, for assertions
  readonly data: any;
}

/** Follows the feed of a console until the test ends or it leaves. */
async function follow({ url, cookie }: { readonly url: string; readonly cookie: string }) {
  const sent = get(`${url}/feed`, { headers: { cookie } });
  onTestFinished(() => void sent.destroy());
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const events = eventsIn(response);
  return {
    status: response.statusCode,
    leave: () => sent.destroy(),
    next: async (kind: string): Promise<FeedEvent['data']> => {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error(`the feed ended before ${kind}`);
        if (value.event === kind) return value.data;
      }
    },
  };
}

async function* eventsIn(response: IncomingMessage): AsyncGenerator<FeedEvent, undefined> {
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const block of whole) {
      const [, event = ''] = /^event: (.*)$/m.exec(block) ?? [];
      yield { event, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') };
    }
  }
  return undefined;
}

const moment: Moment = {
  atMs: freshView.nowMs,
  kind: 'webhook',
  tone: 'plain',
  text: 'entities.clients.update → 202 delivered',
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('the feed of the page', () => {
  it('begins with what has happened and how the connection is', async () => {
    const page = await startConsole(fakeConnection({ recent: [moment] }));
    const feed = await follow(page);
    expect(await feed.next('recent')).toMatchObject([{ kind: 'webhook', text: moment.text }]);
    const drawing = await feed.next('connection');
    expect(drawing.status).toEqual({ words: 'Fresh', tone: 'good' });
    expect(drawing.token).toMatchObject({ generation: 'Generation 6', left: '18 h' });
  });

  it('tells a moment as it happens, and the connection with it', async () => {
    const connection = fakeConnection({});
    const feed = await follow(await startConsole(connection));
    await feed.next('connection');
    connection.show({ ...freshView, latch: 'a person is needed' });
    connection.happen({ ...moment, text: 'until 2026-11-26T07:19:47Z' });
    expect((await feed.next('moment')).text).toMatch(/^until Thu \d\d:\d\d$/);
    expect((await feed.next('connection')).status.words).toBe('A person is needed');
  });

  it('lists the faults that still spoil requests', async () => {
    const sandbox = await startSandbox();
    const html = { on: 'POST /oauth/token', kind: 'html', status: 502 };
    const spent = { on: 'GET /user/info', kind: 'status', status: 500, times: 1 };
    await sandbox.request('POST', '/_sandbox/faults', [html, spent]);
    await sandbox.request('GET', '/user/info');
    await sandbox.request('POST', '/oauth/token', {});
    const page = await startConsole(fakeConnection({ sandboxUrl: sandbox.url }));
    const { faults } = await (await follow(page)).next('connection');
    expect(faults).toEqual(['POST /oauth/token: answers 502 with HTML (once so far)']);
  });

  it.each([
    [
      new StoreRefused('denied', 'the store is open to other users'),
      'the store is open to other users',
    ],
    [new TypeError('planted r/0001invented'), 'the connection cannot be read'],
  ])('says what is wrong where nothing can be read, and goes on: %s', async (error, why) => {
    const connection = fakeConnection({});
    connection.show(error);
    const feed = await follow(await startConsole(connection));
    expect(await feed.next('trouble')).toEqual({ why });
    connection.show(freshView);
    connection.happen(moment);
    expect((await feed.next('connection')).status.words).toBe('Fresh');
  });

  it('lets go of a reader that leaves', async () => {
    const connection = fakeConnection({});
    const feed = await follow(await startConsole(connection));
    await feed.next('connection');
    expect(connection.listeners).toBe(1);
    feed.leave();
    await until(() => connection.listeners === 0);
  });

  it('has sixteen readers at most, and room again when one leaves', async () => {
    const connection: FakeConnection = fakeConnection({});
    const page = await startConsole(connection);
    const feeds = await Promise.all(Array.from({ length: 16 }, () => follow(page)));
    expect((await follow(page)).status).toBe(429);
    feeds[0]?.leave();
    await until(() => connection.listeners === 15);
    expect((await follow(page)).status).toBe(200);
  });
});
