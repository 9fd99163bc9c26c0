// Goal: whatever happens in thirty days, a consumer of the bus has all there is after each night.
// Method: the real use cases over the sandbox without sockets, on a clock of their own, from a seed.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type SyncOutcome, syncPass } from '../../src/core/sync/sync.ts';
import type { Kind } from '../../src/sandbox/api/collection-specs.ts';
import type { Entity } from '../../src/sandbox/api/collections.ts';
import { company, type SyncWorld, syncedKinds, syncWorld, usualBounds } from './sync-world.ts';

const dayMs = 86_400_000;
// Thirty nights and 20,000 entities with FRESCO_FULL=1, some of each without; both over the end of summer time.
const isFull = process.env['FRESCO_FULL'] === '1';
const [nights, ofEachKind] = isFull ? [30, 1053] : [3, 150];
const startAtMs = Date.parse(isFull ? '2026-10-05T02:00:00Z' : '2026-10-23T02:00:00Z');
const seeds = (...all: number[]) => (isFull ? all : all.slice(0, 1));
const withBins: readonly Kind[] = ['issued_documents', 'received_documents'];

/** What a day has left to be read: changed entities by list, and what left a bin with no webhook that told of it. */
interface Day {
  readonly changed: Map<string, Set<string>>;
  left: number;
}

const listOf = (kind: Kind, entity: Entity) => `${kind}/${entity['type'] ?? ''}`;

/** A day of changes spread over its hours, and now and then a bulk; of each a webhook tells with the chance given. */
async function day(world: SyncWorld, changes: number, webhooks: number): Promise<Day> {
  const { chance, sandbox, state } = world;
  const { collections } = sandbox;
  const made: Day = { changed: new Map(), left: 0 };
  const note = (kind: Kind, it: Entity) => {
    const list = listOf(kind, it);
    made.changed.set(list, (made.changed.get(list) ?? new Set()).add(String(it.id)));
  };
  const start = state.nowMs;
  const end = (Math.floor((start - 2 * 3_600_000) / dayMs) + 1) * dayMs + 2 * 3_600_000;
  const binnedBefore = new Map(
    withBins.map((kind) => [kind, collections.listBinned(company, kind)]),
  );
  const bulk = chance.isChance(0.2) ? chance.below(changes) : -1;
  for (let n = 0; n < changes; n += 1) {
    const share = (n / changes) * (end - 3_600_000 - start);
    state.nowMs = Math.max(state.nowMs, start + Math.floor(share));
    const kind = chance.pick(syncedKinds);
    const living = collections.list(company, kind);
    const entity = chance.pick(living);
    const isTold = chance.isChance(webhooks);
    const what = chance.below(20);
    if (n === bulk) {
      for (const it of living.slice(0, chance.between(100, 2000))) {
        if (chance.isChance(0.02)) state.nowMs += 1000;
        note(kind, collections.update(company, kind, it, { notes: `bulk ${n}` }, true));
      }
    } else if (what < 2) {
      const { id: _, ...fields } = entity;
      const created = collections.create(company, kind, fields, true);
      note(kind, created);
      if (isTold) await world.notify(kind, created.id, 'create');
    } else if (what < 4 && living.length > 10) {
      collections.remove(company, kind, entity, true);
      made.changed.get(listOf(kind, entity))?.delete(String(entity.id));
      // Without a bin nobody but a webhook can tell.
      if (isTold || !withBins.includes(kind)) await world.notify(kind, entity.id, 'delete');
    } else if (what < 6 && (binnedBefore.get(kind) ?? []).length > 0) {
      const binned = binnedBefore.get(kind)?.pop() as Entity;
      const isRecovered = chance.isChance(0.7);
      collections.unbin(company, kind, binned, isRecovered);
      if (isRecovered && isTold) await world.notify(kind, binned.id, 'create');
      else made.left += 1;
    } else {
      note(kind, collections.update(company, kind, entity, { notes: `day ${n}` }, true));
      if (isTold) await world.notify(kind, entity.id, 'update');
    }
  }
  state.nowMs = Math.max(state.nowMs, end);
  return made;
}

function expectWhole(world: SyncWorld, outcome: SyncOutcome | undefined): void {
  expect(outcome?.kind).toBe('completed');
  expect(differences(world)).toEqual([]);
}

