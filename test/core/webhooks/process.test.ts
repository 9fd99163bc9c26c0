import { describe, expect, it } from 'vitest';
import type { EntityRead } from '../../../src/core/webhooks/ports.ts';
import {
  aboutClients,
  Killed,
  type PortCall,
  ProcessingWorld,
  refusing,
} from './processing-world.ts';

describe('a notification', () => {
  it('is published with the entity as it is now', async () => {
    const world = new ProcessingWorld();
    expect(await world.process([aboutClients()])).toEqual([{ kind: 'done', published: 1 }]);
    expect(world.published).toEqual([
      {
        detailType: 'Entity Changed',
        detail: {
          v: 1,
          connection: 'default',
          subject: 'company:108061',
          company: 108061,
          resource: 'clients',
          id: 1,
          change: 'update',
          origin: 'webhook',
          eventId: '198:event-1',
          type: 'it.fattureincloud.webhooks.entities.clients.update',
          time: '2026-11-23T02:00:00Z',
          entity: { id: 1 },
        },
      },
    ]);
  });

  it('is published once, however often it comes', async () => {
    const world = new ProcessingWorld();
    await world.process([aboutClients()]);
    expect(await world.process([aboutClients()])).toEqual([{ kind: 'done', published: 0 }]);
    expect(world.reads).toEqual([1]);
    expect(world.published).toHaveLength(1);
  });

  it('that comes twice at the same time is left to whoever was first', async () => {
    const world = new ProcessingWorld();
    const [first, second] = await world.process([aboutClients(), aboutClients()]);
    expect(first).toEqual({ kind: 'done', published: 1 });
    expect(second).toMatchObject({ kind: 'retry', reason: 'held', delayMs: 60_000 });
    expect(world.published).toHaveLength(1);
  });

  it('without a time is published without one', async () => {
    const world = new ProcessingWorld();
    const { time: _, ...timeless } = aboutClients();
    await world.process([timeless]);
    expect(world.details()[0]).not.toHaveProperty('time');
  });

  it('is noted for the next sync once it is told, and not before', async () => {
    const world = new ProcessingWorld();
    const noted: unknown[] = [];
    const entities = {
      note: async (...note: unknown[]) => void noted.push(note),
      doubt: async () => undefined,
    };
    Object.assign(world.ports, { published: { entities, stampOf: () => '0100' } });
    world.fail = refusing('bus.publish');
    await world.process([aboutClients()]);
    expect(noted).toEqual([]);
    await world.process([aboutClients()]);
    expect(noted).toEqual([[108061, 'clients', 1, { kind: 'stamp', stamp: '0100' }]]);
  });

  it('of another part or connection is another', async () => {
    const world = new ProcessingWorld();
    const others = [aboutClients({ part: 1 }), aboutClients({ connection: 'second' })];
    await world.process([aboutClients(), ...others]);
    expect(world.published).toHaveLength(3);
  });

  it('is confirmed before its notes, which may be many and go out in order', async () => {
    const world = new ProcessingWorld();
    const order: string[] = [];
    const entities = { note: async () => void order.push('note') };
    const seen = Object.assign(Object.create(world.ports.seen), {
      confirm: async () => void order.push('confirm'),
    });
    Object.assign(world.ports, { seen, published: { entities, stampOf: () => '0100' } });
    await world.process([aboutClients()]);
    expect(order).toEqual(['confirm', 'note']);
  });

  it('of what is gone is published as a deletion', async () => {
    const world = new ProcessingWorld();
    world.answer = () => ({ kind: 'absent' });
    await world.process([aboutClients()]);
    expect(world.details()).toMatchObject([{ id: 1, change: 'delete' }]);
    expect(world.details()[0]).not.toHaveProperty('entity');
  });

  it.each(['full', 'reference'] as const)(
    'of a deletion is believed by the API alone, also where references are wanted (%s)',
    async (entity) => {
      const world = new ProcessingWorld();
      world.settings = { entity };
      world.answer = (id) => (id === 1 ? { kind: 'absent' } : { kind: 'entity', entity: { id } });
      const deletion = aboutClients({ change: 'delete', ids: [1, 2] });
      expect(await world.process([deletion])).toEqual([
        { kind: 'done', published: 2, warning: '1 of the deletions told are still at the API' },
      ]);
      expect(world.reads).toEqual([1, 2]);
      expect(world.details()).toMatchObject([
        { id: 1, change: 'delete' },
        { id: 2, change: 'update' },
      ]);
      const [gone, there] = world.details();
      expect(gone).not.toHaveProperty('entity');
      expect(there?.['entity']).toEqual(entity === 'full' ? { id: 2 } : undefined);
    },
  );

  it('of a deletion waits for a token, since nothing is told on its word', async () => {
    const world = new ProcessingWorld();
    world.obtained = { kind: 'person-needed', detail: 'log in' };
    const deletion = aboutClients({ change: 'delete' });
    expect(await world.process([deletion])).toMatchObject([{ kind: 'retry', reason: 'person' }]);
    expect(world.published).toEqual([]);
  });

  it('is published as a reference, unread, where references are wanted', async () => {
    const world = new ProcessingWorld();
    world.settings = { entity: 'reference' };
    await world.process([aboutClients()]);
    expect(world.reads).toEqual([]);
    expect(world.details()).toMatchObject([{ id: 1, change: 'update' }]);
    expect(world.details()[0]).not.toHaveProperty('entity');
  });
});

