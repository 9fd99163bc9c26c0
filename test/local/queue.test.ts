import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/local/clock.ts';
import { openFileStore } from '../../src/local/file-store/file-store.ts';
import { localQueue, queueFormat } from '../../src/local/queue.ts';
import { steppedClock } from './stepped-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const visibilityTimeoutMs = 30_000;

async function openQueue() {
  const path = join(await temporaryFolder(), 'store');
  const clock = steppedClock();
  const open = async () => {
    const store = await openFileStore(path, { clock: systemClock, create: true });
    const file = store.record('queue', queueFormat);
    const settings = { clock, random: systemRandom, visibilityTimeoutMs, maxReceiveCount: 3 };
    return localQueue(file, settings);
  };
  return { path, clock, open, queue: await open() };
}

const bodiesOf = (messages: readonly { readonly body: string }[]) =>
  messages.map(({ body }) => body);

describe('a local queue', () => {
  it('gives what was sent, with its id, its time and a first receipt', async () => {
    const { queue, clock } = await openQueue();
    const sentAtMs = clock.nowMs();
    const messageId = await queue.send('one');
    const [message, ...others] = await queue.receive();
    expect(message).toMatchObject({ messageId, body: 'one', receiveCount: 1, sentAtMs });
    expect(others).toEqual([]);
  });

  it('is empty at first', async () => {
    const { queue } = await openQueue();
    expect(await queue.receive()).toEqual([]);
    expect(await queue.deadLetters()).toEqual([]);
    expect([await queue.depth(), await queue.redrive()]).toEqual([0, 0]);
  });

  it('gives no more than asked for', async () => {
    const { queue } = await openQueue();
    for (const body of ['one', 'two', 'three']) await queue.send(body);
    expect(bodiesOf(await queue.receive(2))).toEqual(['one', 'two']);
    expect(bodiesOf(await queue.receive(2))).toEqual(['three']);
    expect(await queue.depth()).toBe(3);
  });

  it('gives of what was sent what the receiver takes, and leaves the rest to others as it is', async () => {
    const { queue } = await openQueue();
    for (const body of ['mine', 'theirs', 'mine too']) await queue.send(body);
    const takes = (body: string) => body.startsWith('mine');
    expect(bodiesOf(await queue.receive(10, takes))).toEqual(['mine', 'mine too']);
    expect(await queue.receive(10, takes)).toEqual([]);
    expect(await queue.receive()).toMatchObject([{ body: 'theirs', receiveCount: 1 }]);
  });

  it.each([
    { name: 'one ms before', waitMs: visibilityTimeoutMs - 1, want: [] },
    { name: 'exactly at', waitMs: visibilityTimeoutMs, want: ['one'] },
  ])('shows a message again $name the end of the timeout → $want', async ({ waitMs, want }) => {
    const { queue, clock } = await openQueue();
    await queue.send('one');
    await queue.receive();
    await clock.advance(waitMs);
    const again = await queue.receive();
    expect(bodiesOf(again)).toEqual(want);
    for (const message of again) expect(message.receiveCount).toBe(2);
  });

  it.each([
    { name: 'one ms before', waitMs: 899, want: [] },
    { name: 'exactly at', waitMs: 900, want: ['one'] },
  ])('shows a delayed message $name the end of its delay → $want', async ({ waitMs, want }) => {
    const { queue, clock } = await openQueue();
    await queue.send('one', { delayMs: 900 });
    await clock.advance(waitMs);
    expect(bodiesOf(await queue.receive())).toEqual(want);
  });

  it('ends a message that was removed', async () => {
    const { queue, clock } = await openQueue();
    await queue.send('one');
    await queue.send('two');
    const [one] = await queue.receive();
    await queue.remove(one?.receipt ?? '');
    await clock.advance(visibilityTimeoutMs);
    expect(bodiesOf(await queue.receive())).toEqual(['two']);
  });

  it('lets an outdated receipt do nothing', async () => {
    const { queue, clock } = await openQueue();
    await queue.send('one');
    const [old] = await queue.receive();
    await clock.advance(visibilityTimeoutMs);
    await queue.receive();
    await queue.remove(old?.receipt ?? '');
    await queue.remove('');
    await queue.changeVisibility(old?.receipt ?? '', 0);
    expect(await queue.receive()).toEqual([]);
    expect(await queue.depth()).toBe(1);
  });

  it('shows a message sooner or later if its receiver says so', async () => {
    const { queue, clock } = await openQueue();
    await queue.send('one');
    const [first] = await queue.receive();
    await queue.changeVisibility(first?.receipt ?? '', 0);
    const [second] = await queue.receive();
    await queue.changeVisibility(second?.receipt ?? '', 100_000);
    await clock.advance(99_999);
    expect(await queue.receive()).toEqual([]);
    await clock.advance(1);
    expect(bodiesOf(await queue.receive())).toEqual(['one']);
  });

  it('makes a message a dead letter once it was received too often', async () => {
    const { queue, clock } = await openQueue();
    const messageId = await queue.send('poison');
    const counts: (number | undefined)[] = [];
    for (let n = 0; n < 4; n += 1) {
      counts.push((await queue.receive())[0]?.receiveCount);
      await clock.advance(visibilityTimeoutMs);
    }
    expect(counts).toEqual([1, 2, 3, undefined]);
    expect(await queue.deadLetters()).toMatchObject([{ messageId, body: 'poison' }]);
    expect(await queue.depth()).toBe(0);
  });

  it('puts dead letters back to be received anew', async () => {
    const { queue, clock } = await openQueue();
    await queue.send('mended');
    for (let n = 0; n < 4; n += 1) {
      await queue.receive();
      await clock.advance(visibilityTimeoutMs);
    }
    expect(await queue.redrive()).toBe(1);
    expect(await queue.receive()).toMatchObject([{ body: 'mended', receiveCount: 1 }]);
    expect(await queue.deadLetters()).toEqual([]);
  });

  it('gives a message to one of many receivers', async () => {
    const { queue, open } = await openQueue();
    await queue.send('one');
    const others = await Promise.all([open(), open()]);
    const received = await Promise.all(
      [queue, ...others].flatMap((each) => [each.receive(), each.receive()]),
    );
    expect(bodiesOf(received.flat())).toEqual(['one']);
  });

  it('still has its messages when it is opened anew', async () => {
    const { queue, open } = await openQueue();
    await queue.send('one');
    expect(bodiesOf(await (await open()).receive())).toEqual(['one']);
  });

  it('does not write when there is nothing to receive or to remove', async () => {
    const { queue, path } = await openQueue();
    await queue.receive();
    await queue.remove('none');
    await expect(readFile(join(path, 'queue.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
