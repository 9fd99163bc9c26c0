import { describe, expect, it } from 'vitest';
import type { StoreRefused } from '../../../src/core/ports.ts';
import { encodeAccessToken } from '../../../src/core/records/access-token.ts';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { type GrantVersion, startPass } from '../../../src/core/rotation/pass.ts';
import { promote, publish, putGrant, readPublished } from '../../../src/core/rotation/promote.ts';
import { Secret } from '../../../src/core/secret.ts';
import { grantOf, hour, memoryConnection } from '../memory-connection.ts';

const older = grantOf(20 * hour);
const newer = {
  ...grantOf(0),
  generation: 2,
  attempt: 1,
  accessToken: new Secret('a/0002invented'),
};
const mine: GrantVersion = { versionId: 'v2', grant: newer };

/** A pass over a connection whose current grant is the older one; the new version is put already. */
function connected() {
  const connection = memoryConnection();
  connection.store(older);
  connection.grant.versions.set('v2', encodeGrant(newer));
  const pass = startPass(connection.ports(), { trigger: 'schedule' });
  return { ...connection, pass };
}

describe('a kept token is made current', () => {
  it('from the version that is current now', async () => {
    const { pass, grant, time } = connected();
    expect(await promote(pass, mine)).toBe('current');
    expect(grant.currentId).toBe('v2');
    expect(time.monotonicMs).toBe(0);
  });

  it('once: what is current already stays untouched', async () => {
    const { pass, grant } = connected();
    grant.currentId = 'v2';
    grant.before = (call) => expect(call).not.toBe('promote');
    expect(await promote(pass, mine)).toBe('current');
  });

  it('also as the copy that a native rotation has made of it', async () => {
    const { pass, grant } = connected();
    grant.versions.set('copy', encodeGrant(newer));
    grant.currentId = 'copy';
    expect(await promote(pass, mine)).toBe('current');
    expect(grant.currentId).toBe('copy');
  });

  it('never over anything newer', async () => {
    const { pass, grant } = connected();
    grant.versions.set('v3', encodeGrant({ ...newer, generation: 3 }));
    grant.currentId = 'v3';
    expect(await promote(pass, mine)).toBe('overtaken');
    expect(grant.currentId).toBe('v3');
  });

  it('by looking again where somebody was faster, a little later each time', async () => {
    const { pass, grant, time } = connected();
    grant.versions.set('between', encodeGrant({ ...older, attempt: 1 }));
    let looks = 0;
    grant.before = (call) => {
      if (call === 'promote') looks += 1;
      if (call === 'promote' && looks < 3) {
        grant.currentId = grant.currentId === 'v1' ? 'between' : 'v1';
      }
    };
    expect(await promote(pass, mine)).toBe('current');
    expect([looks, time.monotonicMs]).toEqual([3, 100 + 200]);
  });

  it('also if its version has vanished: it is put again', async () => {
    const { pass, grant, time } = connected();
    grant.versions.delete('v2');
    expect(await promote(pass, mine)).toBe('current');
    expect(grant.versions.has('v2')).toBe(true);
    expect(time.monotonicMs).toBe(100);
  });

  it('that is only sealed is put, under another id where its own is taken', async () => {
    const { pass, grant, currentGrant } = connected();
    grant.versions.set('v2', new Secret('something else'));
    expect(await promote(pass, mine, 'only sealed')).toBe('current');
    expect(currentGrant()).toMatchObject({ generation: 2 });
    expect(grant.currentId).not.toBe('v2');
    await expect(putGrant(pass, mine)).rejects.toThrow('version v2 of the grant holds another');
  });

  it('and is not put again where it is only outrun', async () => {
    const { pass, grant } = connected();
    let puts = 0;
    let outrun = false;
    grant.versions.set('between', encodeGrant({ ...older, attempt: 1 }));
    grant.before = (call) => {
      if (call === 'put') puts += 1;
      if (call === 'promote' && !outrun) {
        outrun = true;
        grant.currentId = 'between';
      }
    };
    expect(await promote(pass, mine)).toBe('current');
    expect(puts).toBe(0);
  });

  it.each([
    { name: 'one ms before', leftMs: 101, want: 'current' },
    { name: 'exactly at', leftMs: 100, want: 'too late' },
  ])('with a wait that ends $name the end of the pass → $want', async ({ leftMs, want }) => {
    const { pass, grant } = connected();
    const short = { ...pass, endMs: leftMs };
    grant.stale.push(undefined);
    const end = await promote(short, mine).catch((error: StoreRefused) => error);
    if (want === 'current') return expect(end).toBe('current');
    expect(end).toMatchObject({
      reason: 'unavailable',
      message: 'the grant could not be made current in time',
    });
  });
});