describe('what stands in the way', () => {
  it.each([
    [{ kind: 'unavailable', detail: 'no rotator' }, 'token', 60_000],
    [{ kind: 'too-long', expiresAtMs: 1 }, 'token', 60_000],
    [{ kind: 'person-needed', detail: 'run fresco login' }, 'person', 900_000],
  ] as const)(
    'of a token (%j) makes every message wait, unclaimed',
    async (obtained, reason, delayMs) => {
      const world = new ProcessingWorld();
      world.obtained = obtained;
      const batch = [aboutClients(), aboutClients({ id: '198:event-2' })];
      for (const end of await world.process(batch)) {
        expect(end).toMatchObject({ kind: 'retry', reason, delayMs });
      }
      expect(world.calls).not.toContain('seen.claim');
      expect(world.calls.filter((call) => call === 'tokens.obtain')).toHaveLength(1);
    },
  );

  it('of a quota makes all of the company wait, in this batch and the next, and no other', async () => {
    const world = new ProcessingWorld();
    world.settings = { readsMax: 1 };
    world.answer = (id, { companyId }) =>
      companyId === 108061 ? { kind: 'wait', waitMs: 300_000 } : { kind: 'entity', entity: { id } };
    const batch = [
      aboutClients({ ids: [1, 2, 3] }),
      aboutClients({ id: '198:event-2' }),
      aboutClients({ id: '198:event-3', companyId: 5 }),
    ];
    const wait = { kind: 'retry', reason: 'quota', delayMs: 300_000 };
    expect(await world.process(batch)).toMatchObject([wait, wait, { kind: 'done' }]);
    expect(world.reads).toHaveLength(2);
    world.nowMs += 100_000;
    expect(await world.process([aboutClients()])).toMatchObject([{ ...wait, delayMs: 200_000 }]);
    expect(world.reads).toHaveLength(2);
    world.nowMs += 200_000;
    world.answer = (id) => ({ kind: 'entity', entity: { id } });
    expect(await world.process(batch)).toMatchObject([
      { published: 3 },
      { published: 1 },
      { published: 0 },
    ]);
  });

  it('of a quota is asked for once in a batch, for each company', async () => {
    const world = new ProcessingWorld();
    const batch = [1, 2, 3].map((n) => aboutClients({ id: `198:event-${n}` }));
    await world.process([...batch, aboutClients({ companyId: 5 })]);
    expect(world.calls.filter((call) => call === 'pauses.untilMs')).toHaveLength(2);
  });

  it.each<[EntityRead, object]>([
    [
      { kind: 'failed', detail: 'status 500' },
      { reason: 'failed', delayMs: 15_000 },
    ],
    [{ kind: 'licence-expired' }, { reason: 'licence', delayMs: 3_600_000 }],
    [
      { kind: 'no-token', person: true, detail: 'x' },
      { reason: 'person', delayMs: 900_000 },
    ],
    [
      { kind: 'no-token', person: false, detail: 'x' },
      { reason: 'token', delayMs: 60_000 },
    ],
  ])('of reading (%j) brings the message back', async (read, want) => {
    const world = new ProcessingWorld();
    world.answer = () => read;
    expect(await world.process([aboutClients()])).toMatchObject([{ kind: 'retry', ...want }]);
    world.answer = () => ({ kind: 'entity', entity: {} });
    expect(await world.process([aboutClients()])).toEqual([{ kind: 'done', published: 1 }]);
  });

  it('of a missing scope ends the message with its name, and is asked once', async () => {
    const world = new ProcessingWorld();
    world.answer = (id) =>
      id === 1 ? { kind: 'forbidden', detail: 'lacks x:r' } : { kind: 'entity', entity: {} };
    const message = aboutClients({ ids: [1, 2] });
    expect(await world.process([message])).toEqual([
      { kind: 'drop', published: 1, reason: 'lacks x:r' },
    ]);
    await world.process([message]);
    expect(world.reads).toEqual([1, 2]);
  });

  it('of a few entities does not read or publish the others again', async () => {
    const world = new ProcessingWorld();
    world.answer = (id) =>
      id === 2 ? { kind: 'failed', detail: 'status 500' } : { kind: 'entity', entity: { id } };
    const message = aboutClients({ ids: [1, 2, 3] });
    expect(await world.process([message])).toMatchObject([{ kind: 'retry', reason: 'failed' }]);
    world.answer = (id) => ({ kind: 'entity', entity: { id } });
    expect(await world.process([message], 1)).toEqual([{ kind: 'done', published: 1 }]);
    expect(world.reads).toEqual([1, 2, 3, 2]);
    expect(world.details().map(({ id }) => id)).toEqual([1, 3, 2]);
  });

  it('of time leaves the rest to the next delivery', async () => {
    const world = new ProcessingWorld();
    world.settings = { readsMax: 1 };
    world.answer = (id) => {
      world.nowMs += 20_000;
      return { kind: 'entity', entity: { id } };
    };
    const message = aboutClients({ ids: [1, 2, 3] });
    expect(await world.process([message])).toMatchObject([{ reason: 'time', delayMs: 1000 }]);
    expect(await world.process([message])).toEqual([{ kind: 'done', published: 1 }]);
    expect(world.reads).toEqual([1, 2, 3]);
  });

  it.each([
    [0, 15_000],
    [1, 30_000],
    [5, 480_000],
    [6, 900_000],
    [1000, 900_000],
  ])('again after %d failures keeps it away for %d ms', async (failures, delayMs) => {
    const world = new ProcessingWorld();
    world.answer = () => ({ kind: 'failed', detail: 'status 500' });
    expect(await world.process([aboutClients()], failures)).toMatchObject([{ delayMs }]);
  });
});