/** Each entity that the consumer has otherwise, or not at all, or still. */
function differences({ truth, consumer }: SyncWorld): string[] {
  const there = truth();
  const keys = new Set([...there.keys(), ...consumer.entities.keys()]);
  return [...keys].filter((key) => there.get(key) !== consumer.entities.get(key));
}

const pagesOf = ({ changed }: Day) =>
  [...changed.values()].reduce((sum, ids) => sum + Math.ceil(ids.size / 100), 0);
const listsAndBins = 19 + 2;

describe(`over ${nights} nights with ${19 * ofEachKind} entities`, () => {
  it('the consumer has all there is after each, and no request is wasted', async () => {
    const world = syncWorld({ seed: 1, startAtMs, entitiesOfEachKind: ofEachKind });
    const { state, consumer } = world;
    expect(world.truth().size).toBeGreaterThan(isFull ? 20_000 : 2500);
    state.nowMs += dayMs;
    expectWhole(world, (await world.night()).outcome);
    for (let night = 1; night <= nights; night += 1) {
      const made = await day(world, world.chance.between(100, 700), 0.7);
      const before = { ...state };
      expectWhole(world, (await world.night()).outcome);
      const allowed = 1.05 * pagesOf(made) + listsAndBins;
      expect(state.requests - before.requests, `night ${night}`).toBeLessThanOrEqual(allowed);
      // Whether what has left a bin is living again, only its own page tells: docs/adr/0023.
      const singles = state.singleReads - before.singleReads;
      expect(singles, `night ${night}`).toBeLessThanOrEqual(made.left);
    }
    expect(state.refusals).toBe(0);
    // What came back from a bin is told again, and so is the hour that comes twice.
    const wasDeleted = (key: string) => consumer.told.has(`${key.split(' ')[0]} deleted`);
    const repeated = [...consumer.told].filter(
      ([key, times]) => times > 1 && !wasDeleted(key) && !key.includes(' 2026-10-25 02:'),
    );
    expect(repeated).toEqual([]);
  }, 120_000);

  it.each(isFull ? [2, 3] : [2])(
    'also when requests fail, stores refuse and the process is killed (seed %i)',
    async (seed) => {
      const world = syncWorld({
        seed,
        startAtMs,
        entitiesOfEachKind: isFull ? ofEachKind : 120,
      });
      let kills = 0;
      for (let night = 0; night <= nights; night += 1) {
        await day(world, 200, 0.5);
        world.state.mishaps = {
          kill: 0.01,
          apiFails: 0.05,
          apiThrottles: 0.05,
          storeRefuses: 0.01,
        };
        const { completed } = world.consumer;
        const before = completed.length;
        kills += (await world.night()).kills;
        expect(completed.length, `night ${night}`).toBeGreaterThan(before);
        expect(differences(world), `night ${night}`).toEqual([]);
      }
      expect(kills).toBeGreaterThan(nights);
      expect(world.state.refusals).toBe(0);
    },
    120_000,
  );
});

describe('while a list is read, others write', () => {
  it.each(seeds(1, 2, 3, 4, 5))('and nothing is left out (seed %i)', async (seed) => {
    const world = syncWorld({ seed, startAtMs, entitiesOfEachKind: 350 });
    const { chance, sandbox, state } = world;
    state.nowMs += dayMs;
    state.meanwhile = () => {
      for (let n = chance.below(4); n > 0; n -= 1) {
        const kind = chance.pick(['clients', 'issued_documents'] as const);
        const entity = chance.pick(sandbox.collections.list(company, kind));
        if (kind === 'issued_documents' && chance.isChance(0.2)) {
          sandbox.collections.remove(company, kind, entity, true);
        } else {
          sandbox.collections.update(company, kind, entity, { notes: 'meanwhile' }, true);
        }
      }
    };
    await world.night();
    state.meanwhile = () => undefined;
    expectWhole(world, (await world.night()).outcome);
  });
});

