import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EntityId,
  keyOf,
  type QueuedNotification,
} from '../../../src/core/webhooks/notification.ts';
import { aboutClients, Killed, ProcessingWorld, refusing } from './processing-world.ts';

// Goal: whatever the API, the token and the process do meanwhile, every entity's final state is on the bus.
// Method: a queue on a virtual clock before the real use case, with faults drawn from a seed; entities change
// while their notifications wait, and come doubled and in disorder.

interface Message {
  readonly notification: QueuedNotification;
  failures: number;
  visibleAtMs: number;
}

interface Faults {
  /** Share of the API's answers that fail. */
  readonly failing: number;
  /** Share of the port calls at which the process dies. */
  readonly killing: number;
}

/** A generator of numbers below 1 that a seed fixes (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Flow {
  readonly world = new ProcessingWorld();
  readonly versions = new Map<EntityId, number>();
  readonly distinct = new Map<string, QueuedNotification>();
  failedAnswers = 0;
  /** Entities of each batch, each counted once. */
  distinctInBatches = 0;
  deaths = 0;
  #queue: Message[] = [];
  readonly #next: () => number;

  constructor(seed: number, count: number) {
    this.#next = random(seed);
    for (let n = 0; n < count; n += 1) this.#change(n);
    this.#queue.sort(() => this.#next() - 0.5);
  }

  /** An event about one to three entities, one in eight of them twice. */
  #change(n: number): void {
    const ids = new Set(
      Array.from(
        { length: 1 + Math.floor(this.#next() * 3) },
        () => 1 + Math.floor(this.#next() * 50),
      ),
    );
    for (const id of ids) this.versions.set(id, (this.versions.get(id) ?? 0) + 1);
    const notification = aboutClients({ id: `198:event-${n}`, ids: [...ids] });
    this.distinct.set(keyOf(notification), notification);
    const copies = this.#next() < 1 / 8 ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#queue.push({ notification, failures: 0, visibleAtMs: this.world.nowMs });
    }
  }

  async drain(faults: Faults): Promise<void> {
    const { world } = this;
    const startMs = world.nowMs;
    world.answer = (id) => {
      const sinceMs = world.nowMs - startMs;
      if (sinceMs > 60_000 && sinceMs < 90_000) {
        this.failedAnswers += 1;
        return { kind: 'wait', waitMs: 300_000 };
      }
      if (this.#next() < faults.failing) {
        this.failedAnswers += 1;
        return { kind: 'failed', detail: 'status 500' };
      }
      return { kind: 'entity', entity: { version: this.versions.get(id) } };
    };
    world.fail = () => {
      if (this.#next() < faults.killing) throw new Killed();
    };
    for (let round = 0; this.#queue.length > 0; round += 1) {
      if (round > 20_000) throw new Error('the queue does not drain');
      await this.#round(startMs);
    }
  }

  async #round(startMs: number): Promise<void> {
    const { world } = this;
    world.nowMs += 2000;
    const sinceMs = world.nowMs - startMs;
    if (sinceMs > 20_000 && sinceMs < 50_000) {
      world.obtained = { kind: 'unavailable', detail: 'the token expired' };
    } else if ('detail' in world.obtained) {
      world.obtained = await new ProcessingWorld().ports.tokens.obtain();
    }
    const batch = this.#queue.filter((it) => it.visibleAtMs <= world.nowMs).slice(0, 10);
    for (const message of batch) message.visibleAtMs = world.nowMs + 60_000;
    this.distinctInBatches += new Set(batch.flatMap((it) => it.notification.ids)).size;
    try {
      const ends = await world.process(batch.map(({ notification }) => notification));
      ends.forEach((end, index) => {
        const message = batch[index];
        if (message === undefined) return;
        if (end.kind !== 'retry') this.#queue.splice(this.#queue.indexOf(message), 1);
        else message.visibleAtMs = world.nowMs + end.delayMs;
      });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.deaths += 1;
    }
  }

  /** How often each entity of each event was published. */
  publications(): number[] {
    const counts = new Map<string, number>();
    for (const { eventId, id } of this.world.details()) {
      const key = `${eventId} ${id}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts.values()];
  }

  expectNothingMissing(): void {
    const wanted = [...this.distinct.values()].flatMap(({ ids }) => ids).length;
    expect(this.publications()).toHaveLength(wanted);
    const last = new Map(this.world.details().map(({ id, entity }) => [id, entity]));
    for (const [id, version] of this.versions) expect(last.get(id)).toEqual({ version });
  }
}

describe('a thousand notifications', () => {
  it.each([1, 2, 3])('with faults of seed %d are all published, each once', async (seed) => {
    const flow = new Flow(seed, 1000);
    await flow.drain({ failing: 0.05, killing: 0 });
    flow.expectNothingMissing();
    expect(Math.max(...flow.publications())).toBe(1);
    const most = flow.distinctInBatches + flow.failedAnswers;
    expect(flow.world.reads.length).toBeLessThanOrEqual(1.02 * most);
  });

  it.each([4, 5, 6])(
    'with a process that dies again and again (seed %d) are all published',
    async (seed) => {
      const flow = new Flow(seed, 300);
      await flow.drain({ failing: 0.05, killing: 0.01 });
      flow.expectNothingMissing();
    },
  );
});

describe('a few notifications', () => {
  it('with any faults at all are all published', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        async (seed, share) => {
          const flow = new Flow(seed, 15);
          await flow.drain({ failing: share, killing: share / 5 });
          flow.expectNothingMissing();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('would be seen to miss one if publishing failed and the message were taken for done', async () => {
    const flow = new Flow(7, 15);
    const fail = refusing('bus.publish');
    flow.world.ports.bus.publish = ((publish) => async (events) => {
      try {
        fail('bus.publish');
      } catch {
        return;
      }
      return publish(events);
    })(flow.world.ports.bus.publish);
    await flow.drain({ failing: 0, killing: 0 });
    expect(() => flow.expectNothingMissing()).toThrow();
  });
});
