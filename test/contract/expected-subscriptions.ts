// What the watch assumes of any list of expected subscriptions, as tests that run over each of them.
import { describe, expect, it } from 'vitest';
import type { ExpectedSubscriptions } from '../../src/core/webhooks/subscriptions.ts';

const one = (n: number) => ({
  id: `SUB${n}`,
  companyId: 108061,
  sink: 'https://hooks.example.com/default',
  types: ['it.fattureincloud.webhooks.entities.clients.update'],
});

/** `open` gives one or more handles of one new and empty list. */
export function expectedSubscriptionsContract(
  name: string,
  open: () => Promise<readonly ExpectedSubscriptions[]>,
): void {
  describe(`${name} as the list of expected subscriptions`, () => {
    it('is empty at first, and shows a change to every handle', async () => {
      const handles = await open();
      expect(await handles[0]?.list()).toEqual([]);
      await handles[0]?.change((list) => [...list, one(1)]);
      for (const handle of handles) expect(await handle.list()).toEqual([one(1)]);
      await handles.at(-1)?.change(() => []);
      expect(await handles[0]?.list()).toEqual([]);
    });

    it('loses none of several changes made at once', async () => {
      const handles = await open();
      const numbers = [1, 2, 3, 4];
      const add = (n: number) => handles[n % handles.length]?.change((list) => [...list, one(n)]);
      await Promise.all(numbers.map(add));
      const ids = (await handles[0]?.list())?.map(({ id }) => id).sort();
      expect(ids).toEqual(numbers.map((n) => `SUB${n}`));
    });
  });
}
