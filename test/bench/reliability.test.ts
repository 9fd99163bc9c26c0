import { expect, it } from 'vitest';
import { fresco, probedFresco } from '../../bench/reliability/fresco.ts';
import { lived } from '../../bench/reliability/lived.ts';
import type { DayFault } from '../../bench/reliability/schedule.ts';

// A day with a lost answer is not among them: such an answer can cost the grant.
const days: readonly DayFault[] = [
  { kind: 'none' },
  { kind: 'store-refuses' },
  { kind: 'kill', steps: 0 },
  { kind: 'outage', hours: 6 },
  { kind: 'kill', steps: 4 },
  { kind: 'none' },
];
const schedule = { seed: 1, days, callers: days.flatMap(() => Array<number>(24).fill(2)) };

it.each([
  ['Fresco', fresco],
  ['Fresco, after `fresco probe`', probedFresco],
] as const)(
  '%s, as it is measured, has a token in each hour, and nobody logs in again',
  async (contender, build) => {
    const { name, figures } = await lived(build, schedule, 'single-use-family');
    expect(name).toBe(contender);
    expect(figures).toMatchObject({ hours: 144, hoursWithout: 0, grantsLost: 0, logins: 0 });
    expect(figures.refreshes).toBeGreaterThanOrEqual(days.length);
  },
);

it('an answer that was lost is measured as lost', async () => {
  const lost = { ...schedule, days: [{ kind: 'none' }, { kind: 'lost-answer' }] as const };
  const { figures } = await lived(fresco, lost, 'single-use');
  expect(figures).toMatchObject({ answersLost: 1, grantsLost: 1, logins: 1 });
});
