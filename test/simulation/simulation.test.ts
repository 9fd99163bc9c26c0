// Goal: the real core keeps G1 to G6 over a thousand histories of every kind, the same ones each time.
// Method: seeds in their order; and a look at the tally, since histories in which nothing happens prove nothing.
import { beforeAll, describe, expect, it } from 'vitest';
import { faultKinds } from './histories/faults.ts';
import { historyOf } from './histories/random-history.ts';
import { simulate } from './simulation.ts';
import { addVerdict, emptyTally, type Tally } from './tally.ts';

// In these thousand is every window; FRESCO_FULL=1 plays the first three thousand, .ci/run twenty thousand others.
const isFull = process.env['FRESCO_FULL'] === '1';
const [first, histories] = isFull ? [0, 3000] : [2000, 1000];

describe('the core under the simulator', () => {
  let tally: Tally;

  beforeAll(async () => {
    tally = emptyTally();
    for (let seed = first; seed < first + histories; seed += 1) {
      addVerdict(tally, await simulate(historyOf(seed)), String(seed));
    }
  });

  it('breaks no promise', () => {
    expect(tally.failures).toEqual({});
    expect(tally.histories).toBe(histories);
  });

  it('meets every fault', () => {
    expect(Object.keys(tally.faults).sort()).toEqual([...faultKinds].sort());
  });

  it('passes through the windows that remain', () => {
    // Held late takes two pauses or more, and comes in one history of three thousand.
    const common = ['answer lost', 'both stores refuse', 'death in hand', 'late send'];
    expect(Object.keys(tally.windows)).toEqual(
      expect.arrayContaining([...common, 'login in hand']),
    );
  });
});
