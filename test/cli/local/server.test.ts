import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LocalServer, listenLocally, onFreePort } from '../../../src/cli/local/server.ts';

async function taken(): Promise<LocalServer & { readonly port: number }> {
  const server = await listenLocally(0);
  onTestFinished(() => server.close());
  return { ...server, port: Number(new URL(server.url).port) };
}

const inUse = Object.assign(new Error('in use'), { code: 'EADDRINUSE' });

describe('a port', () => {
  it('that is taken gives way to the next free one', async () => {
    const { port } = await taken();
    const next = await onFreePort(port, listenLocally);
    onTestFinished(() => next.close());
    expect(Number(new URL(next.url).port)).toBeGreaterThan(port);
  });

  it.each([
    [4000, 4000, 4019],
    [65_530, 65_530, 65_535],
  ])(
    'is asked for from %d on, up to the twentieth or the last there is',
    async (port, first, last) => {
      const tried: number[] = [];
      const open = async (one: number) => {
        tried.push(one);
        throw inUse;
      };
      await expect(onFreePort(port, open)).rejects.toThrow(
        `ports ${first} to ${last} are taken: choose others, see --help`,
      );
      expect([tried[0], tried.at(-1)]).toEqual([first, last]);
    },
  );

  it('that cannot be had for another reason is not asked for again', async () => {
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    let tries = 0;
    const open = async () => {
      tries += 1;
      throw denied;
    };
    await expect(onFreePort(80, open)).rejects.toBe(denied);
    expect(tries).toBe(1);
  });
});

describe('a server of this machine', () => {
  it('answers 503 until there is something to serve', async () => {
    const server = await taken();
    expect((await fetch(server.url)).status).toBe(503);
    server.serve(new Hono().get('/', (c) => c.text('here')));
    expect(await (await fetch(server.url)).text()).toBe('here');
  });
});
