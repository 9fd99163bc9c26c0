import { describe, expect, it } from 'vitest';
import { firstSync } from '../../bench/speed/first-sync.ts';

describe('a first sync', () => {
  it.each([1_000, 5_000])(
    'of %i entities asks for at most 1.05 × the pages of 100 that there are',
    async (entities) => {
      const { requests, needed, told } = await firstSync(entities);
      expect(needed).toBeGreaterThanOrEqual(Math.ceil(entities / 100));
      expect(requests).toBeLessThanOrEqual(1.05 * needed);
      expect(told).toBeGreaterThanOrEqual(entities);
    },
  );
});