describe('in the night that summer time ends', () => {
  it.each(seeds(1, 2, 3, 4, 5))(
    'a sync every few minutes leaves nothing out (seed %i)',
    async (seed) => {
      const world = syncWorld({ seed, startAtMs: Date.parse('2026-10-24T22:30:00Z') });
      const { chance, sandbox, state } = world;
      while (state.nowMs < Date.parse('2026-10-25T04:00:00Z')) {
        for (let n = chance.below(20); n > 0; n -= 1) {
          const kind = chance.pick(['clients', 'products'] as const);
          const entity = chance.pick(sandbox.collections.list(company, kind));
          sandbox.collections.update(company, kind, entity, { notes: `${n}` }, true);
          state.nowMs += chance.below(120_000);
        }
        expectWhole(world, (await world.night({ spacingMs: 0 })).outcome);
      }
    },
  );

  it('the same stamp an hour later is another change', async () => {
    const world = syncWorld({ seed: 1, startAtMs: Date.parse('2026-10-25T00:30:00Z') });
    const { sandbox, state } = world;
    const change = (notes: string) => {
      const [client] = sandbox.collections.list(company, 'clients') as [Entity];
      return sandbox.collections.update(company, 'clients', client, { notes }, true);
    };
    const first = change('summer');
    expectWhole(world, (await world.night()).outcome);
    state.nowMs = Date.parse('2026-10-25T01:30:00Z');
    expect(change('winter')['updated_at']).toBe(first['updated_at']);
    expectWhole(world, (await world.night()).outcome);
  });
});

it('a bulk in the minute before a sync is told once, however large', async () => {
  const world = syncWorld({ seed: 1, startAtMs });
  const { sandbox, state, consumer } = world;
  for (let n = 0; n < 2500; n += 1) {
    state.nowMs += 20;
    sandbox.collections.create(company, 'clients', { name: `${n}` }, true);
  }
  expectWhole(world, (await world.night()).outcome);
  const { requests } = state;
  expectWhole(world, (await world.night()).outcome);
  expect(Math.max(...consumer.told.values())).toBe(1);
  // What may still have got company is read once more.
  expect(state.requests - requests).toBeLessThanOrEqual(26 + listsAndBins);
});

describe('a sync that is cut off', () => {
  it('goes on where it was, in as many passes as its time allows', async () => {
    const world = syncWorld({ seed: 1, startAtMs, entitiesOfEachKind: 300 });
    const { outcome, passes } = await world.night({ passMs: 2000 });
    expectWhole(world, outcome);
    expect(passes.length).toBeGreaterThan(4);
    const [twice] = [...world.consumer.told.values()].filter((times) => times > 1);
    expect(twice).toBeUndefined();
    expect(world.consumer.completed).toMatchObject([
      { changed: 19 * 300, companies: 1, skipped: [], resources: { clients: 300 } },
    ]);
  });

  it('ends without a new one if another has begun since', async () => {
    const world = syncWorld({ seed: 1, startAtMs });
    const settings = { connection: 'default', entity: 'full', bounds: usualBounds } as const;
    const first = await syncPass(
      world.ports,
      { ...settings, bounds: { ...usualBounds, endMs: world.clock.monotonicMs() + 3000 } },
      { kind: 'start' },
    );
    if (first.kind !== 'paused') throw new Error(first.kind);
    await world.night();
    const request = { kind: 'resume', id: first.id } as const;
    expect(await syncPass(world.ports, settings, request)).toEqual({ kind: 'superseded' });
  });

  it('leaves the rest of the hour’s quota to others', async () => {
    const settings = { hourlyLimit: 30, shortTermLimit: 300 };
    const world = syncWorld({ seed: 1, startAtMs, entitiesOfEachKind: 300, settings });
    const { outcome, passes } = await world.night();
    expectWhole(world, outcome);
    expect(passes).toHaveLength(3);
    expect(passes[0]).toMatchObject({ kind: 'paused', why: [expect.stringMatching(/hourly/)] });
    expect(world.state.refusals).toBe(0);
  });

  it('leaves the month’s quota to the next sync', async () => {
    const world = syncWorld({ seed: 1, startAtMs, settings: { monthlyLimit: 10 } });
    const { outcome } = await world.night();
    expect(outcome).toMatchObject({ kind: 'paused', resumeAtMs: null });
    expect(world.state.refusals).toBe(0);
  });

  it('tells everything again from a stamp on, once, if it is told to', async () => {
    const world = syncWorld({ seed: 1, startAtMs, entitiesOfEachKind: 120 });
    await world.night();
    const { told } = world.consumer;
    const bounds = { ...usualBounds, endMs: world.clock.monotonicMs() + 20_000 };
    const settings = { connection: 'default', entity: 'full', bounds } as const;
    let outcome = await syncPass(world.ports, settings, {
      kind: 'start',
      since: '2026-01-01 00:00:00',
    });
    for (; outcome.kind === 'paused'; ) {
      bounds.endMs = world.clock.monotonicMs() + 20_000;
      outcome = await syncPass(world.ports, settings, { kind: 'resume', id: outcome.id });
    }
    expect(outcome.kind).toBe('completed');
    expect(new Set(told.values())).toEqual(new Set([2]));
  });
});

