// Goal: no guard of the protocol can be weakened unnoticed.
// Method: the simulator over a core without the guard, until the promise breaks that the guard keeps.
import { describe, expect, it } from 'vitest';
import { directedGuards } from './directed-guards.ts';
import { guards } from './guards.ts';
import { nameOf } from './shrinking.ts';
import { simulate } from './simulation.ts';
import { weakened } from './weakened.ts';
import { breachOf, storedWitnesses } from './witnesses.ts';

const witnesses = storedWitnesses();

describe('the simulator notices the loss of the guard', () => {
  it.each(guards)('"$name"', async (guard) => {
    const witness = witnesses[guard.name];
    if (witness === undefined) throw new Error('no witness is stored: npm run witnesses');
    expect(await breachOf(await weakened(guard), witness)).toBe(guard.breaks);
    expect(await breachOf({ simulate }, witness)).toBe('nothing');
  });

  it.each(directedGuards)('"$name", in a history made for it', async (guard) => {
    const { violations } = await (await weakened(guard)).simulate(guard.history);
    expect(violations.map(nameOf)).toContain(guard.breaks);
    expect((await simulate(guard.history)).violations).toEqual([]);
  });

  it('and is refused a weakening whose place is not there exactly once', async () => {
    const nowhere = { file: 'lease.ts', from: 'no such words', to: '' };
    await expect(weakened(nowhere)).rejects.toThrow("0 places like 'no such words'");
    const everywhere = { file: 'lease.ts', from: 'lease', to: '' };
    await expect(weakened(everywhere)).rejects.toThrow('name one exactly');
  });
});
