// Goal: whatever comes from outside is taken or refused in a documented way, and what is refused changes nothing.
// Method: the first inputs of `npm run fuzz`, from a fixed seed; each target must see both endings.
import { afterAll, describe, expect, it } from 'vitest';
import { hushed } from './hushed.ts';
import { startBench } from './targets.ts';

const bench = await startBench();
afterAll(() => bench.stop());

describe('hostile input is handled:', () => {
  it.each(bench.targets)('$name', async ({ run, share }) => {
    // Files go to the disk, which takes its time.
    const inputs = share < 1 ? 25 : 120;
    const { taken, refused } = await hushed(() => run({ inputs, seed: 20_261_124 }));
    expect({ total: taken + refused, taken: taken > 0, refused: refused > 0 }).toEqual({
      total: inputs,
      taken: true,
      refused: true,
    });
  });
});