describe('reads', () => {
  it('are bounded over the whole batch', async () => {
    const world = new ProcessingWorld();
    const batch = [1, 2, 3, 4, 5].map((n) =>
      aboutClients({ id: `198:event-${n}`, ids: [n, n + 10, n + 20] }),
    );
    await world.process(batch);
    expect(world.reads).toHaveLength(15);
    expect(world.readsMost).toBe(4);
  });
});

describe('a notification of a company that is not the connection’s', () => {
  const ids = Array.from({ length: 100 }, (_, n) => n + 1);
  const foreign = aboutClients({ companyId: 666, ids });
  const end = { kind: 'foreign', reason: 'company 666 is not one of this connection' };
  const served = (id: number) => ({ companies: [id], application: null, learnUntilMs: 0 });

  it.each(['update', 'delete'] as const)('is not read, claimed or told (%s)', async (change) => {
    const world = new ProcessingWorld();
    world.serves(108061);
    expect(await world.process([{ ...foreign, change }, aboutClients()])).toEqual([
      end,
      { kind: 'done', published: 1 },
    ]);
    expect(world.reads).toEqual([1]);
    expect(world.calls.filter((call) => call === 'seen.claim')).toHaveLength(1);
    expect(world.published).toHaveLength(1);
  });

  it('is told apart where references are wanted, and no token is asked for', async () => {
    const world = new ProcessingWorld();
    world.settings = { entity: 'reference' };
    world.admitted = served(108061);
    expect(await world.process([foreign])).toEqual([end]);
    expect(world.calls).toEqual(['senders.read', 'subscriptions.list']);
  });

  it('is the connection’s where an operator has subscribed it, and where nobody knows', async () => {
    const world = new ProcessingWorld();
    expect(await world.process([aboutClients()])).toMatchObject([{ kind: 'done' }]);
    world.serves(108061);
    world.admitted = served(666);
    expect(await world.process([{ ...foreign, ids: [1] }])).toMatchObject([{ kind: 'done' }]);
    Object.assign(world, { admitted: undefined, subscribed: [666] });
    const second = { ...foreign, id: '198:second', ids: [1] };
    expect(await world.process([second])).toEqual([{ kind: 'done', published: 1 }]);
  });
});

