import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FrescoEvent } from '../../src/core/events/event.ts';
import { httpSender } from '../../src/sandbox/webhooks/sender.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { Prng } from '../simulation/histories/prng.ts';
import { company, faultyProvider, sink } from './faulty-provider.ts';
import { hurriedClock } from './hurried-clock.ts';
import { type NewGrant, notifiedStack } from './notified-stack.ts';
import { expected, expectFinalStates, publications } from './told-bus.ts';

// Goal: a process that is killed at any moment, and started again, loses none of what it was told.
// Method: receiver and handler in a process over a real file store, on a clock that runs fast; SIGKILL at random
// moments, while the provider outside goes on. FRESCO_FULL=1: 300 notifications and ten kills.

const isWhole = process.env['FRESCO_FULL'] === '1';
const notifications = isWhole ? 300 : 30;
const kills = isWhole ? 10 : 3;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function buildWorker(outfile: string): Promise<void> {
  const entry = fileURLToPath(new URL('notified-worker.ts', import.meta.url));
  const banner = {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  };
  const common = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
  await build({ ...common, banner, entryPoints: [entry], outfile });
}

async function start(
  script: string,
  orders: object,
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [script, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('the worker has no output');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, port: Number(line.toString()) };
}

async function scene(seed: number) {
  const folder = await temporaryFolder();
  const startMs = Date.now();
  const clock = hurriedClock(startMs);
  const script = join(folder, 'worker.mjs');
  await buildWorker(script);
  let port: Promise<number> = Promise.resolve(0);
  const overHttp = httpSender();
  const provider = await faultyProvider({
    clock,
    seed,
    // What is on its way at a death is lost; what comes after it waits for the next life, to save hours.
    deliver: async (request) => {
      const { search } = new URL(request.url);
      return overHttp({ ...request, url: `http://127.0.0.1:${await port}/${search}` });
    },
  });
  onTestFinished(() => provider.close());
  const orders = {
    path: join(folder, 'store'),
    startMs,
    providerUrl: provider.url,
    publicKeyPem: provider.sandbox.publicKeyPem,
    applicationId: provider.sandbox.applicationId,
    bus: join(folder, 'bus'),
  };
  writeFileSync(orders.bus, '');
  const stack = await notifiedStack({
    ...orders,
    clock,
    fetch,
    bus: { publish: () => Promise.reject(new Error('nothing is handled here')) },
  });
  return {
    clock,
    provider,
    stack,
    events: () => {
      const lines = readFileSync(orders.bus, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as FrescoEvent);
    },
    login: async () => {
      const grant = await provider.control('grants', { direct: true });
      await stack.login(grant as unknown as NewGrant);
    },
    start: async () => {
      const worker = start(script, orders);
      port = worker.then((it) => it.port);
      return (await worker).child;
    },
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function subscribe({ stack, provider }: Scene): Promise<void> {
  const data = { sink, types: provider.subscribed };
  const path = `/c/${company}/subscriptions`;
  const made = await stack.api.send({ method: 'POST', path, body: { data } });
  if (made.kind !== 'ok') throw new Error(`no subscription: ${made.kind}`);
  await provider.sandbox.settle();
}

/** Kills and starts again, with an incident of the provider's between two lives now and then. */
async function liveAndDie(it: Scene, seed: number): Promise<void> {
  const { provider } = it;
  const chance = new Prng(seed);
  provider.state.failing = 0.05;
  let child = await it.start();
  await subscribe(it);
  for (let death = 0; death < kills; death += 1) {
    if (death === Math.floor(kills / 3)) await provider.control('expire');
    provider.state.throttled = death === Math.floor((2 * kills) / 3);
    await provider.change(notifications / kills);
    await pause(chance.between(20, 400));
    child.kill('SIGKILL');
    child = await it.start();
  }
  provider.state.throttled = false;
}

describe(`${notifications} notifications to a process that is killed ${kills} times`, () => {
  it('are all on the bus, with the final state of each entity', { timeout: 180_000 }, async () => {
    const it = await scene(11);
    await it.login();
    await liveAndDie(it, 11);
    const { provider } = it;
    // The provider's last attempt is 35 minutes after the first; a receipt of a killed process ends in one.
    const isWhole = () => {
      const counts = publications(it.events());
      return (
        provider.told.size === notifications &&
        [...expected(provider)].every((key) => counts.has(key))
      );
    };
    for (let waits = 0; waits < 600 && !isWhole(); waits += 1) await pause(100);
    expect(provider.told.size).toBe(notifications);
    const counts = publications(it.events());
    expect(new Set(counts.keys())).toEqual(expected(provider));
    await expectFinalStates(provider, it.events());
  });
});
