import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import { eventOf, type Report } from '../../../src/core/outcome/report.ts';
import { startPass } from '../../../src/core/rotation/pass.ts';
import { reportOf } from '../../../src/core/rotation/report-pass.ts';
import { Secret } from '../../../src/core/secret.ts';
import { memoryConnection, startMs } from '../memory-connection.ts';

const token = { grant: 1, generation: 2, attempt: 3, expiresAtMs: startMs + 3_600_000 };
const refreshed: Outcome = { kind: 'refreshed', token };
const published = {
  ...token,
  connection: 'default',
  accessToken: new Secret('a/0001invented'),
  issuedAtMs: startMs - 1000,
  companies: [],
};

async function passOf(failingSinceMs: number | null = null) {
  const connection = memoryConnection();
  connection.journal.set({ failingSinceMs });
  const pass = startPass(connection.ports(), { trigger: 'operator' });
  await pass.session.read();
  return pass;
}

describe('the report of a pass', () => {
  it('says who asked, when, how it ended and what consumers have, without any token', async () => {
    const pass = await passOf();
    pass.published = published;
    pass.warnings.push('invented warning');
    expect(reportOf(pass, refreshed, false)).toEqual({
      connection: 'default',
      trigger: 'operator',
      atMs: startMs,
      outcome: refreshed,
      published: { ...token, issuedAtMs: startMs - 1000 },
      warnings: ['invented warning'],
    });
  });

  it('has nothing published where nothing is', async () => {
    expect(reportOf(await passOf(), refreshed, false)).not.toHaveProperty('published');
  });

  it.each<[string, number | null, Outcome, boolean, Report['turn']]>([
    ['healed once failing has ended', 5, refreshed, false, 'recovered'],
    ['no turn where nothing had failed', null, refreshed, false, undefined],
    ['no turn while it still fails', 5, { kind: 'out-of-time' }, false, undefined],
    ['no turn where nothing was due', 5, { kind: 'fresh', token }, false, undefined],
    ['a person that is called', 5, refreshed, true, 'reauthorization-required'],
  ])('tells %s', async (_, failingSinceMs, outcome, callsPerson, turn) => {
    expect(reportOf(await passOf(failingSinceMs), outcome, callsPerson).turn).toBe(turn);
  });
});

describe('the event of a report', () => {
  const base: Report = {
    connection: 'default',
    trigger: 'schedule',
    atMs: startMs,
    outcome: refreshed,
    warnings: [],
  };

  it('has its warnings, if there are any', () => {
    expect(eventOf(base)?.detail['warnings']).toBeUndefined();
    expect(eventOf({ ...base, warnings: ['x'] })?.detail['warnings']).toEqual(['x']);
  });

  it('asks for a person where the report does and the outcome says why', () => {
    const position = { grant: 1, generation: 2, attempt: 3 };
    const latched: Outcome = {
      kind: 'latched',
      latch: { kind: 'revoked', position, sinceMs: startMs },
    };
    const called = { ...base, turn: 'reauthorization-required' } as const;
    expect(eventOf({ ...called, outcome: latched })?.detailType).toBe('Reauthorization Required');
    expect(eventOf({ ...base, outcome: latched })?.detailType).toBe('Token Refresh Failed');
    expect(eventOf(called)?.detailType).toBe('Token Refreshed');
  });
});
