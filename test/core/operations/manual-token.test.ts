import { describe, expect, it } from 'vitest';
import { serveCompanies } from '../../../src/core/operations/companies.ts';
import { logout } from '../../../src/core/operations/logout.ts';
import { installManualToken } from '../../../src/core/operations/manual-token.ts';
import { pause } from '../../../src/core/operations/pause.ts';
import { eventOf } from '../../../src/core/outcome/report.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import type { Company } from '../../../src/core/records/company.ts';
import { readManual } from '../../../src/core/rotation/manual-check.ts';
import type { RotationRequest } from '../../../src/core/rotation/pass.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import { grantOf, hour, memoryConnection } from '../memory-connection.ts';

const companies: readonly Company[] = [{ id: 108061, name: 'Studio Esempio' }];
const scopes = ['entity.clients:r', 'settings:r'];
const manual = { accessToken: new Secret('a/0009invented'), companies, scopes };
const schedule: RotationRequest = { trigger: 'schedule' };

/** A connection with a manual token, whose provider is asked as often as `asked` says. */
async function manualConnection(lacks: readonly string[] = []) {
  const world = memoryConnection();
  const asked: string[] = [];
  const lacking = { now: lacks };
  const ports = (): ReturnType<typeof world.ports> => ({
    ...world.ports(),
    canary: {
      check: async (token) => {
        asked.push(token.reveal());
        return world.verdicts.shift() ?? 'accepted';
      },
    },
    permissions: {
      lacking: async (_, __, wanted) => wanted.filter((it) => lacking.now.includes(it)),
    },
  });
  await installManualToken(ports(), manual);
  return {
    ...world,
    ports,
    asked,
    lacking,
    pass: (request = schedule) => rotate(ports(), request),
  };
}