describe('an entity that several notifications of a batch speak of', () => {
  it('is read once, after the last of them has come: fifteen updates of three clients are 3 reads and 15 events', async () => {
    const world = new ProcessingWorld();
    const batch = Array.from({ length: 15 }, (_, n) =>
      aboutClients({ id: `198:event-${n}`, ids: [1 + (n % 3)] }),
    );
    const ends = await world.process(batch);
    expect(ends).toEqual(batch.map(() => ({ kind: 'done', published: 1 })));
    expect(world.reads.sort()).toEqual([1, 2, 3]);
    expect(world.calls.indexOf('reader.read')).toBeGreaterThan(
      world.calls.lastIndexOf('seen.claim'),
    );
    const told = new Set(world.details().map(({ eventId, id }) => `${eventId} ${id}`));
    expect(told.size).toBe(15);
    expect(world.published).toHaveLength(15);
  });

  it('of another kind or company is another', async () => {
    const world = new ProcessingWorld();
    const others = [{ resource: 'suppliers' }, { companyId: 5 }];
    const batch = [{}, ...others].map((it, n) => aboutClients({ id: `198:event-${n}`, ...it }));
    await world.process(batch);
    expect(world.reads).toEqual([1, 1, 1]);
  });

  it('is noted for the next sync once', async () => {
    const world = new ProcessingWorld();
    const noted: unknown[] = [];
    const entities = {
      note: async (...note: unknown[]) => void noted.push(note),
      doubt: async () => undefined,
    };
    Object.assign(world.ports, { published: { entities, stampOf: () => '0100' } });
    await world.process([aboutClients(), aboutClients({ id: '198:event-2' })]);
    expect(noted).toHaveLength(1);
  });

  it('and that cannot be read brings each of them back', async () => {
    const world = new ProcessingWorld();
    world.answer = () => ({ kind: 'failed', detail: 'status 500' });
    const batch = [aboutClients(), aboutClients({ id: '198:event-2' })];
    const again = { kind: 'retry', reason: 'failed' };
    expect(await world.process(batch)).toMatchObject([again, again]);
    expect(world.reads).toEqual([1]);
  });

  it('costs at most five calls of table and bus for each notification of a batch of ten', async () => {
    const world = new ProcessingWorld();
    let notes = 0;
    const note = async () => {
      notes += 1;
    };
    const entities = { note, doubt: note };
    Object.assign(world.ports, { published: { entities, stampOf: () => '0100' } });
    await world.process(
      Array.from({ length: 10 }, (_, n) => aboutClients({ id: `198:event-${n}`, ids: [n + 1] })),
    );
    const free = ['tokens.obtain', 'reader.read', 'bus.published'];
    const calls = world.calls.filter((call) => !free.includes(call));
    expect((calls.length + notes) / 10).toBeLessThanOrEqual(5);
  });
});

describe('one notification that was captured, and comes with other bodies', () => {
  const genuine = aboutClients({ ids: [5] });
  const forged = (first: number, count: number, part = 0) =>
    aboutClients({
      change: 'delete',
      type: 'it.fattureincloud.webhooks.entities.clients.delete',
      ids: Array.from({ length: count }, (_, n) => first + n),
      part,
    });

  it('does not have the genuine one taken for seen, and is reported', async () => {
    const world = new ProcessingWorld();
    world.answer = (id) => (id === 7 ? { kind: 'absent' } : { kind: 'entity', entity: { id } });
    await world.process([forged(7, 1)]);
    expect(await world.process([genuine])).toEqual([
      {
        kind: 'done',
        published: 1,
        warning: 'two bodies came under one event id: one of them is forged',
      },
    ]);
    expect(world.details().map(({ id }) => id)).toEqual([7, 5]);
    for (const known of [genuine, forged(7, 1)]) {
      expect(await world.process([known])).toEqual([{ kind: 'done', published: 0 }]);
    }
  });

  it('has no living entity told as deleted', async () => {
    const world = new ProcessingWorld();
    await world.process([genuine, forged(7, 50)]);
    expect(world.details().map(({ change }) => change)).not.toContain('delete');
  });

  it('causes at most 300 reads in its first hour, and 200 in each other', async () => {
    const world = new ProcessingWorld();
    let first = 1;
    const attack = async () => {
      for (let n = 0; n < 20; n += 1, first += 100) await world.process([forged(first, 100)]);
      return world.reads.splice(0).length;
    };
    world.nowMs = 3_600_000 * 1000;
    expect(await attack()).toBe(300);
    expect(await attack()).toBe(0);
    world.nowMs += 3_600_000;
    expect(await attack()).toBe(200);
  });

  it('waits for the reads of the next hour, and at most six hours', async () => {
    const world = new ProcessingWorld();
    const hourMs = 3_600_000;
    world.nowMs = hourMs * 1000 + 600_000;
    await world.process([forged(1, 100), forged(101, 100), forged(201, 100)]);
    const waiting = { ...genuine, waitsSinceMs: world.nowMs };
    expect(await world.process([waiting])).toEqual([
      {
        kind: 'retry',
        reason: 'quota',
        delayMs: hourMs - 600_000,
        detail: 'one event causes 200 reads an hour',
      },
    ]);
    const sinceMs = world.nowMs - 6 * hourMs;
    expect(await world.process([{ ...genuine, waitsSinceMs: sinceMs + 1 }])).toMatchObject([
      { kind: 'retry' },
    ]);
    expect(await world.process([{ ...genuine, waitsSinceMs: sinceMs }])).toEqual([
      {
        kind: 'drop',
        published: 0,
        reason: 'too many bodies came under one event id: run fresco sync',
      },
    ]);
  });

  it('in parts that are not in doubt waits for as long as it takes', async () => {
    const world = new ProcessingWorld();
    world.nowMs = 3_600_000 * 1000;
    const parts = [1, 2, 3].map((part) => forged(part * 100, 100, part));
    const [, , third] = await world.process(parts.map((it) => ({ ...it, waitsSinceMs: 0 })));
    expect(third).toMatchObject({ kind: 'retry', reason: 'quota', delayMs: 3_600_000 });
  });

  it('counts no reads where references are told', async () => {
    const world = new ProcessingWorld();
    world.settings = { entity: 'reference' };
    await world.process([aboutClients({ part: 3 })]);
    expect(world.calls).not.toContain('seen.countReads');
  });
});

