import { describe, expect, it } from 'vitest';
import { createTokenSource } from '../../../src/core/consumers/token-source.ts';
import { login } from '../../../src/core/operations/login.ts';
import { logout } from '../../../src/core/operations/logout.ts';
import { installManualToken } from '../../../src/core/operations/manual-token.ts';
import { eventOf } from '../../../src/core/outcome/report.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { decodeAccessToken } from '../../../src/core/records/access-token.ts';
import { decodeGrant } from '../../../src/core/records/grant.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import { granted, grantOf, hour, memoryConnection, startMs } from '../memory-connection.ts';

const consent = {
  refreshToken: new Secret('r/0008invented'),
  accessToken: new Secret('a/0008invented'),
  requestedAtMs: startMs,
  expiresInSeconds: 86_400,
  companies: [],
};

describe('a logout', () => {
  it('leaves no token current or previous, and no seal', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour, { generation: 7 }));
    world.journal.set({
      known: grantOf(hour, { generation: 7 }),
      seals: [{ grant: 1, generation: 8, attempt: 1, versionId: 'v8', box: '' }],
      latch: { kind: 'revoked', position: grantOf(0), sinceMs: 1 },
    });
    const promoted: string[] = [];
    world.grant.before = (call) => void (call === 'promote' && promoted.push(call));
    expect(await logout(world.ports())).toEqual({ kind: 'logged-out' });
    for (const secret of [world.grant, world.accessToken]) {
      const current = await secret.current();
      expect(JSON.parse(current?.value.reveal() ?? '')).toEqual({
        v: 1,
        connection: 'default',
        loggedOutAt: expect.stringMatching(/Z$/),
      });
    }
    // Two marks, so that the label of the previous version is on one as well.
    expect(promoted).toHaveLength(2);
    expect(world.journal.journal).toMatchObject({ seals: [], latch: null, lease: null });
    expect(world.journal.journal.history.at(-1)).toMatchObject({ outcome: 'logged-out' });
  });

  it('ends all that was open, and is noted with its moment and the generation that it ends', async () => {
    const world = memoryConnection();
    const known = { grant: 1, generation: 7, attempt: 2 };
    world.store(grantOf(hour, known));
    world.journal.set({
      known,
      refusal: { position: known, atMs: 1 },
      retryAtMs: 1,
      failingSinceMs: 1,
      dispatch: { parent: known, sends: [{ versionId: 'v', attempt: 3, sentAtMs: 1 }] },
    });
    await logout(world.ports());
    expect(world.journal.journal).toMatchObject({
      known,
      dispatch: null,
      refusal: null,
      retryAtMs: null,
      failingSinceMs: null,
      history: [{ atMs: startMs, outcome: 'logged-out', generation: 7 }],
    });
    const mark = JSON.parse((await world.grant.current())?.value.reveal() ?? '');
    expect(Date.parse(mark.loggedOutAt)).toBe(startMs);
  });

  it('of what no pass has ever known is noted with generation 0, by the store’s clock', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    const atMs = startMs - 10_000;
    world.journal.dateMs = () => atMs;
    await logout(world.ports());
    expect(world.journal.journal.history).toMatchObject([{ atMs, generation: 0 }]);
  });

  it('waits a little where another has moved what is stored, and looks again', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    let moves = 0;
    world.grant.before = (call) => {
      if (call !== 'promote') return;
      moves += 1;
      if (moves === 1) world.store(grantOf(0, { generation: 2 }), 'v2', false);
    };
    expect(await logout(world.ports())).toEqual({ kind: 'logged-out' });
    expect(() => world.currentGrant()).toThrow('logged out');
    expect(world.time.nowMs).toBeGreaterThan(startMs);
    expect(moves).toBe(3);
  });

  it('has consumers and passes say so, with the next step, and spends nothing', async () => {
    const world = memoryConnection();
    world.store(grantOf(20 * hour));
    await logout(world.ports());
    const { clock, accessToken } = world.ports();
    const said = expect.stringMatching(/logged out at .*: fresco login/);
    const tokens = createTokenSource({ clock, accessToken });
    expect(await tokens.obtain()).toEqual({ kind: 'person-needed', detail: said });
    expect(await rotate(world.ports(), { trigger: 'operator' })).toMatchObject({
      kind: 'store-refused',
      reason: 'missing',
      detail: said,
    });
    expect(world.presented).toEqual([]);
    expect(world.reports.map((report) => [report.turn, eventOf(report)])).toEqual([
      [undefined, undefined],
    ]);
  });

  it('is ended by a login, whose generation is above all that were before', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour, { grant: 3, generation: 7 }));
    world.journal.set({ known: { grant: 3, generation: 7, attempt: 0 } });
    await logout(world.ports());
    const { position } = await login(world.ports(), consent);
    expect(position).toEqual({ grant: 4, generation: 8, attempt: 0 });
    expect(world.publishedToken().accessToken.reveal()).toBe('a/0008invented');
  });

  it('does nothing while a pass is at work', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    const lease = { owner: 'somebody', fence: 1, expiresAtMs: startMs + hour };
    world.journal.set({ fence: 1, lease });
    expect(await logout(world.ports())).toEqual({ kind: 'busy', untilMs: startMs + hour });
    expect(world.currentGrant().generation).toBe(1);
    expect(world.journal.journal.lease).toEqual(lease);
  });

  it('gives the lease back where a store refuses, and can be repeated', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    world.accessToken.before = (call) => {
      if (call === 'put') throw new StoreRefused('denied', 'invented refusal');
    };
    await expect(logout(world.ports())).rejects.toThrow('invented refusal');
    expect(world.journal.journal.lease).toBeNull();
    world.accessToken.before = () => {};
    expect(await logout(world.ports())).toEqual({ kind: 'logged-out' });
    expect(await logout(world.ports())).toEqual({ kind: 'logged-out' });
  });

  it('goes on where a move was carried out unanswered', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    const { promote } = world.grant;
    let answers = 0;
    world.grant.promote = async (versionId, from) => {
      const moved = await promote.call(world.grant, versionId, from);
      answers += 1;
      if (answers === 1) throw new StoreRefused('unavailable', 'no answer');
      return moved;
    };
    expect(await logout(world.ports())).toEqual({ kind: 'logged-out' });
    expect(() => world.currentGrant()).toThrow('logged out');
  });

  it('says so where what is stored never stops changing', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    world.grant.promote = async () => 'moved';
    await expect(logout(world.ports())).rejects.toThrow('run fresco logout again');
    expect(world.currentGrant().generation).toBe(1);
  });

  it('leaves the lease to who has taken it over, or to its term', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    const lease = { owner: 'somebody', fence: 9, expiresAtMs: startMs + hour };
    world.accessToken.before = (call) => {
      if (call === 'put') world.journal.set({ fence: 9, lease });
    };
    expect(await logout(world.ports())).toEqual({ kind: 'logged-out' });
    expect(world.journal.journal.lease).toEqual(lease);
    for (const [thrown, said] of [
      [new StoreRefused('denied', 'x'), 'logged-out'],
      [new TypeError('invented bug'), 'bug'],
    ] as const) {
      const other = memoryConnection();
      other.store(grantOf(hour));
      other.journal.before = (call) => {
        if (call === 'write' && other.journal.writes === 2) throw thrown;
      };
      const ended = await logout(other.ports()).then(({ kind }) => kind, String);
      expect(ended).toContain(said);
    }
  });

  it('of a manual token has no grant to forget, and leaves that secret empty', async () => {
    const world = memoryConnection();
    world.store(grantOf(0), 'v1');
    world.grant.currentId = undefined;
    world.grant.versions.clear();
    await logout(world.ports());
    expect(world.grant.versions.size).toBe(0);
  });

  it('stays where a login that it comes into has stored its grant and not yet its access token', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    const { write } = world.journal;
    world.journal.write = async (journal, revision) => {
      world.journal.write = write;
      await logout(world.ports());
      return write.call(world.journal, journal, revision);
    };
    const { warnings } = await login(world.ports(), consent);
    expect(warnings).toEqual([expect.stringMatching(/logged out at .*: fresco login/)]);
    expect(() => world.publishedToken()).toThrow('logged out');
    expect((await login(world.ports(), consent)).warnings).toEqual([]);
    expect(world.publishedToken().generation).toBe(3);
  });

  it('gives way to a login whose first read was behind', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    await logout(world.ports());
    world.accessToken.stale.push('v1');
    expect((await login(world.ports(), consent)).warnings).toEqual([]);
    expect(world.publishedToken().accessToken.reveal()).toBe('a/0008invented');
  });

  it('stays where a pass comes late with what it has made current', async () => {
    const world = memoryConnection([granted(2)]);
    world.store(grantOf(20 * hour));
    const { promote } = world.grant;
    world.grant.promote = async (versionId, from) => {
      const moved = await promote.call(world.grant, versionId, from);
      world.grant.promote = promote;
      // The pass was paused for longer than its lease.
      world.journal.set({ lease: null });
      await logout(world.ports());
      return moved;
    };
    expect(await rotate(world.ports(), { trigger: 'schedule' })).toMatchObject({ kind: 'kept' });
    expect(() => world.publishedToken()).toThrow('logged out');
  });

  it('of a manual token is what a check finds, and nothing that was rolled back', async () => {
    const world = memoryConnection();
    const manual = { accessToken: new Secret('a/0009invented'), companies: [], scopes: [] };
    await installManualToken(world.ports(), manual);
    await logout(world.ports());
    expect(await rotate(world.ports(), { trigger: 'schedule' })).toMatchObject({
      kind: 'store-refused',
      isLoggedOut: true,
      detail: expect.stringMatching(/logged out at .*: fresco login/),
    });
    expect(world.journal.journal).toMatchObject({ failingSinceMs: null, lease: null });
  });

  it('is told from damage by both readers', () => {
    const mark = new Secret('{"v":1,"connection":"default","loggedOutAt":"2026-11-24T02:00:00Z"}');
    const damaged = new Secret('{"v":1,"connection":"default","loggedOutAt":"r/0001invented"}');
    for (const decode of [decodeGrant, decodeAccessToken]) {
      expect(() => decode(mark)).toThrow('logged out at 2026-11-24T02:00:00Z');
      expect(() => decode(damaged)).toThrow(/must be/);
      expect(() => decode(damaged)).not.toThrow(/invented/);
    }
  });
});
