import { describe, expect, it } from 'vitest';
import {
  answerOf,
  type RefreshAnswer,
  type RefreshWish,
} from '../../../src/core/consumers/rotator.ts';
import { createTokenSource, type Obtained } from '../../../src/core/consumers/token-source.ts';
import { encodeAccessToken } from '../../../src/core/records/access-token.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import {
  granted,
  grantOf,
  hour,
  MemorySecret,
  memoryConnection,
  startMs,
} from '../memory-connection.ts';

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
  const onAsk: (() => void)[] = [];
  const publish = (generation: number, leftMs: number | null) => {
    secret.versions.set(`v${generation}`, encodeAccessToken(tokenOf(generation, leftMs)));
    secret.currentId = `v${generation}`;
  };
  const left = [...answers];
  const ask = async (wish: RefreshWish): Promise<RefreshAnswer> => {
    wishes.push(wish);
    onAsk.shift()?.();
    return left.shift() ?? { kind: 'busy' };
  };
  const source = createTokenSource({ clock, accessToken: secret, rotator: { ask } });
  const alone = createTokenSource({ clock, accessToken: secret });
  return { time, secret, publish, source, alone, wishes, onAsk };
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
      detail: 'the stored access token has expired and no rotator is configured',
    });
  });

  it('hears of a rejected token that it is not good, though it would last', async () => {
    const { alone, publish } = world();
    publish(1, hour);
    expect((await alone.rejected(tokenOf(1, hour))).kind).toBe('unavailable');
    publish(2, null);
    expect((await alone.rejected(tokenOf(2, null))).kind).toBe('unavailable');
  });

  it('keeps the newer token in memory though a read is behind', async () => {
    const { alone, publish, secret } = world();
    publish(1, hour);
    publish(2, hour);
    await alone.obtain();
    secret.stale.push('v1');
    await alone.obtain({ minValidityMs: 2 * hour });
    expect(await alone.obtain()).toMatchObject({ kind: 'token', token: { generation: 2 } });
  });

  it('that complains of a token is told that nobody has logged in where nothing is stored', async () => {
    expect((await world().alone.rejected(tokenOf(1, hour))).kind).toBe('person-needed');
  });
});