describe('a store that refuses', () => {
  it.each<[PortCall, number]>([
    ['pauses.untilMs', 0],
    ['seen.claim', 0],
    ['bus.publish', 0],
    ['bus.published', 1],
  ])('at %s brings the message back, and it is published', async (call, before) => {
    const world = new ProcessingWorld();
    world.fail = refusing(call);
    expect(await world.process([aboutClients()])).toMatchObject([
      { kind: 'retry', reason: 'failed', detail: `${call} does not answer` },
    ]);
    expect(world.published).toHaveLength(before);
    expect(await world.process([aboutClients()])).toEqual([{ kind: 'done', published: 1 }]);
  });

  it('to note that an event was published is a warning, no reason to publish it again', async () => {
    const world = new ProcessingWorld();
    world.fail = refusing('seen.confirm');
    expect(await world.process([aboutClients()])).toEqual([
      { kind: 'done', published: 1, warning: 'seen.confirm does not answer' },
    ]);
  });

  it.each<PortCall>(['seen.release', 'pauses.raise'])(
    'at %s changes nothing but time',
    async (call) => {
      const world = new ProcessingWorld();
      world.fail = refusing(call);
      world.answer = () => ({ kind: 'wait', waitMs: 30_000 });
      expect(await world.process([aboutClients()])).toMatchObject([{ reason: 'quota' }]);
      world.nowMs += 60_000;
      world.answer = () => ({ kind: 'entity', entity: {} });
      expect(await world.process([aboutClients()])).toEqual([{ kind: 'done', published: 1 }]);
    },
  );

  it('is the only failure that is taken for one: a defect is thrown', async () => {
    const calls: PortCall[] = ['seen.claim', 'reader.read', 'bus.publish', 'seen.confirm'];
    for (const name of calls) {
      const world = new ProcessingWorld();
      world.fail = (call) => {
        if (call === name) throw new Error('a defect');
      };
      await expect(world.process([aboutClients()])).rejects.toThrow('a defect');
    }
  });
});

describe('a process killed at any call', () => {
  // Counts the calls of an undisturbed run, then kills one run at each of them.
  const message = aboutClients({ ids: [1, 2] });

  it('loses nothing, and publishes twice only between publishing and the note of it', async () => {
    const whole = new ProcessingWorld();
    await whole.process([message]);
    const counts: [PortCall | undefined, number][] = [];
    for (let at = 0; at < whole.calls.length; at += 1) {
      const world = new ProcessingWorld();
      world.fail = () => {
        if (world.calls.length > at) throw new Killed();
      };
      await expect(world.process([message])).rejects.toThrow(Killed);
      world.fail = () => {};
      expect(await world.process([message])).toMatchObject([
        { kind: expect.stringMatching(/^(done|retry)$/) },
      ]);
      world.nowMs += 60_000;
      await world.process([message]);
      expect(world.isConfirmed(message)).toBe(true);
      expect(new Set(world.details().map(({ id }) => id))).toEqual(new Set([1, 2]));
      counts.push([whole.calls[at], world.published.length]);
    }
    const twice = counts.filter(([, published]) => published > 2).map(([call]) => call);
    expect(twice).toEqual(['bus.published', 'seen.confirm']);
  });
});
