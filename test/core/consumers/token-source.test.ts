import { describe, expect, it } from 'vitest';
import {
  answerOf,
  type RefreshAnswer,
  type RefreshWish,
} from '../../../src/core/consumers/rotator.ts';
import { createTokenSource, type Obtained } from '../../../src/core/consumers/token-source.ts';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { type AccessToken, encodeAccessToken } from '../../../src/core/records/access-token.ts';
import { Secret } from '../../../src/core/secret.ts';

const minute = 60_000;
const hour = 3_600_000;

function token(generation: number, lifeMs: number | null, attempt = 1): AccessToken {
  return {
    connection: 'default',
    grant: 1,
    generation,
    attempt,
    accessToken: new Secret(`a/000${generation}invented`),
    issuedAtMs: 0,
    expiresAtMs: lifeMs,
    companies: [],
  };
}

/** A published secret whose reads may be behind, and a rotator that says what it is told to. */
function surroundings(published: AccessToken | undefined, answers: RefreshAnswer[] = []) {
  const state = { published, nowMs: 0, reads: 0, wishes: [] as RefreshWish[], waits: 0 };
  const onAsk: (() => void)[] = [];
  const onWait: (() => void)[] = [];
  const ports = {
    clock: {
      nowMs: () => state.nowMs,
      monotonicMs: () => state.nowMs,
      wait: async (ms: number) => {
        state.nowMs += ms;
        state.waits += 1;
        onWait.shift()?.();
      },
    },
    accessToken: {
      current: async () => {
        state.reads += 1;
        const { published: now } = state;
        return now && { versionId: `v${now.generation}`, value: encodeAccessToken(now) };
      },
    },
    rotator: {
      ask: async (wish: RefreshWish) => {
        state.wishes.push(wish);
        onAsk.shift()?.();
        return answers.shift() ?? ({ kind: 'unavailable', detail: 'no more answers' } as const);
      },
    },
  };
  return { state, ports, onAsk, onWait, source: createTokenSource(ports) };
}

const published = (generation: number, expiresAtMs: number | null): RefreshAnswer => ({
  kind: 'published',
  position: { grant: 1, generation, attempt: 1 },
  expiresAtMs,
});
const generationOf = (obtained: Obtained) =>
  obtained.kind === 'token' ? obtained.token.generation : obtained.kind;

it('a newer token that is over is no answer to a complaint about an older one', async () => {
  const { state, source } = surroundings(token(2, hour), [published(3, 9 * hour)]);
  await source.obtain();
  state.nowMs = 2 * hour;
  state.published = token(3, 9 * hour);
  expect(generationOf(await source.rejected(token(1, hour)))).toBe(3);
  expect(state.reads).toBe(2);
});