describe('a manual token that is put in', () => {
  it('is what consumers read, and never ends', async () => {
    const { publishedToken, journal } = await manualConnection();
    expect(publishedToken()).toMatchObject({
      grant: 1,
      generation: 1,
      expiresAtMs: null,
      companies,
      scopes,
    });
    expect(journal.journal.history).toMatchObject([{ outcome: 'logged-in', generation: 1 }]);
  });

  it('takes the place of a grant, which is not refreshed any more', async () => {
    const world = memoryConnection();
    world.store(grantOf(20 * hour));
    world.journal.set({ latch: { kind: 'revoked', position: grantOf(0), sinceMs: 1 } });
    const { position, warnings } = await installManualToken(world.ports(), manual);
    expect({ position, warnings }).toEqual({
      position: { grant: 2, generation: 2, attempt: 0 },
      warnings: [],
    });
    expect(world.publishedToken().accessToken.reveal()).toBe('a/0009invented');
    expect(world.journal.journal.latch).toBeNull();
    expect(await rotate(world.ports(), { trigger: 'operator' })).toMatchObject({ kind: 'fresh' });
    expect(world.presented).toEqual([]);
  });

  it.each([
    ['before its lease', 0],
    ['while its request is under way', 1],
  ])('ends a pass that it comes into %s, and is no rollback', async (_, requests) => {
    const world = memoryConnection([{ kind: 'never-sent', cause: 'invented' }]);
    world.store(grantOf(20 * hour));
    const { write } = world.journal;
    world.journal.write = async (journal, revision) => {
      if (world.presented.length === requests) {
        world.journal.write = write;
        await installManualToken(world.ports(), manual);
      }
      return write.call(world.journal, journal, revision);
    };
    const token = { grant: 2, generation: 2, expiresAtMs: null };
    expect(await rotate(world.ports(), schedule)).toMatchObject({ kind: 'fresh', token });
    expect(world.presented).toHaveLength(requests);
    expect(world.journal.journal).toMatchObject({ lease: null, failingSinceMs: null });
    expect(world.reports).toMatchObject([{ published: token, outcome: { kind: 'fresh' } }]);
  });

  it('gives way to a login that comes after it', async () => {
    const world = memoryConnection();
    await installManualToken(world.ports(), manual);
    world.store(grantOf(0, { grant: 2, generation: 2 }));
    expect(await rotate(world.ports(), schedule)).toMatchObject({
      kind: 'fresh',
      token: { generation: 2 },
    });
    await installManualToken(world.ports(), manual);
    expect(world.publishedToken()).toMatchObject({ grant: 3, generation: 3, expiresAtMs: null });
    const kept = world.accessToken.versions.get(world.accessToken.currentId ?? '');
    expect(JSON.parse(kept?.reveal() ?? '')).not.toHaveProperty('refreshWith');
  });

  it.each<[string, (world: ReturnType<typeof memoryConnection>) => unknown]>([
    ['the grant', ({ accessToken }) => accessToken.versions.clear()],
    ['what is published', ({ grant }) => grant.versions.clear()],
  ])('is put above %s, though nothing else tells of it', async (_, loses) => {
    const world = memoryConnection();
    world.store(grantOf(0, { grant: 4, generation: 7 }));
    loses(world);
    for (const secret of [world.accessToken, world.grant])
      if (secret.versions.size === 0) secret.currentId = undefined;
    const { position } = await installManualToken(world.ports(), manual);
    expect(position).toMatchObject({ grant: 5, generation: 8 });
  });

  it('is put above whatever is published while it is being stored', async () => {
    const world = memoryConnection();
    world.store(grantOf(0));
    const refreshed = grantOf(0, { generation: 2, attempt: 1 });
    world.accessToken.before = (call) => {
      if (call !== 'promote') return;
      world.accessToken.before = () => {};
      world.store(refreshed, 'v2');
    };
    await installManualToken(world.ports(), manual);
    const above = { grant: 2, generation: 3, expiresAtMs: null };
    expect(world.publishedToken()).toMatchObject(above);
  });

  it('never takes the place of a login that came in between', async () => {
    const world = memoryConnection();
    world.store(grantOf(0));
    world.accessToken.before = (call) => {
      if (call !== 'promote') return;
      world.accessToken.before = () => {};
      world.store(grantOf(0, { grant: 3, generation: 3 }), 'v3');
    };
    await expect(installManualToken(world.ports(), manual)).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('another login'),
    });
    expect(world.publishedToken()).toMatchObject({ grant: 3 });
  });

  it('is not stored where the journal cannot be read, and is where it cannot be written', async () => {
    const world = memoryConnection();
    const refuse = (which: string) => (call: string) => {
      if (call === which) throw new StoreRefused('denied', 'invented refusal');
    };
    world.journal.before = refuse('read');
    await expect(installManualToken(world.ports(), manual)).rejects.toThrow('invented refusal');
    expect(world.accessToken.currentId).toBeUndefined();
    world.journal.before = refuse('write');
    const { warnings } = await installManualToken(world.ports(), manual);
    expect(warnings).toEqual(['invented refusal']);
    expect(world.publishedToken()).toMatchObject({ generation: 1 });
  });
});

