import { describe, expect, it } from 'vitest';
import { type SecretVersion, StoreRefused } from '../../src/core/ports.ts';
import {
  eightTimes,
  type Replacement,
  replaceCurrent,
  untilEnd,
} from '../../src/core/replace-current.ts';
import { retryWhileUnavailable } from '../../src/core/retry.ts';
import { Secret } from '../../src/core/secret.ts';
import { MemorySecret, memoryConnection } from './memory-connection.ts';

const value = new Secret('{"v":1}');
const refused = (reason: 'denied' | 'unavailable') => new StoreRefused(reason, 'invented');

function scene(more: Partial<Replacement<'kept'>> = {}) {
  const secret = new MemorySecret();
  const tries: (StoreRefused | undefined)[] = [];
  const asked: (readonly [string | undefined, boolean])[] = [];
  const run = () =>
    replaceCurrent<'kept'>(secret, {
      candidate: { versionId: 'mine' },
      random: memoryConnection().ports().random,
      gaveUp: 'gave up',
      until: async (_, refusal) => tries.push(refusal) < 3,
      decide: (current: SecretVersion | undefined, mayHaveMoved) => {
        asked.push([current?.versionId, mayHaveMoved]);
        return { replaceBy: value };
      },
      ...more,
    });
  const store = (versionId: string, isCurrent: boolean) => {
    secret.versions.set(versionId, value);
    if (isCurrent) secret.currentId = versionId;
  };
  return { secret, tries, asked, run, store };
}

describe('a version is made current', () => {
  it('where nothing was, by its put alone', async () => {
    const { run, secret, asked, tries } = scene();
    expect(await run()).toEqual({ versionId: 'mine' });
    expect([secret.currentId, asked, tries]).toEqual(['mine', [[undefined, false]], []]);
  });

  it('without a question where it is current with the value that it is known to hold', async () => {
    const known = scene({ candidate: { versionId: 'mine', value } });
    known.store('mine', true);
    expect(await known.run()).toEqual({ versionId: 'mine' });
    expect(known.asked).toEqual([]);
  });

  it('with a question where nobody knows what it holds', async () => {
    const { run, store, asked } = scene();
    store('mine', true);
    await run();
    expect(asked[0]).toEqual(['mine', false]);
  });

  it('again where the answer was lost, and says that it may have been', async () => {
    const { run, store, secret, asked, tries } = scene();
    store('other', true);
    secret.before = (call) => {
      if (call === 'promote' && tries.length === 0) throw refused('unavailable');
    };
    expect(await run()).toEqual({ versionId: 'mine' });
    expect(asked).toEqual([
      ['other', false],
      ['other', true],
    ]);
  });

  it.each([
    ['stored', undefined],
    ['stored unanswered', refused('unavailable')],
  ])(
    'again where nothing was and another came, and says that it may have been: %s',
    async (_, refusal) => {
      const { run, store, secret, asked, tries } = scene();
      secret.before = (call) => {
        if (call !== 'put' || tries.length > 0) return;
        store('other', true);
        if (refusal) throw refusal;
      };
      expect(await run()).toEqual({ versionId: 'mine' });
      expect(asked).toEqual([
        [undefined, false],
        ['other', true],
      ]);
    },
  );

  it('not where what is current is to stay', async () => {
    const { run, store, secret } = scene({ decide: () => ({ keep: 'kept' }) });
    store('other', true);
    expect(await run()).toEqual({ versionId: 'mine', kept: 'kept' });
    expect(secret.currentId).toBe('other');
  });

  it('not after a refusal that does not pass: it is thrown at once', async () => {
    const { run, store, secret, tries } = scene();
    store('other', true);
    secret.before = (call) => {
      if (call === 'promote') throw refused('denied');
    };
    await expect(run()).rejects.toMatchObject({ reason: 'denied' });
    expect(tries).toEqual([]);
  });

  it('not for ever: at the end the refusal is thrown, or what stood in the way', async () => {
    const down = scene();
    down.secret.before = () => {
      throw refused('unavailable');
    };
    await expect(down.run()).rejects.toThrow('invented');
    expect(down.tries).toHaveLength(3);
    await expect(scene({ decide: () => 'look again' }).run()).rejects.toThrow('gave up');
  });
});

it('who has no pass tries eight times, and leaves a refusal to the caller', async () => {
  const goesOn = [0, 6, 7].map((tries) => eightTimes(tries, undefined));
  expect(await Promise.all(goesOn)).toEqual([true, true, false]);
  expect(await eightTimes(0, refused('unavailable'))).toBe(false);
});

describe('tries end', () => {
  it.each([
    [100, 1],
    [101, 2],
  ])('where the wait would not end before %i ms: after %i', async (untilMs, want) => {
    const { ports } = memoryConnection();
    const { clock } = ports();
    let tries = 0;
    const action = async () => {
      tries += 1;
      throw refused('unavailable');
    };
    await expect(retryWhileUnavailable(clock, untilMs, action)).rejects.toThrow('invented');
    expect(tries).toBe(want);
    const again = untilEnd({ ports: memoryConnection().ports(), endMs: untilMs });
    expect(await again(0, undefined)).toBe(want === 2);
  });

  it('at once after what is no refusal of a store', async () => {
    const { clock } = memoryConnection().ports();
    const action = () => Promise.reject(new TypeError('invented'));
    await expect(retryWhileUnavailable(clock, 9e9, action)).rejects.toThrow(TypeError);
  });
});