describe('a token is obtained', () => {
  it('from the secret at first and from memory while it lasts', async () => {
    const { state, source } = surroundings(token(1, hour));
    expect(generationOf(await source.obtain())).toBe(1);
    expect(generationOf(await source.obtain())).toBe(1);
    expect(state).toMatchObject({ reads: 1, wishes: [] });
  });

  it.each([
    { name: 'exactly five minutes', lifeMs: 5 * minute, want: 1 },
    { name: 'one ms less', lifeMs: 5 * minute - 1, want: 2 },
  ])('for five minutes at least: with $name left, generation $want', async ({ lifeMs, want }) => {
    const { state, source, onAsk } = surroundings(token(1, lifeMs), [published(2, hour)]);
    onAsk.push(() => (state.published = token(2, hour)));
    expect(generationOf(await source.obtain())).toBe(want);
  });

  it('from the rotator when neither lasts long enough', async () => {
    const { state, source, onAsk } = surroundings(token(1, 2 * hour), [published(2, 24 * hour)]);
    onAsk.push(() => (state.published = token(2, 24 * hour)));
    expect(generationOf(await source.obtain({ minValidityMs: 3 * hour }))).toBe(2);
    expect(state.wishes).toEqual([{ minValidityMs: 3 * hour }]);
  });

  it('once the refreshed one shows: a read may be behind', async () => {
    const { state, source, onWait } = surroundings(token(1, 0), [published(2, hour)]);
    onWait.push(
      () => {},
      () => (state.published = token(2, hour)),
    );
    expect(generationOf(await source.obtain())).toBe(2);
    expect(state.waits).toBe(2);
  });

  it('by one asker for all who want the same', async () => {
    const { state, source, onAsk } = surroundings(token(1, 0), [published(2, hour)]);
    onAsk.push(() => (state.published = token(2, hour)));
    const all = await Promise.all(Array.from({ length: 100 }, () => source.obtain()));
    expect(new Set(all.map(generationOf))).toEqual(new Set([2]));
    expect(state.wishes).toHaveLength(1);
  });

  it('that never expires, for as long as anyone may wish', async () => {
    const { source } = surroundings(token(1, null));
    expect(generationOf(await source.obtain({ minValidityMs: 1000 * hour }))).toBe(1);
  });

  it('by waiting while another pass is at work', async () => {
    const { state, source, onWait } = surroundings(token(1, 0), [{ kind: 'busy' }]);
    onWait.push(() => (state.published = token(2, hour)));
    expect(generationOf(await source.obtain())).toBe(2);
    expect(state.wishes).toHaveLength(1);
  });

  it('by asking again when the pass that was at work brought nothing', async () => {
    const { state, source, onAsk } = surroundings(token(1, 0), [
      { kind: 'busy' },
      published(2, 9 * hour),
    ]);
    onAsk.push(
      () => {},
      () => (state.published = token(2, 9 * hour)),
    );
    expect(generationOf(await source.obtain())).toBe(2);
  });
});

describe('no token is obtained', () => {
  it('when more validity is asked for than there is, and the end of the newest is told', async () => {
    const { source } = surroundings(token(1, 24 * hour), [published(1, 24 * hour)]);
    const obtained = await source.obtain({ minValidityMs: 25 * hour });
    expect(obtained).toEqual({ kind: 'too-long', expiresAtMs: 24 * hour });
  });

  it.each([
    { kind: 'unavailable', detail: 'the provider is down' },
    { kind: 'person-needed', detail: 'fresco login' },
  ] as const)('when the rotator says $kind', async (answer) => {
    expect(await surroundings(token(1, 0), [answer]).source.obtain()).toEqual(answer);
  });

  it('unless another pass has published one while the rotator was asked in vain', async () => {
    const { state, source, onAsk } = surroundings(token(1, 0), [
      { kind: 'unavailable', detail: 'the store is down' },
    ]);
    onAsk.push(() => (state.published = token(2, hour)));
    expect(generationOf(await source.obtain())).toBe(2);
  });

  it('when what the rotator has published never shows', async () => {
    const { source } = surroundings(token(1, 0), [published(2, hour)]);
    expect(await source.obtain()).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringMatching(/not published yet/),
    });
  });

  it('when another pass never ends', async () => {
    const busy = Array.from({ length: 99 }, () => ({ kind: 'busy' }) as const);
    const { source } = surroundings(token(1, 0), busy);
    expect(await source.obtain()).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringMatching(/is running/),
    });
  });

  it.each([
    { reason: 'unavailable', kind: 'unavailable' },
    { reason: 'throttled', kind: 'unavailable' },
    { reason: 'denied', kind: 'person-needed' },
    { reason: 'damaged', kind: 'person-needed' },
  ] as const)('when the secret cannot be read ($reason): $kind', async ({ reason, kind }) => {
    const { ports } = surroundings(undefined);
    const current = () => Promise.reject(new StoreRefused(reason, 'the secret cannot be read'));
    const source = createTokenSource({ ...ports, accessToken: { current } });
    expect(await source.obtain()).toEqual({ kind, detail: 'the secret cannot be read' });
  });

  it('when the token that is stored names no rotator', async () => {
    const { rotator: _, ...ports } = surroundings(token(1, hour)).ports;
    const source = createTokenSource({ ...ports, rotatorOf: () => undefined });
    expect(await source.obtain({ minValidityMs: 2 * hour })).toMatchObject({ kind: 'too-long' });
  });

  it('when there is no rotator and nothing is stored, or what is stored has ended', async () => {
    const { rotator: _, ...ports } = surroundings(undefined).ports;
    expect(await createTokenSource(ports).obtain()).toMatchObject({ kind: 'person-needed' });
    const { rotator: __, ...ended } = surroundings(token(1, 0)).ports;
    expect(await createTokenSource(ended).obtain()).toMatchObject({ kind: 'unavailable' });
  });

  it('and a broken promise of a port is passed on', async () => {
    const { ports } = surroundings(undefined);
    const current = () => Promise.reject(new TypeError('a bug'));
    const source = createTokenSource({ ...ports, accessToken: { current } });
    await expect(source.obtain()).rejects.toThrow('a bug');
  });
});

