import { describe, expect, it } from 'vitest';
import { type AccessToken, encodeAccessToken } from '../../../src/core/records/access-token.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { History } from '../histories/history.ts';
import { bases } from '../matrix/matrix.ts';
import { Simulation } from '../simulation.ts';

const equal = 'two access tokens were published with one generation';
const lower = 'a generation was published after a higher one';

/** A history that begins with generation 2 published, in which somebody publishes what no core would. */
function forged(...tokens: readonly (Partial<AccessToken> | 'damaged')[]): string[] {
  const { history } = bases()[0] as { readonly history: History };
  const simulation = new Simulation(history, false);
  const { world, judge, ledger } = simulation;
  const begun = simulation.published() as AccessToken;
  const forger = world.scheduler.outsider('forger');
  for (const [at, token] of tokens.entries()) {
    if (token === 'damaged') {
      const damage = new Secret('not what it was');
      world.byHand('damaged', () => world.secrets.accessToken.overwrite(`forged-${at}`, damage));
      continue;
    }
    const value = encodeAccessToken({ ...begun, ...token });
    world.secrets.accessToken.overwrite(`forged-${at}`, value);
    judge.onEffect(forger, 'accessToken.promote', false);
  }
  return ledger.violations.filter(({ promise }) => promise === 'G3').map(({ what }) => what);
}

/** One that the server has never issued. */
const of = (grant: number, generation: number, attempt = 0): Partial<AccessToken> => ({
  ...{ grant, generation, attempt },
  accessToken: new Secret(`a/forged-${grant}-${generation}-${attempt}`),
});

const manual = { ...of(2, 3), expiresAtMs: null };

describe('the judge of what is published', () => {
  it.each([
    ['a login has the generation of what it replaces', [of(2, 2)]],
    ['a login has the generation of a refresh that overtook it', [of(1, 3), of(2, 3)]],
    ['two logins have one', [of(2, 3), of(3, 3)]],
    ['one comes back that was published before the last', [of(1, 3), of(2, 4), of(3, 3)]],
    ['a manual token has that of a refresh that overtook it', [of(1, 3), manual]],
    ['what a person has damaged had the same', [of(1, 3), 'damaged' as const, of(2, 3)]],
    ['two attempts have one, and no window was passed', [of(1, 3, 2), of(1, 3, 3)]],
  ])('tells where %s', (_, tokens) => {
    expect(forged(...tokens)).toContain(equal);
  });

  it('tells where a login counts from less than was published', () => {
    expect(forged(of(1, 5), of(2, 4))).toContain(lower);
  });

  it.each([
    ['each has a generation of its own, across grants', [of(1, 3), of(2, 4), of(3, 5)]],
    [
      'a person has damaged the only copy of a manual token',
      [manual, 'damaged' as const, of(1, 3)],
    ],
    ['the same token is there for fewer companies', [of(1, 3), { ...of(1, 3), companies: [] }]],
  ])('says nothing of generations where %s', (_, tokens) => {
    const told = forged(...tokens);
    expect(told.filter((what) => what === equal || what === lower)).toEqual([]);
  });
});
