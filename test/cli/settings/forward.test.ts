import { mkdir, readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ForwardTarget, forwarder, parseForward } from '../../../src/cli/settings/forward.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import { openStage } from '../../connection/local/local-stage.ts';
import { startLoopback } from '../../doubles/http/loopback.ts';
import { answerWith, httpAnswer, startRaw } from '../../fatture-in-cloud/raw-server.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';

const never = new AbortController().signal;

async function outboxIn(path: string) {
  const store = await openFileStore(path, { clock: steady, create: true });
  return store.outbox('default');
}

const steady = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0, wait: async () => {} };

/** A target that refuses what the test says, and writes down what it took. */
function listener(refuses: (event: string) => boolean = () => false) {
  const heard: string[] = [];
  const target: ForwardTarget = {
    name: 'the test',
    take: async (event) => {
      heard.push(event);
      return refuses(event) ? 'it said no' : undefined;
    },
  };
  return { heard, target };
}

async function scene(refuses?: (event: string) => boolean) {
  const outbox = await outboxIn(`${await temporaryFolder()}/store`);
  const time = { nowMs: 1_000 };
  const said: string[] = [];
  const { heard, target } = listener(refuses);
  const clock = { nowMs: () => time.nowMs };
  const onRefused = (text: string) => void said.push(text);
  const { run } = forwarder({ outbox, target, clock, signal: never, onRefused });
  return { outbox, time, said, heard, run };
}

describe('an outbox', () => {
  it('keeps each text in a file of its own until it is removed, in order, for every process', async () => {
    const path = `${await temporaryFolder()}/store`;
    const outbox = await outboxIn(path);
    expect(await outbox.waiting()).toEqual([]);
    for (const text of ['one', 'two', 'three']) await outbox.put(text);
    const other = await outboxIn(path);
    const names = await other.waiting();
    expect(await Promise.all(names.map((name) => other.read(name)))).toEqual([
      'one',
      'two',
      'three',
    ]);
    await other.remove(names[0] ?? '');
    await other.remove(names[0] ?? '');
    expect(await outbox.waiting()).toEqual(names.slice(1));
  });

  it('is refused where something else is in its place', async () => {
    const path = `${await temporaryFolder()}/store`;
    const outbox = await outboxIn(path);
    await mkdir(`${path}/outbox-default`, { mode: 0o755 });
    await expect(outbox.put('one')).rejects.toMatchObject({ reason: 'denied' });
  });
});

describe('an event that is forwarded', () => {
  it('is handed on once it is taken, and not again', async () => {
    const { outbox, heard, run } = await scene();
    await outbox.put('one');
    await outbox.put('two');
    await run();
    await run();
    expect(heard).toEqual(['one', 'two']);
    expect(await outbox.waiting()).toEqual([]);
  });

  it('waits until it is taken, ever longer, and keeps the others back no longer than once', async () => {
    let refused = 0;
    const it = await scene((event) => event === 'bad' && refused++ < 3);
    await it.outbox.put('bad');
    await it.outbox.put('good');
    await it.run();
    expect(it.said).toEqual([
      'an event was not taken by the test: it said no; 2 wait, again in 1 s',
    ]);
    it.time.nowMs += 999;
    await it.run();
    expect(it.heard).toEqual(['bad']);
    it.time.nowMs += 1;
    await it.run();
    expect(it.heard).toEqual(['bad', 'good', 'bad']);
    for (const waitMs of [1_000, 2_000]) {
      it.time.nowMs += waitMs;
      await it.run();
    }
    expect(it.heard).toEqual(['bad', 'good', 'bad', 'bad', 'bad']);
    expect(await it.outbox.waiting()).toEqual([]);
  });

  it('is on the disk before anyone hears of it, and is handed on by the next process', async () => {
    const path = `${await temporaryFolder()}/store`;
    const { system, connect, advance, events } = await openStage({ path, keepsEvents: true });
    await connect();
    await system.rotate({ trigger: 'schedule' });
    advance(12 * 3_600);
    await system.rotate({ trigger: 'schedule' });
    expect(events).toHaveLength(1);
    const outbox = await outboxIn(path);
    const { heard, target } = listener();
    const onRefused = () => undefined;
    await forwarder({ outbox, target, clock: steady, signal: never, onRefused }).run();
    expect(heard.map((line) => JSON.parse(line))).toEqual([
      { source: 'fresco', 'detail-type': 'Token Refreshed', detail: events[0]?.detail },
    ]);
    expect(await outbox.waiting()).toEqual([]);
  });
});

describe('an address', () => {
  it.each([
    [204, undefined],
    [302, 'it answered 302'],
    [503, 'it answered 503'],
  ])('that answers %d → %s, and no redirect is followed', async (status, want) => {
    const bodies: string[] = [];
    const server = await startLoopback(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk));
      response.writeHead(status, { location: '/elsewhere' });
      response.end();
    });
    onTestFinished(server.stop);
    const { take, name } = parseForward(`${server.endpoint}/events?key=hidden`);
    expect(await take('{"x":1}', never)).toBe(want);
    expect(bodies).toEqual(['{"x":1}']);
    expect(name).toBe(`${server.endpoint}/events`);
  });

  it('is reached through the proxy that is set', async () => {
    const proxy = await startRaw(answerWith(httpAnswer('502 Bad Gateway', [], '')));
    onTestFinished(proxy.stop);
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { take } = parseForward('https://events.example.com/x');
    expect(await take('{}', never)).toMatch(/^no answer \(/);
    expect(proxy.received()).toMatch(/^CONNECT events\.example\.com:443 /);
  });

  it('that is not reached has not taken it', async () => {
    const { take } = parseForward('http://127.0.0.1:9/events');
    expect(await take('{}', never)).toMatch(/^no answer \(/);
  });

  it.each(['http://example.org/x', 'https://a:b@example.org/x', 'https://', ''])(
    'such as %s is refused',
    (text) => {
      expect(() => parseForward(text)).toThrow();
    },
  );
});

describe('a command', () => {
  it('reads the event, without the secret of the application', async () => {
    const path = `${await temporaryFolder()}/event`;
    process.env['FATTUREINCLOUD_CLIENT_SECRET'] = 'invented';
    onTestFinished(() => void delete process.env['FATTUREINCLOUD_CLIENT_SECRET']);
    const command = `cat > ${path}; echo "[$FATTUREINCLOUD_CLIENT_SECRET]" >> ${path}`;
    expect(await parseForward(command).take('{"x":1}', never)).toBeUndefined();
    expect(await readFile(path, 'utf8')).toBe('{"x":1}\n[]\n');
  });

  it.each([
    ['exit 3', 'it ended with 3'],
    ['true', undefined],
    ['kill -9 $$', 'it ended with SIGKILL'],
  ])('%s → %s', async (command, want) => {
    expect(await parseForward(command).take('{}'.repeat(100_000), never)).toBe(want);
  });

  it('is stopped with the session, and has not taken it', async () => {
    const controller = new AbortController();
    const taken = parseForward('exec cat /dev/zero > /dev/null').take('{}', controller.signal);
    controller.abort();
    expect(await taken).toMatch(/^it did not run|^it ended/);
  });
});