it('the rotator may be the one that the stored token names', async () => {
  const { ports, state, onAsk } = surroundings(token(1, 0), [published(2, hour)]);
  onAsk.push(() => (state.published = token(2, hour)));
  const { rotator, ...rest } = ports;
  const named: number[] = [];
  const rotatorOf = ({ generation }: AccessToken) => {
    named.push(generation);
    return rotator;
  };
  expect(generationOf(await createTokenSource({ ...rest, rotatorOf }).obtain())).toBe(2);
  expect(named).toEqual([1]);
});

describe('after a 401', () => {
  it('a newer token that is published already is used, without asking', async () => {
    const { state, source } = surroundings(token(2, hour));
    expect(generationOf(await source.rejected(token(1, hour)))).toBe(2);
    expect(state.wishes).toEqual([]);
  });

  it('a newer token in memory is used, without reading', async () => {
    const { state, source } = surroundings(token(2, hour));
    await source.obtain();
    expect(generationOf(await source.rejected(token(1, hour)))).toBe(2);
    expect(state.reads).toBe(1);
  });

  it('the rotator is asked with the position of the token that was rejected', async () => {
    const { state, source, onAsk } = surroundings(token(1, hour), [published(2, hour)]);
    onAsk.push(() => (state.published = token(2, hour)));
    expect(generationOf(await source.rejected(token(1, hour)))).toBe(2);
    expect(state.wishes).toEqual([{ rejected: { grant: 1, generation: 1, attempt: 1 } }]);
    expect(generationOf(await source.obtain())).toBe(2);
  });

  it('the same token is answered if the rotator stands by it: the company was wrong', async () => {
    const { source } = surroundings(token(1, hour), [published(1, hour)]);
    expect(generationOf(await source.rejected(token(1, hour)))).toBe(1);
  });

  it('two tokens of one generation are told apart by their attempt', async () => {
    const { source } = surroundings(token(1, hour, 2));
    const obtained = await source.rejected(token(1, hour, 1));
    expect(obtained).toMatchObject({ kind: 'token', token: { attempt: 2 } });
  });

  it('no rotator means no other token', async () => {
    const { rotator: _, ...ports } = surroundings(token(1, hour)).ports;
    const obtained = await createTokenSource(ports).rejected(token(1, hour));
    expect(obtained.kind).toBe('unavailable');
  });
});

const facts = { grant: 1, generation: 2, attempt: 3, expiresAtMs: 9 };

it.each<[Outcome, RefreshAnswer['kind']]>([
  [{ kind: 'fresh', token: facts }, 'published'],
  [{ kind: 'refreshed', token: facts }, 'published'],
  [{ kind: 'recovered', token: facts }, 'published'],
  [{ kind: 'adopted', token: facts }, 'published'],
  [{ kind: 'busy', untilMs: 0 }, 'busy'],
  [{ kind: 'waiting', untilMs: 0 }, 'unavailable'],
  [{ kind: 'clock-skewed', skewMs: 1 }, 'person-needed'],
])('a consumer hears of %j: %s', (outcome, kind) => {
  expect(answerOf(outcome).kind).toBe(kind);
});
