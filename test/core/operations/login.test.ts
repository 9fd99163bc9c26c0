import { describe, expect, it } from 'vitest';
import { emptyJournal } from '../../../src/core/journal/journal.ts';
import { login, welcomed } from '../../../src/core/operations/login.ts';
import { installManualToken } from '../../../src/core/operations/manual-token.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import { granted, grantOf, hour, memoryConnection, startMs } from '../memory-connection.ts';

const consent = {
  refreshToken: new Secret('r/consented'),
  accessToken: new Secret('a/consented'),
  requestedAtMs: startMs,
  expiresInSeconds: 86_400,
  companies: [{ id: 108061, name: 'Esempio' }],
};
const down = () => {
  throw new StoreRefused('unavailable', 'it is down');
};

describe('a login', () => {
  it('to nothing makes grant 1 of generation 1, current and published', async () => {
    const it = memoryConnection();
    const { position, warnings } = await login(it.ports(), consent);
    expect([position, warnings]).toEqual([{ grant: 1, generation: 1, attempt: 0 }, []]);
    expect(it.currentGrant()).toMatchObject({ environment: 'here', companies: consent.companies });
    expect(it.publishedToken().accessToken.reveal()).toBe('a/consented');
    expect(it.journal.journal).toMatchObject({
      known: position,
      history: [{ outcome: 'logged-in' }],
    });
  });

  it('makes a seal key of 32 random bytes', async () => {
    const it = memoryConnection();
    await login(it.ports(), consent);
    expect(Buffer.from(it.currentGrant().sealKey.reveal(), 'base64')).toHaveLength(32);
  });

  it('dates the token by its request, and never later than the store’s clock', async () => {
    const it = memoryConnection();
    await login(it.ports(), { ...consent, requestedAtMs: startMs - 3000 });
    const issuedAtMs = startMs - 3000;
    expect(it.currentGrant()).toMatchObject({ issuedAtMs, expiresAtMs: issuedAtMs + 24 * hour });
    it.journal.dateMs = () => startMs - 10_000;
    await login(it.ports(), consent);
    expect(it.currentGrant()).toMatchObject({
      issuedAtMs: startMs - 10_000,
      expiresAtMs: startMs - 10_000 + 24 * hour,
    });
  });

  it('serves all that was consented to, whatever the grant before was narrowed to', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour, { companies: [{ id: 5, name: 'Una sola' }] }));
    await login(it.ports(), consent);
    expect(it.publishedToken().companies).toEqual(consent.companies);
  });

  it('to nothing waits until its grant shows, where a read is behind', async () => {
    const it = memoryConnection();
    it.grant.stale.push(undefined, undefined);
    expect(await login(it.ports(), consent)).toMatchObject({ position: { grant: 1 } });
    expect(it.currentGrant().grant).toBe(1);
    expect(it.grant.versions.size).toBe(1);
  });

  it('over another grant counts grants up and generations on', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour, { grant: 3, generation: 7, attempt: 9 }));
    const { position } = await login(it.ports(), consent);
    expect(position).toEqual({ grant: 4, generation: 8, attempt: 0 });
    expect(it.publishedToken().generation).toBe(8);
  });

  it('is newer than all that was ever known, whatever somebody has rolled back', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.journal.set({ known: { grant: 5, generation: 9, attempt: 1 } });
    expect((await login(it.ports(), consent)).position).toMatchObject({ grant: 6, generation: 10 });
    it.grant.currentId = undefined;
    it.journal.set({ known: null });
    expect((await login(it.ports(), consent)).position).toMatchObject({ grant: 7, generation: 11 });
  });

  it('ends what bound the old grant: latch, refusal, wait, open attempt, its seals', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    const position = { grant: 1, generation: 1, attempt: 0 };
    it.journal.set({
      latch: { kind: 'revoked', position, sinceMs: 1 },
      badAnswer: {
        kind: 'application-refused',
        clientVersionId: 'c1',
        said: 'x',
        inDoubt: false,
        sinceMs: 1,
        atMs: 1,
        needsPerson: true,
      },
      refusal: { position, atMs: 1 },
      retryAtMs: 1,
      failingSinceMs: 1,
      dispatch: { parent: position, sends: [{ versionId: 'v', attempt: 1, sentAtMs: 1 }] },
      seals: [{ ...position, generation: 2, versionId: 'v', box: '' }],
    });
    await login(it.ports(), consent);
    expect(it.journal.journal).toMatchObject({
      latch: null,
      badAnswer: null,
      acceptedClient: 'c1',
      refusal: null,
      retryAtMs: null,
      failingSinceMs: null,
      dispatch: null,
      seals: [],
    });
  });

  it('is noted in a history of a hundred entries', async () => {
    const it = memoryConnection();
    for (let n = 0; n < 102; n += 1) await login(it.ports(), consent);
    const { history } = it.journal.journal;
    expect(history).toHaveLength(100);
    expect(history.at(-1)).toEqual({ atMs: startMs, outcome: 'logged-in', generation: 102 });
  });

  it('takes the place of a damaged grant, whose version is kept', async () => {
    const it = memoryConnection();
    it.grant.versions.set('damaged', new Secret('not json'));
    it.grant.currentId = 'damaged';
    await login(it.ports(), consent);
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/consented');
    expect(it.grant.versions.has('damaged')).toBe(true);
  });

  it.each([
    ['the old grant', { generation: 2, attempt: 1 }, { grant: 2, generation: 3 }],
    ['another login', { grant: 2, generation: 2 }, { grant: 3, generation: 3 }],
    ['two other logins', { grant: 3, generation: 3 }, { grant: 4, generation: 4 }],
    ['a login that counts from less', { grant: 3, generation: 1 }, { grant: 4, generation: 2 }],
    ['another login, unanswered', { grant: 2, generation: 2 }, { grant: 3, generation: 3 }],
  ])('that was overtaken by %s is renumbered above it', async (name, other, above) => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    let overtaken = false;
    it.grant.before = (call) => {
      if (call !== 'promote' || overtaken) return;
      overtaken = true;
      it.store(grantOf(0, other), 'other', false);
      if (name.endsWith('unanswered')) down();
    };
    const { position, warnings } = await login(it.ports(), consent);
    expect([position, warnings]).toMatchObject([above, []]);
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/consented');
  });

  it('beside another ends as soon as it was current: the later one stays', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    const promote = it.grant.promote.bind(it.grant);
    it.grant.promote = async (versionId, from) => {
      const moved = await promote(versionId, from);
      it.grant.promote = promote;
      it.store(grantOf(0, { grant: 3, generation: 3, sealKey: new Secret('another') }), 'later');
      return moved;
    };
    expect((await login(it.ports(), consent)).position.grant).toBe(2);
    expect(it.currentGrant().grant).toBe(3);
  });

  it('that was current by its put alone gives way to a later login', async () => {
    const it = memoryConnection();
    const put = it.grant.put.bind(it.grant);
    it.grant.put = async (versionId, value) => {
      it.grant.put = put;
      const stored = await put(versionId, value);
      it.store(grantOf(0, { grant: 2, generation: 2, sealKey: new Secret('another') }), 'later');
      return stored;
    };
    const { warnings } = await login(it.ports(), consent);
    expect(warnings).toEqual(['another login has taken the place of this one']);
    expect(it.currentGrant().grant).toBe(2);
  });

  it('whose move was carried out unanswered gives way to a later login', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    const promote = it.grant.promote.bind(it.grant);
    it.grant.promote = async (versionId, from) => {
      await promote(versionId, from);
      it.grant.promote = promote;
      // It was current for a moment, and its token may have been spent then.
      it.store(grantOf(0, { grant: 3, generation: 3, sealKey: new Secret('another') }), 'later');
      return down();
    };
    const { warnings } = await login(it.ports(), consent);
    expect(warnings).toEqual(['another login has taken the place of this one']);
    expect(it.currentGrant().grant).toBe(3);
  });

  it('whose move was carried out unanswered is not put over its own successor', async () => {
    const it = memoryConnection([granted(9)]);
    it.store(grantOf(hour));
    const promote = it.grant.promote.bind(it.grant);
    let moves = 0;
    it.grant.promote = async (versionId, from) => {
      moves += 1;
      const moved = await promote(versionId, from);
      if (moves > 1) return moved;
      it.journal.set({ known: null });
      await rotate(it.ports(), { trigger: 'operator' });
      return down();
    };
    const { position } = await login(it.ports(), consent);
    expect(position).toMatchObject({ grant: 2, generation: 2 });
    expect(it.currentGrant()).toMatchObject({ grant: 2, generation: 3 });
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/0009invented');
    expect(it.journal.journal.known).toMatchObject({ generation: 3 });
  });

  it('says so where a manual token came in between, which is served from then on', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    const { promote } = world.grant;
    world.grant.promote = async (versionId, from) => {
      world.grant.promote = promote;
      const accessToken = new Secret('a/0009invented');
      await installManualToken(world.ports(), { accessToken, companies: [], scopes: [] });
      return promote.call(world.grant, versionId, from);
    };
    const { warnings } = await login(world.ports(), consent);
    expect(warnings).toEqual([expect.stringMatching(/manual token .* is served: fresco login/)]);
    expect(world.publishedToken().accessToken.reveal()).toBe('a/0009invented');
    expect((await login(world.ports(), consent)).warnings).toEqual([]);
    expect(world.publishedToken().accessToken.reveal()).toBe('a/consented');
  });

  it('puts its version again where it vanished', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    let gone = false;
    it.grant.before = (call) => {
      if (call !== 'promote' || gone) return;
      gone = true;
      for (const id of it.grant.versions.keys()) if (id !== 'v1') it.grant.versions.delete(id);
    };
    await login(it.ports(), consent);
    expect(it.currentGrant().grant).toBe(2);
  });

  it('is stored though the journal is down, and leaves the rest to the next pass', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.journal.before = down;
    it.accessToken.before = down;
    it.client.missing = true;
    const { warnings } = await login(it.ports(), consent);
    expect(new Set(warnings)).toEqual(new Set(['it is down']));
    expect(it.time.monotonicMs).toBeLessThan(90_000);
    it.journal.before = () => {};
    it.accessToken.before = () => {};
    expect(await rotate(it.ports(), { trigger: 'schedule' })).toMatchObject({ kind: 'adopted' });
    expect(it.publishedToken().generation).toBe(2);
  });

  it('warns of nothing where the journal is down for a moment', async () => {
    const it = memoryConnection();
    let left = 2;
    it.journal.before = () => {
      left -= 1;
      if (left >= 0) down();
    };
    expect((await login(it.ports(), consent)).warnings).toEqual([]);
  });

  it('fails where its grant cannot be stored, and what was there stays', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.grant.before = (call) => {
      if (call === 'put') down();
    };
    await expect(login(it.ports(), consent)).rejects.toThrow('it is down');
    it.grant.before = () => {};
    it.grant.promote = async () => 'moved';
    await expect(login(it.ports(), consent)).rejects.toThrow('could not be made current in time');
    expect(it.currentGrant().grant).toBe(1);
  });

  it('lets a bug of a port through', async () => {
    const it = memoryConnection();
    it.journal.before = () => {
      throw new TypeError('a bug');
    };
    await expect(login(it.ports(), consent)).rejects.toThrow('a bug');
  });
});

