import { describe, expect, it } from 'vitest';
import { encodeAccessToken } from '../../src/core/access-token.ts';
import { Secret } from '../../src/core/secret.ts';
import {
  createTokenSource,
  type RefreshAnswer,
  type RefreshWish,
} from '../../src/core/token-source.ts';
import { hour, MemorySecret, memoryConnection, startMs } from './memory-connection.ts';

const tokenOf = (generation: number, leftMs: number | null) => ({
  connection: 'default',
  grant: 1,
  generation,
  attempt: 0,
  accessToken: new Secret(`a/000${generation}invented`),
  issuedAtMs: startMs,
  expiresAtMs: leftMs === null ? null : startMs + leftMs,
  companies: [],
});

function world(answers: readonly RefreshAnswer[] = []) {
  const { ports, time } = memoryConnection();
  const { clock } = ports();
  const secret = new MemorySecret();
  const wishes: RefreshWish[] = [];
  const publish = (generation: number, leftMs: number | null) => {
    secret.versions.set(`v${generation}`, encodeAccessToken(tokenOf(generation, leftMs)));
    secret.currentId = `v${generation}`;
  };
  const left = [...answers];
  const ask = async (wish: RefreshWish): Promise<RefreshAnswer> => {
    wishes.push(wish);
    return left.shift() ?? { kind: 'busy' };
  };
  const source = createTokenSource({ clock, accessToken: secret, rotator: { ask } });
  const alone = createTokenSource({ clock, accessToken: secret });
  return { time, secret, publish, source, alone, wishes };
}

const published = (generation: number, expiresAtMs: number | null = null): RefreshAnswer => ({
  kind: 'published',
  position: { grant: 1, generation, attempt: 0 },
  expiresAtMs,
});

describe('a caller without a rotator', () => {
  it('is told that nobody has logged in where nothing is stored', async () => {
    expect(await world().alone.obtain()).toEqual({
      kind: 'person-needed',
      detail: 'no access token is stored: run fresco login',
    });
  });

  it('is told how long the newest token lasts, as long as it does', async () => {
    const { alone, publish } = world();
    publish(1, hour);
    expect(await alone.obtain({ minValidityMs: 2 * hour })).toEqual({
      kind: 'too-long',
      expiresAtMs: startMs + hour,
    });
    const ended = world();
    ended.publish(1, 0);
    expect(await ended.alone.obtain()).toEqual({
      kind: 'unavailable',
      detail: 'the newest access token is not good, and nobody can refresh it',
    });
  });

  it('hears of a rejected token that it is not good, though it would last', async () => {
    const { alone, publish } = world();
    publish(1, hour);
    expect((await alone.rejected(tokenOf(1, hour))).kind).toBe('unavailable');
    publish(2, null);
    expect((await alone.rejected(tokenOf(2, null))).kind).toBe('unavailable');
  });
});

describe('a caller with a rotator', () => {
  it('waits for another refresh to end, for a minute and no longer', async () => {
    const { source, time, wishes } = world();
    expect(await source.obtain()).toEqual({
      kind: 'unavailable',
      detail: 'another refresh is under way and has not ended',
    });
    expect(time.monotonicMs).toBeLessThan(60_000);
    expect(time.monotonicMs).toBeGreaterThan(57_000);
    expect(wishes.length).toBeGreaterThan(20);
  });

  it('takes what has been published while it waited', async () => {
    const { source, publish, secret } = world();
    let reads = 0;
    secret.before = () => {
      reads += 1;
      if (reads === 3) publish(2, hour);
    };
    expect(await source.obtain()).toMatchObject({ kind: 'token', token: { generation: 2 } });
  });

  it('reads until what was published shows, eight times at most', async () => {
    const { source, publish, secret } = world([published(2), published(2)]);
    publish(1, 1000);
    let reads = 0;
    secret.before = () => {
      reads += 1;
    };
    expect(await source.obtain()).toEqual({
      kind: 'unavailable',
      detail: 'the refreshed token has not appeared in its secret yet',
    });
    expect(reads).toBe(1 + 8);
  });

  it('asks once for all callers with the same wish, and again for another', async () => {
    const { source, publish, wishes } = world([published(2), published(2), published(3)]);
    publish(1, 1000);
    publish(2, 10 * hour);
    const both = await Promise.all([
      source.obtain({ minValidityMs: 20 * hour }),
      source.obtain({ minValidityMs: 20 * hour }),
      source.obtain({ minValidityMs: 21 * hour }),
    ]);
    expect(both.map(({ kind }) => kind)).toEqual(['too-long', 'too-long', 'too-long']);
    expect(wishes).toEqual([{ minValidityMs: 20 * hour }, { minValidityMs: 21 * hour }]);
    publish(3, 30 * hour);
    expect((await source.obtain({ minValidityMs: 20 * hour })).kind).toBe('token');
  });

  it('complains of each token on its own', async () => {
    const { source, publish, wishes } = world([published(1), published(2)]);
    publish(1, hour);
    const first = source.rejected(tokenOf(1, hour));
    const other = source.rejected(tokenOf(0, hour));
    await Promise.all([first, other]);
    expect(wishes.map(({ rejected }) => rejected?.generation)).toEqual([1]);
    expect(await other).toMatchObject({ kind: 'token', token: { generation: 1 } });
  });

  it('does not remember a token that it was not given', async () => {
    const { source, publish, wishes } = world([published(1), published(1)]);
    publish(1, hour);
    await source.obtain({ minValidityMs: 2 * hour });
    await source.obtain({ minValidityMs: 2 * hour });
    expect(wishes).toHaveLength(2);
    expect((await source.obtain()).kind).toBe('token');
  });
});
