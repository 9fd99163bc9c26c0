import { describe, expect, it } from 'vitest';
import { logout } from '../../../src/core/operations/logout.ts';
import {
  earlierCandidate,
  forgetSeal,
  grantsAmong,
  openedAmong,
  putBack,
  putBackCandidate,
  putOpened,
  sendAgain,
  tryEarlier,
} from '../../../src/core/operations/recover-by-hand.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { encodeGrant, type Grant } from '../../../src/core/records/grant.ts';
import { seal } from '../../../src/core/records/seal.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import { granted, grantOf, hour, memoryConnection } from '../memory-connection.ts';

const secondOf = (more: Partial<Grant> = {}) =>
  grantOf(hour, {
    generation: 2,
    attempt: 1,
    refreshToken: new Secret('r/0002invented'),
    accessToken: new Secret('a/0002invented'),
    ...more,
  });

describe('an answer that was lost', () => {
  it('is asked for again at once, and what comes is published and settled', async () => {
    const it = memoryConnection([{ kind: 'uncertain', cause: 'reset' }, granted(2)]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), { trigger: 'schedule' });
    expect(await sendAgain(it.ports())).toMatchObject({ kind: 'refreshed' });
    expect(it.presented).toEqual(['r/0001invented', 'r/0001invented']);
    expect(it.journal.journal).toMatchObject({ dispatch: null, seals: [], lease: null });
    expect(it.publishedToken().generation).toBe(2);
    expect(it.reports.at(-1)).toMatchObject({ trigger: 'operator' });
  });

  it('is not asked for where none is missing', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    expect(await sendAgain(it.ports())).toMatchObject({ kind: 'fresh' });
    expect(it.presented).toEqual([]);
  });

  it('is not asked for while another holds the lease', async () => {
    const it = memoryConnection([{ kind: 'uncertain', cause: 'reset' }]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), { trigger: 'schedule' });
    const expiresAtMs = it.time.nowMs + 60_000;
    it.journal.set({ lease: { owner: 'another', fence: 9, expiresAtMs }, fence: 9 });
    expect(await sendAgain(it.ports())).toMatchObject({ kind: 'busy' });
    expect(it.presented).toHaveLength(1);
  });
});

/** A connection whose second refresh token is refused for good. */
async function latched(...answers: Parameters<typeof memoryConnection>[0] & object) {
  const refused = { kind: 'invalid-grant' } as const;
  const it = memoryConnection([refused, refused, ...answers]);
  it.store(grantOf(2 * hour));
  it.store(secondOf());
  await rotate(it.ports(), { trigger: 'operator' });
  await rotate(it.ports(), { trigger: 'operator' });
  it.presented.length = 0;
  return { it, given: { current: secondOf(), earlier: grantOf(2 * hour) } };
}

