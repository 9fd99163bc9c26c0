// Goal: no guard of the protocol can be weakened without a sentence of the specification that says so.
// Method: the specifications of the core over a core without the guard. Small changes are npm run mutants’, what
// interleavings show is in test/simulation/guards/would-notice.test.ts.
import { describe, expect, it } from 'vitest';
import { directedGuards } from '../simulation/guards/directed-guards.ts';
import { guards as simulated } from '../simulation/guards/guards.ts';
import { guards } from './guards.ts';
import { broken } from './specification.ts';
import { marks } from './weakened.ts';

const sentences = guards.map(({ breaks }) => breaks);

describe('the specification notices the loss of the guard', () => {
  it('and holds where nothing is lost', async () => {
    expect(await broken(undefined, sentences)).toEqual([]);
  });

  it.each(guards)('"$name"', async (guard) => {
    expect(await broken(guard, [guard.breaks])).toEqual([guard.breaks]);
  });

  it('and is refused a weakening whose mark is not there exactly once', async () => {
    await expect(broken({ name: 'no such name' })).rejects.toThrow("0 marks 'no such name'");
  });

  it('and nothing in the core is marked in vain', () => {
    const all = [...guards, ...simulated, ...directedGuards];
    expect(marks().filter((name) => !all.some((it) => (it.at ?? it.name) === name))).toEqual([]);
  });
});
