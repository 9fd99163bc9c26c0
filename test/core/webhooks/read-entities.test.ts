import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import type { EntityRead } from '../../../src/core/webhooks/ports.ts';
import { entitiesReader, isSettled } from '../../../src/core/webhooks/read-entities.ts';

const notification = (companyId = 1) => ({
  id: 'event-1',
  companyId,
  type: 't',
  resource: 'clients',
  change: 'update' as const,
  ids: [],
  connection: 'default',
  part: 0,
});
const entity: EntityRead = { kind: 'entity', entity: {} };

/** A world in which reads end only when the test says so. */
function slowReader(readsMax: number) {
  const under = new Map<number, (read: EntityRead) => void>();
  const ports = {
    clock: { nowMs: () => 1000 },
    reader: {
      read: (_: unknown, id: unknown) =>
        new Promise<EntityRead>((resolve) => under.set(Number(id), resolve)),
    },
    pauses: { untilMs: async () => undefined, raise: async () => undefined },
  };
  const answer = async (id: number, read: EntityRead) => {
    under.get(id)?.(read);
    under.delete(id);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const read = entitiesReader(ports, { readsMax, deadlineAtMs: 5000 });
  return { read, answer, settle, underWay: () => [...under.keys()] };
}

/** A reader that answers from a list, and writes down what it was asked. */
function readerOf(answers: EntityRead[], raise: () => Promise<void> = async () => undefined) {
  const time = { nowMs: 1000 };
  const asked: unknown[] = [];
  const raised: number[] = [];
  const ports = {
    clock: { nowMs: () => time.nowMs },
    reader: {
      read: async (_: unknown, id: unknown) => {
        asked.push(id);
        return answers.shift() ?? entity;
      },
    },
    pauses: {
      untilMs: async () => undefined,
      raise: async (_: number, untilMs: number) => {
        raised.push(untilMs);
        await raise();
      },
    },
  };
  const read = entitiesReader(ports, { readsMax: 1, deadlineAtMs: 5000 });
  return { time, asked, raised, read };
}

const kinds = (reads: readonly { readonly read: EntityRead | undefined }[]) =>
  reads.map(({ read }) => read?.kind);

describe('the entities of a notification are read', () => {
  it('each, whether it is there, gone or forbidden, or could not be had', async () => {
    const { read, asked } = readerOf([
      entity,
      { kind: 'absent' },
      { kind: 'forbidden', detail: 'invented' },
      { kind: 'failed', detail: 'invented' },
    ]);
    const reads = await read(notification(), [1, 2, 3, 4, 5]);
    expect(kinds(reads)).toEqual(['entity', 'absent', 'forbidden', 'failed', 'entity']);
    expect(reads.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toEqual([1, 2, 3, 4, 5]);
  });

  it.each<EntityRead>([
    { kind: 'wait', waitMs: 10 },
    { kind: 'licence-expired' },
    { kind: 'no-token', person: false, detail: 'invented' },
  ])('until one says $kind, which holds for the rest', async (halt) => {
    const { read, asked } = readerOf([entity, halt]);
    expect(kinds(await read(notification(), [1, 2, 3]))).toEqual(['entity', halt.kind, undefined]);
    expect(asked).toEqual([1, 2]);
  });

  it('not while the quota of their company rests, and the others’ are', async () => {
    const { read, asked, raised, time } = readerOf([{ kind: 'wait', waitMs: 500 }]);
    await read(notification(), [1]);
    expect(raised).toEqual([1500]);
    expect(await read(notification(), [2])).toEqual([
      { id: 2, read: { kind: 'wait', waitMs: 500 } },
    ]);
    expect(kinds(await read(notification(2), [3]))).toEqual(['entity']);
    time.nowMs = 1500;
    expect(kinds(await read(notification(), [4]))).toEqual(['entity']);
    expect(asked).toEqual([1, 3, 4]);
  });

  it.each([
    { name: 'one ms before', nowMs: 4999, want: ['entity'] },
    { name: 'exactly at', nowMs: 5000, want: [undefined] },
  ])('$name the deadline → $want', async ({ nowMs, want }) => {
    const { read, time } = readerOf([]);
    time.nowMs = nowMs;
    expect(kinds(await read(notification(), [1]))).toEqual(want);
  });

  it('though the rest of the quota could not be noted for others', async () => {
    const refused = () => Promise.reject(new StoreRefused('unavailable', 'invented'));
    const { read } = readerOf([{ kind: 'wait', waitMs: 500 }], refused);
    expect(kinds(await read(notification(), [1]))).toEqual(['wait']);
    const broken = readerOf([{ kind: 'wait', waitMs: 500 }], () =>
      Promise.reject(new TypeError('invented')),
    );
    await expect(broken.read(notification(), [1])).rejects.toThrow(TypeError);
  });
});

describe('as many at a time', () => {
  const left = (quotaLeft: number): EntityRead => ({ kind: 'entity', entity: {}, quotaLeft });

  it('as is allowed, until a company’s quota has less left: then as many as that', async () => {
    const { read, answer, settle, underWay } = slowReader(6);
    const ends = read(notification(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await settle();
    expect(underWay()).toEqual([1, 2, 3, 4, 5, 6]);
    await answer(1, left(2));
    await answer(2, left(2));
    await answer(3, left(2));
    await answer(4, left(2));
    expect(underWay()).toEqual([5, 6]);
    await answer(5, left(2));
    expect(underWay()).toEqual([6, 7]);
    await answer(6, left(0));
    await answer(7, left(0));
    expect(underWay()).toEqual([8]);
    await answer(8, left(0));
    await answer(9, { kind: 'wait', waitMs: 10 });
    expect(kinds(await ends)).toEqual([...Array(8).fill('entity'), 'wait']);
  });

  it('of another company as before', async () => {
    const { read, answer, settle, underWay } = slowReader(4);
    void read(notification(1), [1, 2, 3]);
    await settle();
    await answer(1, left(1));
    void read(notification(2), [11, 12, 13]);
    await settle();
    expect(underWay()).toEqual([2, 3, 11, 12]);
    await answer(2, left(1));
    expect(underWay()).toEqual([3, 11, 12, 13]);
  });
});

it('an entity is settled once it is read, gone or forbidden', () => {
  const settled: EntityRead[] = [
    entity,
    { kind: 'absent' },
    { kind: 'forbidden', detail: 'invented' },
  ];
  expect(settled.map(isSettled)).toEqual([true, true, true]);
  const open: (EntityRead | undefined)[] = [
    undefined,
    { kind: 'failed', detail: 'invented' },
    { kind: 'wait', waitMs: 1 },
  ];
  expect(open.map(isSettled)).toEqual([false, false, false]);
});