describe('an earlier refresh token', () => {
  it('brings the successor of what is current, and lifts the latch', async () => {
    const { it, given } = await latched(granted(3));
    expect(it.journal.journal.latch).toMatchObject({ kind: 'revoked' });
    expect(await tryEarlier(it.ports(), given)).toMatchObject({ kind: 'refreshed' });
    expect(it.presented).toEqual(['r/0001invented']);
    expect(it.journal.journal).toMatchObject({ latch: null, dispatch: null });
    expect(it.currentGrant()).toMatchObject({ grant: 1, generation: 3 });
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/0003invented');
  });

  it('stays, where the answer brings no other', async () => {
    const accessToken = new Secret('a/0003invented');
    const tokens = { accessToken, expiresInSeconds: 86_400, lifetimeAssumed: false };
    const { it, given } = await latched({ kind: 'granted', tokens });
    await tryEarlier(it.ports(), given);
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/0001invented');
  });

  it('that is refused too leaves the latch as it was', async () => {
    const { it, given } = await latched({ kind: 'invalid-grant' });
    const { latch } = it.journal.journal;
    expect(await tryEarlier(it.ports(), given)).toMatchObject({ kind: 'refused' });
    expect(it.journal.journal).toMatchObject({ latch, refusal: null, dispatch: null });
    expect(it.currentGrant().generation).toBe(2);
  });

  it('that is refused near the end of the access token latches anew, from now on', async () => {
    const { it, given } = await latched({ kind: 'invalid-grant' });
    it.passTime(22 * hour);
    expect(await tryEarlier(it.ports(), given)).toMatchObject({ kind: 'latched' });
    expect(it.journal.journal.latch).toMatchObject({ kind: 'revoked', sinceMs: it.time.nowMs });
  });

  it('that is refused leaves the latch, though the journal does not answer at once', async () => {
    const { it, given } = await latched({ kind: 'invalid-grant' });
    const { latch } = it.journal.journal;
    let left = 2;
    it.journal.before = (call) => {
      if (call !== 'write' || it.presented.length === 0 || left === 0) return;
      left -= 1;
      throw new StoreRefused('unavailable', 'no answer');
    };
    expect(await tryEarlier(it.ports(), given)).toMatchObject({ kind: 'refused' });
    expect(left).toBe(0);
    expect(it.journal.journal.latch).toEqual(latch);
  });

  it.each([
    ['a login has come meanwhile', { known: { grant: 2, generation: 3, attempt: 0 } }],
    ['the journal knows of nothing any more', { known: null, latch: null }],
  ])('that is refused leaves no latch where %s', async (_, meanwhile) => {
    const { it, given } = await latched(() => {
      it.journal.set(meanwhile);
      return { kind: 'invalid-grant' };
    });
    await tryEarlier(it.ports(), given);
    expect(it.journal.journal.latch).toBeNull();
  });

  it.each([{ kind: 'invalid-grant' } as const, granted(3)])(
    'that brings $kind never leaves the refused one without its latch, wherever the process ends',
    async (answer) => {
      const { it, given } = await latched(answer);
      const { latch } = it.journal.journal;
      const bare: string[] = [];
      it.journal.before = (call) => {
        const { known, seals, latch: now } = it.journal.journal;
        const isReplaced = known?.generation === 3 || seals.length > 0;
        if (!isReplaced && now?.sinceMs !== latch?.sinceMs) bare.push(call);
      };
      await tryEarlier(it.ports(), given);
      expect(bare).toEqual([]);
    },
  );

  it('that works leaves no latch, though that could not be noted', async () => {
    const { it, given } = await latched(() => {
      const kept = it.journal.writes + 1;
      it.journal.before = (call) => {
        if (call === 'write' && it.journal.writes === kept) {
          it.journal.before = () => {};
          throw new StoreRefused('denied', 'invented refusal');
        }
      };
      return granted(3);
    });
    expect(await tryEarlier(it.ports(), given)).toMatchObject({ kind: 'refreshed' });
    expect(it.journal.journal.latch).toBeNull();
  });

  it('is sent although an answer to the current one is missing, whatever the policy says', async () => {
    const { it, given } = await latched(granted(3));
    const { position: parent } = it.journal.journal.latch ?? {};
    const sends = [{ versionId: 'x'.repeat(32), attempt: 9, sentAtMs: it.time.nowMs }];
    if (parent) it.journal.set({ dispatch: { parent, sends }, lastAttempt: 9 });
    expect(await tryEarlier(it.ports(), given)).toMatchObject({ kind: 'refreshed' });
  });

  it('is not sent where somebody has logged in meanwhile', async () => {
    const { it, given } = await latched();
    it.store(secondOf({ grant: 2, generation: 3, refreshToken: new Secret('r/0009invented') }));
    it.journal.set({ known: { grant: 2, generation: 3, attempt: 1 }, latch: null });
    expect(await tryEarlier(it.ports(), given)).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringContaining('the grant has changed meanwhile'),
    });
    expect(it.presented).toEqual([]);
    expect(it.journal.journal.latch).toBeNull();
  });
});

