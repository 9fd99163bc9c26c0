import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitOf } from '../../../src/core/webhooks/limit.ts';

describe('a limit', () => {
  it('lets no more than its number run, and all of them in the end, failures or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 20 }),
        async (scheduler, max, fates) => {
          const limit = limitOf(max);
          let running = 0;
          let most = 0;
          const step = async (fails: boolean): Promise<number> => {
            running += 1;
            most = Math.max(most, running);
            await scheduler.schedule(Promise.resolve());
            running -= 1;
            if (fails) throw new Error('failed');
            return 1;
          };
          const tasks = fates.map((fails) => limit(() => step(fails)));
          const ends = Promise.allSettled(tasks);
          await scheduler.waitIdle();
          const states = (await ends).map(({ status }) => status === 'rejected');
          expect(states).toEqual(fates);
          expect(most).toBe(Math.min(max, fates.length));
        },
      ),
    );
  });
});
