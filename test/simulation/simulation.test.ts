// Goal: the real core keeps G1 to G6 over some thousand histories of every kind, the same ones each time.
// Method: seeds from 0 on; and a look at the tally, since histories in which nothing happens prove nothing.
import { beforeAll, describe, expect, it } from 'vitest';
import { faultKinds } from './histories/faults.ts';
import { historyOf } from './histories/random-history.ts';
import { simulate } from './simulation.ts';
import { addVerdict, emptyTally, type Tally } from './tally.ts';

const histories = 3000;

describe('the core under the simulator', () => {
  let tally: Tally;

  beforeAll(async () => {
    tally = emptyTally();
    for (let seed = 0; seed < histories; seed += 1) {
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