describe('what cannot be read', () => {
  it('is named in the end, and keeps nothing else back', async () => {
    const world = syncWorld({ seed: 1, startAtMs, scopes: ['entity.clients:r', 'receipts:r'] });
    const { outcome } = await world.night();
    if (outcome?.kind !== 'completed') throw new Error(outcome?.kind);
    expect(outcome.detail.resources).toEqual({ clients: 3, receipts: 3 });
    expect(outcome.detail.skipped).toContainEqual({
      list: `${company}/products`,
      why: `the token lacks products:r for company ${company}: log in again with it`,
    });
  });

  it('is not asked for again where the company is out of reach or its licence is over', async () => {
    const world = syncWorld({ seed: 1, startAtMs, settings: { licenceExpired: true } });
    const { outcome } = await world.night();
    expect(outcome).toMatchObject({ kind: 'incomplete', counts: { changed: 0 } });
    expect(world.state.requests).toBe(1);
  });

  it('is left to the next sync if it keeps failing', async () => {
    const world = syncWorld({ seed: 1, startAtMs });
    world.state.mishaps = { apiFails: 1 };
    const { outcome, passes } = await world.night();
    expect(passes).toHaveLength(5);
    expect(outcome).toMatchObject({ kind: 'incomplete', counts: { changed: 0 } });
    world.state.mishaps = {};
    expectWhole(world, (await world.night()).outcome);
  });
});

it('a reference names what has changed without the entity', async () => {
  const world = syncWorld({ seed: 1, startAtMs });
  const events: unknown[] = [];
  const bus = { publish: async (told: readonly unknown[]) => void events.push(...told) };
  const settings = { connection: 'default', entity: 'reference', bounds: usualBounds } as const;
  world.state.nowMs += 3000;
  await syncPass({ ...world.ports, bus }, settings, { kind: 'start' });
  expect(events).toContainEqual({
    detailType: 'Entity Changed',
    detail: {
      v: 1,
      connection: 'default',
      subject: `company:${company}`,
      company,
      resource: 'clients',
      id: 3062001,
      change: 'update',
      origin: 'sync',
      updatedAt: isFull ? '2026-10-05 04:00:00' : '2026-10-23 04:00:00',
    },
  });
});

it.runIf(isFull)(
  'a first sync of 500,000 entities ends over its hours, within the quota and with flat memory',
  async () => {
    const world = syncWorld({ seed: 1, startAtMs, entitiesOfEachKind: 26_316 });
    world.consumer.forget();
    world.state.nowMs += dayMs;
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const heapsMb: number[] = [];
    let requests = 0;
    world.state.meanwhile = () => {
      requests += 1;
      if (requests % 250 !== 0) return;
      collectGarbage();
      heapsMb.push(process.memoryUsage().heapUsed / 1e6);
    };
    const startMs = world.state.nowMs;
    const { outcome } = await world.night();
    expect(outcome).toMatchObject({ kind: 'completed', detail: { changed: 19 * 26_316 } });
    expect(world.state.refusals).toBe(0);
    expect(requests).toBeLessThanOrEqual(1.05 * 19 * Math.ceil(26_316 / 100) + listsAndBins);
    expect((world.state.nowMs - startMs) / 3_600_000).toBeLessThan(8);
    console.log(
      `${requests} requests in ${((world.state.nowMs - startMs) / 3_600_000).toFixed(1)} hours, heap from ${heapsMb[0]?.toFixed(0)} to ${heapsMb.at(-1)?.toFixed(0)} MB with the sandbox in it`,
    );
    expect(Math.max(...heapsMb.slice(-4))).toBeLessThan(Math.max(...heapsMb.slice(0, 4)) + 50);
  },
  3_600_000,
);
