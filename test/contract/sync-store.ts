import { describe, expect, it } from 'vitest';
import type { PublishedStates, SyncStore } from '../../src/core/sync/ports.ts';
import type { EntityId } from '../../src/core/webhooks/notification.ts';

/** In memory, what is in doubt. */
export function memoryDoubts(): Pick<PublishedStates, 'doubted' | 'doubt' | 'settle'> {
  const lists = new Map<string, Set<EntityId>>();
  const listOf = (companyId: number, resource: string) => {
    const key = `${companyId}/${resource}`;
    const list = lists.get(key) ?? new Set();
    lists.set(key, list);
    return list;
  };
  return {
    doubted: async (companyId, resource) => [...listOf(companyId, resource)],
    doubt: async (companyId, resource, ids) => {
      if (ids.length === 0) throw new Error('nothing to doubt');
      for (const id of ids) listOf(companyId, resource).add(id);
    },
    settle: async (companyId, resource, ids) => {
      if (ids.length === 0) throw new Error('nothing to settle');
      for (const id of ids) listOf(companyId, resource).delete(id);
    },
  };
}

/** What every store of a sync's state promises; `open` gives two handles of one new store. */
export function syncStoreContract(name: string, open: () => Promise<[SyncStore, SyncStore]>): void {
  describe(`the state of a sync in ${name}`, () => {
    it('is empty at first, and read back as it was written', async () => {
      const [store, other] = await open();
      expect(await store.read('108061/clients')).toEqual({ text: undefined, revision: 0 });
      expect(await store.write('108061/clients', 'first', 0)).toBe('written');
      expect(await other.read('108061/clients')).toEqual({ text: 'first', revision: 1 });
      expect(await other.write('108061/clients', 'second', 1)).toBe('written');
      expect(await store.read('108061/clients')).toEqual({ text: 'second', revision: 2 });
    });

    it('is written only by whoever has seen what is there', async () => {
      const [store, other] = await open();
      expect(await store.write('key', 'mine', 0)).toBe('written');
      expect(await other.write('key', 'theirs', 0)).toBe('conflict');
      expect(await other.write('key', 'theirs', 2)).toBe('conflict');
      expect((await store.read('key')).text).toBe('mine');
    });

    it('is another under another key', async () => {
      const [store] = await open();
      await store.write('a', 'of a', 0);
      expect(await store.read('b')).toEqual({ text: undefined, revision: 0 });
    });

    it('is won by one of two who write at once', async () => {
      const [store, other] = await open();
      const ends = await Promise.all([store.write('key', 'a', 0), other.write('key', 'b', 0)]);
      expect(ends.sort()).toEqual(['conflict', 'written']);
    });
  });
}

/** What every record of what was told promises. */
export function toldEntitiesContract(
  name: string,
  open: () => Promise<[PublishedStates, PublishedStates]>,
): void {
  describe(`what was told, in ${name}`, () => {
    it('is the last state of each entity', async () => {
      const [told, other] = await open();
      await told.note(1, 'clients', 7, { kind: 'stamp', stamp: '2026-10-05 04:00:00' });
      await told.note(1, 'clients', 8, { kind: 'deleted' });
      await other.note(1, 'clients', 7, { kind: 'stamp', stamp: '2026-10-05 05:00:00' });
      expect(await other.read(1, 'clients', [7, 8, 9])).toEqual(
        new Map<number, object>([
          [7, { kind: 'stamp', stamp: '2026-10-05 05:00:00' }],
          [8, { kind: 'deleted' }],
        ]),
      );
    });

    it('is of one company, one resource and one kind of id', async () => {
      const [told] = await open();
      await told.note(1, 'cashbook', '7', { kind: 'stamp', stamp: '' });
      expect((await told.read(2, 'cashbook', ['7'])).size).toBe(0);
      expect((await told.read(1, 'clients', ['7'])).size).toBe(0);
      expect((await told.read(1, 'cashbook', [7])).size).toBe(0);
      expect(await told.read(1, 'cashbook', ['7'])).toEqual(
        new Map([['7', { kind: 'stamp', stamp: '' }]]),
      );
    });

    it('lists what is in doubt, once each, until a sync has looked at it', async () => {
      const [told, other] = await open();
      expect(await told.doubted(1, 'clients')).toEqual([]);
      await told.doubt(1, 'clients', [7, 8]);
      await other.doubt(1, 'clients', [8, 'nine']);
      await other.doubt(2, 'clients', [10]);
      expect(new Set(await told.doubted(1, 'clients'))).toEqual(new Set([7, 8, 'nine']));
      await other.settle(1, 'clients', [7, 'nine', 11]);
      expect(await told.doubted(1, 'clients')).toEqual([8]);
      await other.settle(1, 'clients', [8]);
      expect(await told.doubted(1, 'clients')).toEqual([]);
      expect((await told.read(1, 'clients', [7, 8])).size).toBe(0);
    });

    it('is read for a whole page at once', async () => {
      const [told, other] = await open();
      const ids = Array.from({ length: 100 }, (_, n) => n + 1);
      await Promise.all(ids.map((id) => other.note(1, 'products', id, { kind: 'deleted' })));
      expect((await told.read(1, 'products', ids)).size).toBe(100);
    });
  });
}
