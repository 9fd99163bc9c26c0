// Goal: no guard of the protocol can be weakened unnoticed.
// Method: the simulator over a core without the guard, until the promise breaks that the guard keeps.
import { describe, expect, it } from 'vitest';
import { directedGuards } from './directed-guards.ts';
import { guards } from './guards.ts';
import { historyOf } from './random-history.ts';
import { nameOf } from './shrinking.ts';
import { simulate } from './simulation.ts';
import { weakened } from './weakened.ts';

const historiesMax = 1500;

/** The first broken promise of these words, or all that was seen instead. */
async function breach(guard: (typeof guards)[number]): Promise<string> {
  const { simulate } = await weakened(guard);
  const others = new Set<string>();
  for (let tries = 0; tries < historiesMax; tries += 1) {
    const { violations } = await simulate(historyOf(guard.startsAt + tries));
    const [violation] = violations;
    if (violation === undefined) continue;
    const name = nameOf(violation);
    if (name === guard.breaks) return name;
    others.add(name);
  }
  return `unnoticed in ${historiesMax} histories; seen: ${[...others].join(', ') || 'nothing'}`;
}

describe('the simulator notices the loss of the guard', () => {
  it.each(guards)('"$name"', async (guard) => {
    expect(await breach(guard)).toBe(guard.breaks);
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