describe('a manual token whose store does not do as it should', () => {
  it('is in where the first put of all was carried out unanswered', async () => {
    const world = memoryConnection();
    const { put } = world.accessToken;
    world.accessToken.put = async (versionId, value) => {
      world.accessToken.put = put;
      await put.call(world.accessToken, versionId, value);
      throw new StoreRefused('unavailable', 'no answer');
    };
    const { warnings } = await installManualToken(world.ports(), manual);
    expect(warnings).toEqual([]);
    expect(world.journal.journal).toMatchObject({ known: { grant: 1, generation: 1 } });
  });

  it('is in where its move was carried out unanswered, and its companies were narrowed since', async () => {
    const world = memoryConnection();
    world.store(grantOf(0));
    const { promote } = world.accessToken;
    world.accessToken.promote = async (versionId, from) => {
      world.accessToken.promote = promote;
      await promote.call(world.accessToken, versionId, from);
      await serveCompanies(world.accessToken, companies.slice(1), world.ports().random);
      throw new StoreRefused('unavailable', 'no answer');
    };
    await installManualToken(world.ports(), manual);
    expect(world.publishedToken()).toMatchObject({ grant: 2, expiresAtMs: null, companies: [] });
  });

  it('is given up where it cannot be made current in time', async () => {
    const world = memoryConnection();
    world.store(grantOf(0));
    world.accessToken.promote = async () => 'moved';
    await expect(installManualToken(world.ports(), manual)).rejects.toThrow('current in time');
  });

  it('lets a bug of a port through', async () => {
    const world = memoryConnection();
    world.journal.before = (call) => {
      if (call === 'write') throw new TypeError('invented bug');
    };
    await expect(installManualToken(world.ports(), manual)).rejects.toThrow('invented bug');
    const { pass, journal } = await manualConnection();
    journal.before = (call) => {
      if (call === 'write') throw new TypeError('invented bug');
    };
    await expect(pass()).rejects.toThrow('invented bug');
    const noted = journal.writes + 1;
    journal.before = (call) => {
      if (call === 'write' && journal.writes === noted) throw new TypeError('invented bug');
    };
    await expect(pass()).rejects.toThrow('invented bug');
  });

  it('is read only where no grant has come after it', async () => {
    const world = memoryConnection();
    expect(await readManual(world.ports())).toBeUndefined();
    const ports = world.ports();
    const settings = { ...ports.settings, refreshWith: 'arn:invented' };
    await installManualToken({ ...ports, settings }, { ...manual, scopes: [] });
    expect(await readManual(ports)).toMatchObject({ generation: 1, refreshWith: 'arn:invented' });
    expect(await readManual(ports)).not.toHaveProperty('scopes');
    world.store(grantOf(0, { grant: 2, generation: 2 }), 'v2', false);
    expect(await readManual(ports)).toBeUndefined();
    world.grant.versions.set('v2', new Secret('{'));
    expect(await readManual(ports)).toMatchObject({ generation: 1 });
  });
});

