import { expect, it } from 'vitest';
import { notePolicy, policyFor } from '../../../src/core/journal/measured-policy.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { granted, grantOf, hour, memoryConnection, startMs } from '../memory-connection.ts';

const reusable = { kind: 'reusable' } as const;

/** A check whose refresh is not answered, at a provider of which something was measured. */
async function unanswered(provider: string) {
  const it = memoryConnection([{ kind: 'uncertain', cause: 'reset' }, granted(2)]);
  it.store(grantOf(13 * hour));
  const { journal, clock } = it.ports();
  await notePolicy(journal, clock, { provider, policy: reusable });
  return { it, outcome: await rotate(it.ports(), { trigger: 'schedule' }) };
}

it('a pass goes by what was measured: an unanswered token is sent again at once', async () => {
  const { it, outcome } = await unanswered('https://provider.example');
  expect(outcome).toMatchObject({ kind: 'refreshed' });
  expect(it.presented).toHaveLength(2);
  expect(it.journal.journal.measured).toMatchObject({ policy: reusable, atMs: startMs });
});

it('what was measured of another provider counts for nothing', async () => {
  const { it, outcome } = await unanswered('https://other.example');
  expect(outcome).toMatchObject({ kind: 'uncertain' });
  expect(it.presented).toHaveLength(1);
});

it('without a measurement the description of the provider stands', () => {
  const described = { provider: 'https://provider.example', policy: { kind: 'unknown' } } as const;
  expect(policyFor({ measured: null }, described)).toEqual({ kind: 'unknown' });
  const measured = { provider: described.provider, policy: reusable, atMs: 1 };
  expect(policyFor({ measured }, described)).toEqual(reusable);
});
