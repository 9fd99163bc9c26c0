import { describe, expect, it } from 'vitest';
import { probeReplay } from '../../../src/core/operations/probe.ts';
import type { TokenAnswer } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { granted, startMs } from '../memory-connection.ts';

const first = new Secret('r/0001invented');
const refused = { kind: 'invalid-grant' } as const;
const lost = { kind: 'uncertain', cause: 'reset' } as const;

/** A probe of a provider that answers from a list. */
function probe(answers: TokenAnswer[], upToSeconds = 60, answerMs = 0) {
  const time = { monotonicMs: 0 };
  const presented: string[] = [];
  const atSeconds: number[] = [];
  const ports = {
    clock: {
      nowMs: () => startMs + time.monotonicMs,
      monotonicMs: () => time.monotonicMs,
      wait: async (ms: number) => {
        time.monotonicMs += ms;
      },
    },
    endpoint: {
      refresh: async (refreshToken: Secret) => {
        presented.push(refreshToken.reveal());
        atSeconds.push(time.monotonicMs / 1000);
        time.monotonicMs += answerMs;
        const answer = answers.shift();
        if (answer === undefined) throw new Error('asked more often than expected');
        return answer;
      },
    },
    client: { clientId: 'id', clientSecret: new Secret('s') },
  };
  return { presented, atSeconds, run: () => probeReplay(ports, first, upToSeconds) };
}

/** An answer that brings no refresh token: the one that was sent stays. */
function withoutRefreshToken(): TokenAnswer {
  const accessToken = new Secret('a/0002invented');
  return {
    kind: 'granted',
    tokens: { accessToken, expiresInSeconds: 86_400, lifetimeAssumed: false },
  };
}

describe('a probe of what becomes of a used refresh token', () => {
  it('finds one that stays the same to be reusable', async () => {
    const { presented, run } = probe([withoutRefreshToken(), withoutRefreshToken()]);
    expect(await run()).toMatchObject({ kind: 'measured', policy: { kind: 'reusable' } });
    expect(presented).toEqual(['r/0001invented', 'r/0001invented']);
  });

  it('finds one that works at once, and was not tried later, to be single-use', async () => {
    expect(await probe([granted(2), granted(3)], 0).run()).toMatchObject({
      policy: { kind: 'single-use' },
      endsFamily: null,
    });
  });

  it('finds how long one works beside its successor', async () => {
    const { run } = probe([granted(2), granted(3), withoutRefreshToken(), refused, granted(4)]);
    expect(await run()).toMatchObject({
      policy: { kind: 'grace', seconds: 5 },
      endsFamily: false,
    });
  });

  it('presents it at once, then further and further apart, and at the very end', async () => {
    const answers = Array.from({ length: 7 }, (_, n) => granted(n + 2));
    const { atSeconds, run } = probe(answers);
    const seconds = [0, 5, 10, 20, 40, 60];
    expect(await run()).toMatchObject({
      policy: { kind: 'grace', seconds: 60 },
      presentations: seconds.map((afterSeconds) => ({ afterSeconds, accepted: true })),
    });
    expect(atSeconds).toEqual([0, ...seconds]);
  });

  it('does not wait longer where an answer took its time', async () => {
    const answers = [granted(2), granted(3), granted(4), granted(5)];
    const { atSeconds, run } = probe(answers, 10, 6000);
    await run();
    expect(atSeconds).toEqual([0, 6, 12, 18]);
  });

  it('finds whether reuse has ended the successor too', async () => {
    const { presented, run } = probe([granted(2), refused, refused]);
    expect(await run()).toMatchObject({
      kind: 'measured',
      policy: { kind: 'single-use' },
      endsFamily: true,
    });
    expect(presented.at(-1)).toBe('r/0002invented');
  });

  it.each([
    ['the first', [lost]],
    ['a replay', [granted(2), lost]],
    ["the successor's", [granted(2), refused, lost]],
  ])('decides nothing where an answer is missing: %s', async (_name, answers) => {
    expect(await probe(answers).run()).toEqual({ kind: 'undecided', answer: lost });
  });
});