describe('an access token is published', () => {
  const tokenOf = (grant: typeof older) =>
    encodeAccessToken({ ...grant, accessToken: grant.accessToken ?? new Secret('x') });

  it('over an older one, at once', async () => {
    const { pass, accessToken, time, publishedToken } = connected();
    await publish(pass, mine);
    expect(accessToken.currentId).toBe('v2');
    expect(publishedToken().accessToken.reveal()).toBe('a/0002invented');
    expect(pass.published?.generation).toBe(2);
    expect(time.monotonicMs).toBe(0);
  });

  it('where nothing was, by its put alone', async () => {
    const { pass, accessToken } = connected();
    accessToken.versions.clear();
    accessToken.currentId = undefined;
    await publish(pass, mine);
    expect(accessToken.currentId).toBe('v2');
  });

  it('never over a newer one, and the same again is left alone', async () => {
    const { pass, accessToken } = connected();
    accessToken.versions.set('v3', tokenOf({ ...newer, generation: 3 }));
    accessToken.currentId = 'v3';
    accessToken.before = (call) => expect(call).not.toBe('promote');
    await publish(pass, mine);
    expect(accessToken.currentId).toBe('v3');
    accessToken.versions.set('copy', tokenOf(newer));
    accessToken.currentId = 'copy';
    await publish(pass, mine);
    expect(accessToken.currentId).toBe('copy');
  });

  it('over one that is damaged', async () => {
    const { pass, accessToken } = connected();
    accessToken.versions.set('v1', new Secret('{"v":1'));
    expect((await readPublished(accessToken))?.token).toBeUndefined();
    await publish(pass, mine);
    expect(accessToken.currentId).toBe('v2');
  });

  it('by looking again where a read shows nothing, and until the time is up', async () => {
    const { pass, accessToken, time } = connected();
    accessToken.stale.push(undefined, undefined, undefined, undefined);
    await publish(pass, mine);
    expect(time.monotonicMs).toBe(100 + 200);
    const { pass: late, accessToken: empty } = connected();
    empty.stale.push(undefined);
    await expect(publish({ ...late, endMs: 100 }, mine)).rejects.toMatchObject({
      message: 'the access token could not be made current in time',
    });
  });

  it('again as a version if that has vanished, and not where it was only outrun', async () => {
    const { pass, accessToken } = connected();
    const puts: string[] = [];
    let promotes = 0;
    accessToken.before = (call) => {
      puts.push(...(call === 'put' ? [call] : []));
      if (call !== 'promote') return;
      promotes += 1;
      if (promotes === 1) accessToken.versions.delete('v2');
      if (promotes === 2) {
        accessToken.versions.set('between', tokenOf({ ...older, attempt: 1 }));
        accessToken.currentId = 'between';
      }
    };
    await publish(pass, mine);
    expect([accessToken.currentId, promotes, puts.length]).toEqual(['v2', 3, 2]);
  });

  it('with the companies that a person has narrowed it to, within its grant', async () => {
    const chosen = [{ id: 2, name: 'Due' }];
    const all = [{ id: 1, name: 'Uno' }, ...chosen];
    const told = async (published: Partial<typeof older>, damage = false) => {
      const { pass, accessToken, publishedToken, store } = connected();
      store({ ...older, companies: all, ...published });
      pass.published = publishedToken();
      if (damage) accessToken.versions.set('v1', new Secret('{'));
      await publish(pass, { ...mine, grant: { ...newer, companies: all } });
      return publishedToken().companies;
    };
    expect(await told({ companies: chosen })).toEqual(chosen);
    expect(await told({ companies: chosen }, true)).toEqual(chosen);
    expect(await told({ companies: [] })).toEqual(all);
    expect(await told({ companies: chosen, grant: 0 })).toEqual(all);
  });

  it('under another id where an earlier pass has put it with other companies', async () => {
    const { pass, accessToken, publishedToken, store } = connected();
    const chosen = [{ id: 2, name: 'Due' }];
    store({ ...older, companies: chosen });
    accessToken.versions.set('v2', tokenOf({ ...newer, companies: [{ id: 1, name: 'Uno' }] }));
    await publish(pass, mine);
    expect(publishedToken()).toMatchObject({ generation: 2, companies: chosen });
    expect(accessToken.currentId).not.toBe('v2');
  });

  it('not at all for a grant that has none yet', async () => {
    const { pass, accessToken } = connected();
    await publish(pass, { ...mine, grant: { ...newer, accessToken: null } });
    expect(accessToken.versions.has('v2')).toBe(false);
  });
});