describe('the versions that are kept', () => {
  async function kept(...grants: readonly Grant[]) {
    const it = memoryConnection();
    for (const [n, grant] of grants.entries()) it.store(grant, `v${n}`);
    it.grant.versions.set('damaged', new Secret('{'));
    const ids = [...it.grant.versions.keys(), 'gone'];
    return { it, found: await grantsAmong(it.ports(), ids) };
  }

  it('are those that can be read and belong here, newest first', async () => {
    const { found } = await kept(
      grantOf(hour),
      secondOf(),
      secondOf({ generation: 3, environment: 'elsewhere' }),
      secondOf({ generation: 4, provider: 'https://other.example' }),
    );
    expect(found.map(({ grant }) => grant.generation)).toEqual([2, 1]);
  });

  it('give back the one that was rolled back, and nothing older', async () => {
    const { it, found } = await kept(secondOf(), grantOf(hour));
    expect(it.currentGrant().generation).toBe(1);
    const candidate = putBackCandidate(found, secondOf());
    expect(candidate && (await putBack(it.ports(), candidate))).toBe('promoted');
    expect(it.currentGrant().generation).toBe(2);
    expect(putBackCandidate(found, { grant: 1, generation: 3, attempt: 0 })).toBeUndefined();
    expect(putBackCandidate(found, null)?.grant.generation).toBe(2);
    expect(putBackCandidate(found, grantOf(hour))?.grant.generation).toBe(2);
    expect(putBackCandidate([], null)).toBeUndefined();
  });

  it('are not put back where nothing is current', async () => {
    const it = memoryConnection();
    expect(await putBack(it.ports(), { versionId: 'v1', grant: grantOf(hour) })).toBe('moved');
  });

  it.each<[string, (world: ReturnType<typeof memoryConnection>) => unknown]>([
    ['in', (world) => world.store(secondOf({ grant: 2, generation: 3 }), 'v3')],
    ['out', (world) => logout(world.ports())],
  ])('are not put back once somebody has logged %s', async (_, logsInOrOut) => {
    const { it, found } = await kept(secondOf(), grantOf(hour));
    const candidate = putBackCandidate(found, secondOf());
    await logsInOrOut(it);
    const after = it.grant.currentId;
    expect(candidate && (await putBack(it.ports(), candidate))).toBe('moved');
    expect(it.grant.currentId).toBe(after);
  });

  it('give an earlier token of the same grant that is another token', async () => {
    const { found } = await kept(
      grantOf(hour, { refreshToken: new Secret('r/0000invented') }),
      secondOf({ refreshToken: new Secret('r/0001invented') }),
      secondOf({ grant: 2, generation: 3 }),
    );
    const current = secondOf({ generation: 3, refreshToken: new Secret('r/0001invented') });
    expect(earlierCandidate(found, current)?.grant.generation).toBe(1);
    expect(earlierCandidate(found, secondOf({ grant: 3, generation: 9 }))).toBeUndefined();
    const first = grantOf(hour, { refreshToken: new Secret('r/0005invented') });
    expect(earlierCandidate(found, first)).toBeUndefined();
  });
});

describe('a seal that the current key does not open', () => {
  const sealKey = new Secret(Buffer.alloc(32, 7).toString('base64'));
  const third = secondOf({ generation: 3, attempt: 2, sealKey });

  /** A pair that is only sealed, under the key that an earlier version alone still has. */
  function sealed(earlier: Partial<Grant> = {}) {
    const it = memoryConnection();
    it.store(grantOf(hour, { sealKey, ...earlier }), 'v1');
    it.store(secondOf(), 'v2');
    const ports = it.ports();
    const { random } = ports;
    const made = seal(encodeGrant(third), { versionId: 'v3', position: third, sealKey }, random);
    it.journal.set({ seals: [made], known: secondOf() });
    return { it, made, ports };
  }

  it.each([
    { name: 'an earlier version', others: {} },
    { name: 'an earlier version, though its id is taken', others: { v3: new Secret('other') } },
  ])('stops every pass until the key is found in $name', async ({ others }) => {
    const { it, made, ports } = sealed();
    for (const [id, value] of Object.entries(others)) it.grant.versions.set(id, value);
    expect(await rotate(ports, { trigger: 'schedule' })).toMatchObject({ kind: 'seal-unreadable' });
    const opened = openedAmong(made, await grantsAmong(ports, ['v2', 'v1']));
    expect(await putOpened(ports, 'v3', opened ?? new Secret(''))).toBe('promoted');
    await rotate(it.ports(), { trigger: 'schedule' });
    expect(it.publishedToken().generation).toBe(3);
    expect(it.journal.journal.seals).toEqual([]);
  });

  it('is not opened where it holds no grant: that would be made current', async () => {
    const { ports } = sealed();
    const none = new Secret('no grant');
    const made = seal(none, { versionId: 'v3', position: third, sealKey }, ports.random);
    expect(openedAmong(made, await grantsAmong(ports, ['v2', 'v1']))).toBeUndefined();
  });

  it('is not opened with the key of another grant, and can be given up', async () => {
    const { it, made, ports } = sealed({ grant: 2 });
    expect(openedAmong(made, await grantsAmong(ports, ['v2', 'v1']))).toBeUndefined();
    const { revision } = it.journal;
    await forgetSeal(ports, 'another');
    expect(it.journal.journal.seals).toEqual([made]);
    expect(it.journal.revision).toBe(revision);
    await forgetSeal(ports, 'v3');
    await forgetSeal(ports, 'v3');
    expect(it.journal.journal.seals).toEqual([]);
  });
});