describe('a caller with a rotator', () => {
  it('is told at once, and once, why there is no token, whatever else was wished', async () => {
    const { source, publish, wishes, time } = world([{ kind: 'unavailable', detail: 'invented' }]);
    publish(1, 0);
    const unavailable = { kind: 'unavailable', detail: 'invented' };
    const both = [source.obtain({ minValidityMs: 2 * hour }), source.obtain()];
    expect(await Promise.all(both)).toEqual([unavailable, unavailable]);
    expect([wishes.length, time.monotonicMs]).toEqual([1, 0]);
  });

  it('is told once what the provider gives where that is less than usual', async () => {
    const { source, publish, wishes } = world([published(1)]);
    publish(1, 24 * hour);
    const wish = { minValidityMs: 24 * hour - 5 * 60_000 + 1 };
    expect((await source.obtain(wish)).kind).toBe('token');
    const less = world([published(1)]);
    less.publish(1, 24 * hour);
    less.time.nowMs += hour;
    expect((await less.source.obtain({ minValidityMs: 23.5 * hour })).kind).toBe('too-long');
    expect([wishes.length, less.wishes.length]).toEqual([0, 1]);
  });

  it('has the token replaced that it complains of, though it has ended, too', async () => {
    const { source, publish, wishes, onAsk } = world([published(2)]);
    publish(1, 0);
    onAsk.push(() => publish(2, hour));
    expect(await source.rejected(tokenOf(1, 0))).toMatchObject({ token: { generation: 2 } });
    expect(wishes).toEqual([{ rejected: { grant: 1, generation: 1, attempt: 0 } }]);
  });

  it('complains of one token once, whoever else does, and again later', async () => {
    const { source, publish, wishes } = world([
      { kind: 'unavailable', detail: 'invented' },
      { kind: 'unavailable', detail: 'invented' },
    ]);
    publish(1, hour);
    await Promise.all([source.rejected(tokenOf(1, hour)), source.rejected(tokenOf(1, hour))]);
    expect(wishes).toHaveLength(1);
    await source.rejected(tokenOf(1, hour));
    expect(wishes).toHaveLength(2);
  });

  it('gets for the token that it complains of what was published while it waited', async () => {
    const { source, publish, onAsk } = world();
    publish(1, hour);
    onAsk.push(() => publish(2, hour));
    expect(await source.rejected(tokenOf(1, hour))).toMatchObject({
      kind: 'token',
      token: { generation: 2 },
    });
  });

  it('gets no token that is gone again when it is read', async () => {
    const { source } = world([published(1)]);
    expect(await source.obtain()).toEqual({
      kind: 'unavailable',
      detail: 'the new token is not published yet',
    });
  });

  it('waits for another refresh to end, for a minute and no longer', async () => {
    const { source, time, wishes } = world();
    expect(await source.obtain()).toEqual({
      kind: 'unavailable',
      detail: 'another refresh is running',
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
      detail: 'the new token is not published yet',
    });
    expect(reads).toBe(1 + 8);
  });

  it('asks once for all callers, with the longest wish', async () => {
    const { source, publish, wishes } = world([published(2), published(3)]);
    publish(1, 1000);
    publish(2, 10 * hour);
    const both = await Promise.all([
      source.obtain({ minValidityMs: 20 * hour }),
      source.obtain({ minValidityMs: 20 * hour }),
      source.obtain({ minValidityMs: 21 * hour }),
    ]);
    expect(both.map(({ kind }) => kind)).toEqual(['too-long', 'too-long', 'too-long']);
    expect(wishes).toEqual([{ minValidityMs: 21 * hour }]);
    publish(3, 30 * hour);
    expect((await source.obtain({ minValidityMs: 20 * hour })).kind).toBe('token');
  });

  it('asks again where the longest wish is more than the provider gives, and another’s is not', async () => {
    const { source, publish, wishes, onAsk, time } = world([published(1), published(2)]);
    publish(1, 10 * hour);
    time.nowMs += 2 * hour;
    onAsk.push(
      () => {},
      () => publish(2, 12 * hour),
    );
    const long = source.obtain({ minValidityMs: 10 * hour });
    const short = source.obtain({ minValidityMs: 9 * hour });
    expect((await long).kind).toBe('too-long');
    expect(await short).toMatchObject({ kind: 'token', token: { generation: 2 } });
    expect(wishes.map(({ minValidityMs }) => minValidityMs)).toEqual([10 * hour, 9 * hour]);
  });

  it('is served by what is stored where only another’s longer wish cannot be met', async () => {
    const { source, publish } = world([{ kind: 'person-needed', detail: 'fresco login' }]);
    publish(1, hour);
    const long = source.obtain({ minValidityMs: 2 * hour });
    expect(await source.obtain()).toMatchObject({ token: { generation: 1 } });
    expect(await long).toEqual({ kind: 'person-needed', detail: 'fresco login' });
  });

  it('that comes while another asks is not put off with less than it wants', async () => {
    const { source, publish, wishes, onAsk } = world([published(2), published(3)]);
    publish(1, 0);
    let late: Promise<Obtained> | undefined;
    onAsk.push(() => {
      publish(2, hour);
      late = source.obtain({ minValidityMs: 3 * hour });
    });
    onAsk.push(() => publish(3, 4 * hour));
    expect(await source.obtain()).toMatchObject({ token: { generation: 2 } });
    expect(await late).toMatchObject({ token: { generation: 3 } });
    expect(wishes).toHaveLength(2);
  });

  it('keeps the newer token in memory though a read is behind', async () => {
    const { source, publish, secret, time } = world([published(2)]);
    publish(1, 12 * hour);
    publish(2, 23 * hour);
    await source.obtain();
    secret.stale.push('v1');
    expect((await source.obtain({ minValidityMs: 40 * hour })).kind).toBe('too-long');
    expect(await source.obtain()).toMatchObject({ token: { generation: 2 } });
    // A store that was begun again counts from 1: what it holds is newer than what has ended.
    publish(1, 99 * hour);
    time.nowMs += 30 * hour;
    expect(await source.obtain()).toMatchObject({ token: { generation: 1 } });
    secret.currentId = undefined;
    expect(await source.obtain()).toMatchObject({ token: { generation: 1 } });
  });

  it('that complains of an older token, where its successor has ended, too, gets a refreshed one', async () => {
    const { source, publish, wishes, onAsk } = world([published(3)]);
    publish(2, 0);
    onAsk.push(() => publish(3, hour));
    expect(await source.rejected(tokenOf(1, hour))).toMatchObject({ token: { generation: 3 } });
    expect(wishes).toEqual([{ minValidityMs: 5 * 60_000 }]);
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

describe('a token that a clock that was ahead has dated', () => {
  const month = 30 * 24 * hour;
  const ahead = { ...tokenOf(1, month + 24 * hour), issuedAtMs: startMs + month };

  it('is asked about once, and served for as long as the rotator stands by it', async () => {
    const { source, secret, wishes } = world([published(1)]);
    secret.versions.set('v1', encodeAccessToken(ahead));
    secret.currentId = 'v1';
    expect(await source.obtain()).toMatchObject({ token: { generation: 1 } });
    expect(await source.obtain()).toMatchObject({ token: { generation: 1 } });
    expect(wishes).toHaveLength(1);
  });

  it('is asked about again where it is not the one that the rotator stood by', async () => {
    const { source, secret, wishes } = world([published(1), published(2)]);
    const store = (generation: number) => {
      const token = { ...ahead, generation };
      secret.versions.set(`v${generation}`, encodeAccessToken(token));
      secret.currentId = `v${generation}`;
    };
    store(1);
    await source.obtain();
    store(2);
    expect((await source.rejected({ ...ahead, generation: 1 })).kind).toBe('token');
    expect(wishes).toHaveLength(2);
  });

  it('is good for ever where it is a manual one', async () => {
    const { source, secret, wishes } = world();
    secret.versions.set('v1', encodeAccessToken({ ...ahead, expiresAtMs: null }));
    secret.currentId = 'v1';
    expect(await source.obtain()).toMatchObject({ token: { generation: 1 } });
    expect(wishes).toHaveLength(0);
  });

  it('is served where nobody can be asked', async () => {
    const { alone, secret } = world();
    secret.versions.set('v1', encodeAccessToken(ahead));
    secret.currentId = 'v1';
    expect(await alone.obtain()).toMatchObject({ kind: 'token', token: { generation: 1 } });
  });
});

describe('a caller beside a real rotator', () => {
  const beside = (connection: ReturnType<typeof memoryConnection>) =>
    createTokenSource({
      clock: connection.ports().clock,
      accessToken: connection.accessToken,
      rotator: {
        ask: async (wish) =>
          answerOf(await rotate(connection.ports(), { trigger: 'consumer', ...wish })),
      },
    });

  it('gets a refreshed token where a clock that was ahead has dated what is stored', async () => {
    const connection = memoryConnection([granted(2)]);
    connection.store(grantOf(-30 * 24 * hour));
    connection.journal.set({
      sentAtMs: [startMs + 30 * 24 * hour],
      known: { grant: 1, generation: 1, attempt: 0 },
    });
    expect(await beside(connection).obtain()).toMatchObject({
      kind: 'token',
      token: { generation: 2, issuedAtMs: startMs },
    });
  });

  it('that wants all that the provider gives, each hour, spends nothing for what it cannot have', async () => {
    const connection = memoryConnection([granted(2)]);
    connection.store(grantOf(hour));
    for (let hours = 1; hours < 12; hours += 1) {
      const obtained = await beside(connection).obtain({ minValidityMs: 24 * hour });
      expect(obtained).toEqual({ kind: 'too-long', expiresAtMs: startMs + 23 * hour });
      connection.passTime(hour);
    }
    expect(connection.presented).toEqual([]);
  });

  it('that complains of an older token, in whatever language, gets a refreshed one where both are over', async () => {
    const connection = memoryConnection([granted(3)]);
    connection.store(grantOf(25 * hour, { generation: 2 }));
    const rejected = { grant: 1, generation: 1, attempt: 0 };
    expect(await rotate(connection.ports(), { trigger: 'consumer', rejected })).toMatchObject({
      kind: 'refreshed',
    });
  });
});