describe('the journal after a login', () => {
  const position = { grant: 2, generation: 5, attempt: 0 };

  it('keeps the seals that are newer than it: a pass of the new grant has made them', () => {
    const older = { grant: 1, generation: 9, attempt: 1, versionId: 'v9', box: '' };
    const newer = { grant: 2, generation: 6, attempt: 1, versionId: 'v6', box: '' };
    const journal = { ...emptyJournal, seals: [older, newer] };
    expect(welcomed(journal, position, startMs).seals).toEqual([newer]);
  });

  it.each([
    ['a later login', { grant: 3, generation: 6, attempt: 0 }],
    ['a refresh of this one', { grant: 2, generation: 6, attempt: 1 }],
    ['this one itself', position],
  ])('is left alone where it knows of %s', (_, known) => {
    const journal = { ...emptyJournal, known };
    expect(welcomed(journal, position, startMs)).toBe(journal);
  });
});

describe('a refresh token that was got elsewhere', () => {
  const { accessToken: _, ...adopted } = { ...consent, expiresInSeconds: 0 };

  it('is stored first, publishes nothing, and brings an access token in one ordinary pass', async () => {
    const it = memoryConnection([granted(2)]);
    it.journal.set({ acceptedClient: 'c0' });
    await login(it.ports(), adopted);
    expect(it.journal.journal.acceptedClient).toBe('c0');
    expect(it.currentGrant().accessToken).toBeNull();
    expect(it.accessToken.currentId).toBeUndefined();
    expect(await rotate(it.ports(), { trigger: 'login' })).toMatchObject({ kind: 'refreshed' });
    expect(it.presented).toEqual(['r/consented']);
    expect(it.publishedToken().accessToken.reveal()).toBe('a/0002invented');
  });

  it('that the provider refuses is told at once', async () => {
    const it = memoryConnection([{ kind: 'invalid-grant' }]);
    await login(it.ports(), adopted);
    expect(await rotate(it.ports(), { trigger: 'login' })).toMatchObject({ kind: 'latched' });
  });
});