describe('the pass of a connection with a manual token', () => {
  it('asks the provider once a day, and refreshes nothing', async () => {
    const { pass, passTime, asked, presented } = await manualConnection();
    for (let hours = 0; hours < 48; hours += 1) {
      expect(await pass()).toMatchObject({ kind: 'fresh', token: { expiresAtMs: null } });
      passTime(hour);
    }
    expect(asked).toHaveLength(2);
    expect(presented).toEqual([]);
  });

  it.each<[string, (world: ReturnType<typeof memoryConnection>) => unknown]>([
    ['logged out', (world) => logout(world.ports())],
    ['damaged', (world) => world.grant.versions.set('v1', new Secret('{'))],
  ])('is made though the grant under it is %s', async (_, happens) => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    await happens(world);
    await installManualToken(world.ports(), manual);
    expect((await rotate(world.ports(), schedule)).kind).toBe('fresh');
    world.verdicts.push('rejected');
    expect(await rotate(world.ports(), { trigger: 'operator' })).toMatchObject({
      kind: 'token-rejected',
    });
  });

  it('asks at once where an operator does', async () => {
    const { pass, asked } = await manualConnection();
    await pass();
    await pass({ trigger: 'operator', onlyIfDue: true });
    expect(asked).toHaveLength(1);
    await pass({ trigger: 'operator' });
    expect(asked).toHaveLength(2);
  });

  it('asks at once where a consumer complains, or another token has come', async () => {
    const { pass, asked, journal } = await manualConnection();
    await pass();
    const rejected = { grant: 1, generation: 1, attempt: 0 };
    await pass({ trigger: 'consumer', rejected });
    expect(asked).toHaveLength(2);
    const { canary } = journal.journal;
    if (canary === null) throw new Error('nothing was noted');
    journal.set({ canary: { ...canary, position: { ...rejected, generation: 9 } } });
    await pass();
    expect(asked).toHaveLength(3);
  });

  it('is looked at for its permissions each day, however often consumers complain of it', async () => {
    const { pass, passTime, lacking, publishedToken } = await manualConnection();
    expect(await pass()).toMatchObject({ kind: 'fresh' });
    lacking.now = ['settings:r'];
    passTime(20 * hour);
    await pass({ trigger: 'consumer', rejected: publishedToken() });
    passTime(3 * hour);
    expect(await pass()).toMatchObject({ kind: 'fresh' });
    passTime(hour);
    expect(await pass()).toMatchObject({ kind: 'permission-missing' });
  });

  it('is looked at for its permissions at the first check, though a consumer has complained of it before', async () => {
    const { pass, publishedToken } = await manualConnection(['settings:r']);
    await pass({ trigger: 'consumer', rejected: publishedToken() });
    expect(await pass()).toMatchObject({ kind: 'permission-missing' });
  });

  it('is not taken as checked because a consumer complained with reason', async () => {
    const { pass, ports, publishedToken, verdicts } = await manualConnection(['settings:r']);
    verdicts.push('rejected');
    await pass({ trigger: 'consumer', rejected: publishedToken() });
    await pause(ports().journal, ports().clock);
    expect(await pass()).toMatchObject({ kind: 'permission-missing' });
  });

  it('was not checked where the look at its permissions was cut off', async () => {
    const { pass, ports } = await manualConnection(['settings:r']);
    const lacking = () => Promise.reject(new Error('invented end of the process'));
    const cutOff = rotate({ ...ports(), permissions: { lacking } }, schedule);
    await expect(cutOff).rejects.toThrow('invented end of the process');
    expect(await pass()).toMatchObject({ kind: 'permission-missing' });
  });

  it('is not noted as checked where the verdict on record is of another', async () => {
    const { pass, asked, journal } = await manualConnection();
    const of = { grant: 1, generation: 9, attempt: 0 };
    journal.before = (call) => {
      const { canary } = journal.journal;
      if (call === 'write' && canary !== null) journal.set({ canary: { ...canary, position: of } });
      if (canary !== null) journal.before = () => {};
    };
    await pass();
    expect(journal.journal.canary).not.toHaveProperty('checkedAtMs');
    await pass();
    expect(asked).toHaveLength(2);
  });

  it('notes nothing where the provider could not be asked', async () => {
    const { pass, verdicts, journal } = await manualConnection();
    verdicts.push('unknown');
    expect(await pass()).toMatchObject({
      kind: 'unavailable',
      detail: 'the manual token could not be checked; it is still served',
    });
    expect(journal.journal.history.map(({ outcome }) => outcome)).toEqual(['logged-in']);
  });

  it('asks for no permissions where none were wanted', async () => {
    const { pass, ports } = await manualConnection();
    await installManualToken(ports(), { ...manual, scopes: [] });
    const permissions = { lacking: () => Promise.reject(new Error('nothing was to be asked')) };
    expect(await pass()).toMatchObject({ kind: 'fresh' });
    expect(await rotate({ ...ports(), permissions }, { trigger: 'operator' })).toMatchObject({
      kind: 'fresh',
    });
  });

  it('calls a person once for a token that was revoked, and says so at every check', async () => {
    const { pass, passTime, verdicts, reports, journal } = await manualConnection();
    await pass();
    passTime(24 * hour);
    verdicts.push('rejected', 'rejected');
    const first = await pass();
    passTime(hour);
    expect(await pass()).toEqual(first);
    expect(first).toMatchObject({ kind: 'token-rejected' });
    expect(reports.map(({ turn }) => turn)).toEqual([
      undefined,
      'reauthorization-required',
      undefined,
    ]);
    expect(reports.map((report) => eventOf(report))).toMatchObject([
      undefined,
      { detailType: 'Reauthorization Required', detail: { command: 'fresco rotate' } },
      { detailType: 'Token Refresh Failed', detail: { outcome: 'token-rejected' } },
    ]);
    expect(journal.journal.failingSinceMs).not.toBeNull();
    passTime(hour);
    expect(await pass()).toMatchObject({ kind: 'fresh' });
    expect(journal.journal.failingSinceMs).toBeNull();
  });

  it('names the permissions that it lacks until it has them', async () => {
    const { pass, passTime, lacking } = await manualConnection(['settings:r', 'taxes:r']);
    const wanting = { kind: 'permission-missing', missing: ['settings:r in company 108061'] };
    expect(await pass()).toEqual(wanting);
    passTime(hour);
    expect(await pass()).toEqual(wanting);
    lacking.now = [];
    passTime(hour);
    expect(await pass()).toMatchObject({ kind: 'fresh' });
  });

  it('names them at each check, though somebody pauses meanwhile', async () => {
    const { pass, journal, ports } = await manualConnection(['settings:r']);
    expect((await pass()).kind).toBe('permission-missing');
    await pause(journal, ports().clock);
    expect((await pass()).kind).toBe('permission-missing');
  });

  it('says nothing of a token that it could not ask about, and asks again', async () => {
    const { pass, verdicts, asked } = await manualConnection();
    verdicts.push('unknown', 'unknown');
    expect(await pass({ trigger: 'operator' })).toMatchObject({ kind: 'unavailable' });
    expect(await pass({ trigger: 'operator' })).toMatchObject({ kind: 'unavailable' });
    expect(await pass({ trigger: 'operator' })).toMatchObject({ kind: 'fresh' });
    expect(asked).toHaveLength(3);
  });

  it('is checked again at the next pass where the provider could not be asked', async () => {
    const { pass, verdicts, asked } = await manualConnection();
    verdicts.push('unknown');
    expect(await pass()).toMatchObject({ kind: 'unavailable' });
    expect(await pass()).toMatchObject({ kind: 'fresh' });
    expect(asked).toHaveLength(2);
  });

  it('stays failing for want of a permission, though a consumer complains of its token', async () => {
    const { pass, publishedToken, journal } = await manualConnection(['settings:r']);
    expect(await pass()).toMatchObject({ kind: 'permission-missing' });
    await pass({ trigger: 'consumer', rejected: publishedToken() });
    expect(journal.journal.failingSinceMs).not.toBeNull();
    expect(await pass()).toMatchObject({ kind: 'permission-missing' });
  });

  it('stays failing where a consumer complains while the provider cannot be asked', async () => {
    const { pass, passTime, publishedToken, verdicts, journal } = await manualConnection();
    verdicts.push('rejected', 'unknown', 'rejected');
    expect(await pass()).toMatchObject({ kind: 'token-rejected' });
    passTime(hour);
    await pass({ trigger: 'consumer', rejected: publishedToken() });
    expect(journal.journal.failingSinceMs).not.toBeNull();
    expect(await pass()).toMatchObject({ kind: 'token-rejected' });
  });

  it('asks once a minute at most for all consumers that complain', async () => {
    const { pass, verdicts, asked, publishedToken } = await manualConnection();
    const complaint: RotationRequest = { trigger: 'consumer', rejected: publishedToken() };
    verdicts.push('rejected');
    expect(await pass(complaint)).toMatchObject({ kind: 'token-rejected' });
    expect(await pass(complaint)).toMatchObject({ kind: 'token-rejected' });
    expect(asked).toHaveLength(1);
    const ofOlder = { grant: 0, generation: 0, attempt: 0 };
    expect(await pass({ trigger: 'consumer', rejected: ofOlder })).toMatchObject({ kind: 'fresh' });
    expect(asked).toHaveLength(1);
  });

  it('does not look at permissions for a consumer that complains without reason', async () => {
    const { pass, publishedToken } = await manualConnection(['settings:r']);
    const complaint: RotationRequest = { trigger: 'consumer', rejected: publishedToken() };
    expect(await pass(complaint)).toMatchObject({ kind: 'fresh' });
  });

  it('speaks of a rejection from now on where it could not be noted', async () => {
    const { pass, journal, verdicts, time } = await manualConnection();
    journal.before = (call) => {
      if (call === 'write') throw new StoreRefused('denied', 'invented refusal');
    };
    verdicts.push('rejected');
    expect(await pass()).toEqual({ kind: 'token-rejected', sinceMs: time.nowMs });
  });

  it('answers though the check could not be noted', async () => {
    const { pass, journal, reports } = await manualConnection();
    journal.before = (call) => {
      if (call === 'write') throw new StoreRefused('denied', 'invented refusal');
    };
    expect(await pass()).toMatchObject({ kind: 'fresh' });
    expect(reports.at(-1)?.warnings).toHaveLength(2);
  });
});
