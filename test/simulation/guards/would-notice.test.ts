// Goal: no guard of the protocol can be weakened unnoticed.
// Method: the simulator over a core without the guard, until the promise breaks that the guard keeps.
import { describe, expect, it } from 'vitest';
import { nameOf } from '../histories/shrinking.ts';
import { simulate } from '../simulation.ts';
import { directedGuards } from './directed-guards.ts';
import { guards } from './guards.ts';
import { breachOf, findWitness, storedWitnesses, weakened } from './witnesses.ts';

const witnesses = storedWitnesses();
const seedsMax = 4000;

describe('the simulator notices the loss of the guard', () => {
  it.each(guards)('"$name"', async (guard) => {
    const core = await weakened(guard);
    const stored = witnesses[guard.name];
    const isStill = stored !== undefined && (await breachOf(core, stored)) === guard.breaks;
    // A change of the core may have moved its steps: then chance finds another.
    const witness = isStill ? stored : await findWitness(guard, seedsMax);
    if (typeof witness === 'string') expect.fail(`unnoticed, seen only: ${witness}`);
    expect(await breachOf(core, witness)).toBe(guard.breaks);
    expect(await breachOf({ simulate }, witness)).toBe('nothing');
  });

  it.each(directedGuards)('"$name", in a history made for it', async (guard) => {
    const { violations } = await (await weakened(guard)).simulate(guard.history);
    expect(violations.map(nameOf)).toContain(guard.breaks);
    expect((await simulate(guard.history)).violations).toEqual([]);
  });
});
