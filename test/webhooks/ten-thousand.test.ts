import { describe, expect, it, onTestFinished } from 'vitest';
import type { FrescoEvent } from '../../src/core/events/event.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { SendToSink } from '../../src/sandbox/webhooks/sender.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { company, type FaultyProvider, faultyProvider, sink } from './faulty-provider.ts';
import { withMemoryRecords } from './memory-records.ts';
import { type NewGrant, type NotifiedStack, notifiedStack } from './notified-stack.ts';
import { expected, expectFinalStates, publications } from './told-bus.ts';

// Goal: whatever token, API and network do, what the provider told is on the bus, once, for hardly more calls
// than there are entities.
// Method: sandbox, signatures, receiver, queue, handler, token source and rotator as they are, on one virtual
// clock, with queue and events seen in memory and the connection in files; a token that expires, one that is
// refused, a revocation and a window of 429 on the way. FRESCO_FULL=1 makes it 10,000.

const isWhole = process.env['FRESCO_FULL'] === '1';
const notifications = isWhole ? 10_000 : 800;
const bursts = 40;

/** A clock that stands still until somebody waits. */
function virtualClock(): Clock & { advance(ms: number): void } {
  let elapsedMs = 0;
  const advance = (ms: number) => {
    elapsedMs += ms;
  };
  return {
    nowMs: () => 1_790_000_000_000 + elapsedMs,
    monotonicMs: () => elapsedMs,
    wait: async (ms) => advance(ms),
    advance,
  };
}

async function scene() {
  const clock = virtualClock();
  const published: FrescoEvent[] = [];
  let stack: NotifiedStack | undefined;
  const deliver: SendToSink = async ({ method, headers, url, body = '' }) => {
    if (stack === undefined) return { kind: 'unreachable', why: 'not there yet' };
    const request = { method, headers, query: new URL(url).search.slice(1), body };
    const received = await stack.webhooks.receive(request);
    return { kind: 'answered', ...received };
  };
  const provider = await faultyProvider({ clock, seed: 7, deliver });
  onTestFinished(() => provider.close());
  stack = await notifiedStack({
    path: await temporaryFolder(),
    clock,
    providerUrl: provider.url,
    fetch: provider.fetch,
    publicKeyPem: provider.sandbox.publicKeyPem,
    applicationId: provider.sandbox.applicationId,
    bus: { publish: async (events) => void published.push(...events) },
    records: withMemoryRecords,
  });
  await login(provider, stack);
  const data = { sink, types: provider.subscribed };
  const path = `/c/${company}/subscriptions`;
  const made = await stack.api.send({ method: 'POST', path, body: { data } });
  if (made.kind !== 'ok') throw new Error(`no subscription: ${made.kind}`);
  await provider.sandbox.settle();
  return { clock, provider, stack, published };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function login(provider: FaultyProvider, stack: NotifiedStack): Promise<void> {
  const grant = (await provider.control('grants', { direct: true })) as unknown as NewGrant;
  await stack.login(grant);
}

/** Handles what is visible, batch after batch. */
async function handle({ stack }: Scene): Promise<string[]> {
  const endings: string[] = [];
  for (;;) {
    const processed = await stack.webhooks.handle();
    if (processed.length === 0) return endings;
    endings.push(...processed.map((it) => (it.kind === 'retry' ? it.reason : it.kind)));
  }
}

/** What happens before the burst of that number. */
function incident(it: Scene, burst: number): Promise<unknown> | undefined {
  switch (burst) {
    case 5:
      // Its life ends, and no schedule has kept it fresh.
      return Promise.resolve(it.clock.advance(25 * 3_600_000));
    case 10:
      return it.provider.control('expire');
    case 15:
      it.provider.state.throttled = true;
      return undefined;
    case 19:
      it.provider.state.throttled = false;
      return undefined;
    case 25:
      return it.provider.control('revoke');
    case 27:
      // Asked again after this, the rotator knows that the grant is gone.
      return Promise.resolve(it.clock.advance(50 * 60_000));
    case 30:
      return login(it.provider, it.stack);
    default:
      return undefined;
  }
}

async function run(it: Scene): Promise<Map<string, number>> {
  const endings = new Map<string, number>();
  const { clock, provider } = it;
  const round = async () => {
    await provider.sandbox.settle();
    for (const ending of await handle(it)) endings.set(ending, (endings.get(ending) ?? 0) + 1);
    clock.advance(20_000);
  };
  provider.state.failing = 0.05;
  for (let burst = 0; burst < bursts; burst += 1) {
    await incident(it, burst);
    await provider.change(notifications / bursts);
    await round();
    await round();
  }
  for (let rounds = 0; rounds < 300; rounds += 1) await round();
  return endings;
}

describe(`${notifications} notifications, doubled and in disorder`, () => {
  it('are each on the bus once, with the final state of each entity, for at most 1.02 calls each', {
    timeout: 900_000,
  }, async () => {
    const it = await scene();
    const endings = await run(it);
    const { provider, published } = it;
    expect(provider.told.size).toBe(notifications);
    expect(provider.counts.expected).toBe(notifications);
    expect(provider.counts.deliveries).toBeGreaterThan(notifications * 1.05);

    const counts = publications(published);
    expect(new Set(counts.keys())).toEqual(expected(provider));
    expect(Math.max(...counts.values())).toBe(1);
    const entities = await expectFinalStates(provider, published);
    expect(entities).toBeGreaterThan(notifications / 4);

    // Each incident was met, or the run would prove nothing.
    for (const ending of ['failed', 'quota', 'token', 'person', 'held']) {
      expect(endings.get(ending), ending).toBeGreaterThan(0);
    }
    expect(await it.stack.generation()).toBe(4);

    const events = [...provider.told.values()];
    const ids = events.flatMap((event) => event.ids).length;
    const { apiCalls, failedAnswers } = provider.counts;
    if (isWhole) report({ ids, entities, endings, ...provider.counts });
    expect(apiCalls).toBeLessThanOrEqual(1.02 * (ids + failedAnswers));
    // What several notifications of a batch speak of is read once, so that it takes less than one call each.
    expect(apiCalls - failedAnswers).toBeLessThan(ids);
  });
});

function report(figures: Record<string, unknown>): void {
  process.stdout.write(
    `${JSON.stringify(figures, (_, it) => (it instanceof Map ? [...it] : it))}\n`,
  );
}
