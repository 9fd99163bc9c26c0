import { describe, expect, it } from 'vitest';
import type { Journal } from '../../../src/core/journal/journal.ts';
import { welcomed } from '../../../src/core/operations/login.ts';
import { pause, resume } from '../../../src/core/operations/pause.ts';
import { eventOf } from '../../../src/core/outcome/report.ts';
import { StoreRefused, type TokenAnswer } from '../../../src/core/ports.ts';
import { positionOf } from '../../../src/core/position.ts';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { seal } from '../../../src/core/records/seal.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import { granted, grantOf, hour, memoryConnection, startMs } from '../memory-connection.ts';

const minute = 60_000;
const schedule = { trigger: 'schedule' } as const;
const operator = { trigger: 'operator' } as const;
const parent = { grant: 1, generation: 1, attempt: 0 };
const random = { bytes: (count: number) => new Uint8Array(count).fill(9) };
const down = () => {
  throw new StoreRefused('unavailable', 'it is down');
};

/** A pair that an earlier pass has kept in the journal. */
function sealed(attempt: number, more: Parameters<typeof grantOf>[1] = {}) {
  const grant = grantOf(0, {
    generation: 2,
    attempt,
    refreshToken: new Secret(`r/kept${attempt}`),
    accessToken: new Secret(`a/kept${attempt}`),
    ...more,
  });
  const versionId = `kept${attempt}`;
  return seal(encodeGrant(grant), { versionId, position: grant, sealKey: grant.sealKey }, random);
}

describe('a refresh', () => {
  it('makes the new pair current, publishes it, and leaves nothing open', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.presented).toEqual(['r/0001invented']);
    expect(it.currentGrant()).toMatchObject({ generation: 2, attempt: 1 });
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/0002invented');
    expect(it.publishedToken().accessToken.reveal()).toBe('a/0002invented');
    expect(it.journal.journal).toMatchObject({ lease: null, dispatch: null, seals: [] });
  });

  it('costs five writes of the journal: lease, dispatch, seal, end and canary', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    expect(it.journal.writes).toBe(5);
  });

  it('keeps the old refresh token where none came', async () => {
    const { tokens } = granted(2) as Extract<ReturnType<typeof granted>, { kind: 'granted' }>;
    const { refreshToken: _, ...without } = tokens;
    const it = memoryConnection([{ kind: 'granted', tokens: without }]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/0001invented');
  });

  it.each([
    { name: '30 s ahead', dateMs: startMs - 30_000, warnings: [] },
    {
      name: 'more than that ahead',
      dateMs: startMs - 31_000,
      warnings: ["this machine's clock is 31 s ahead of the provider's: set it"],
    },
    {
      name: 'behind',
      dateMs: startMs + hour,
      warnings: ["this machine's clock is 3600 s behind the provider's: set it"],
    },
  ])('warns of a clock that is off the provider’s: $name', async ({ dateMs, warnings }) => {
    const it = memoryConnection([granted(2, { dateMs })]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    expect(it.reports.at(-1)?.warnings).toEqual(warnings);
  });

  it('is kept with a lifetime that was assumed, and says so', async () => {
    const it = memoryConnection([granted(2, { lifetimeAssumed: true })]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    expect(it.reports[0]?.warnings).toEqual([expect.stringContaining('expires_in')]);
  });

  it('counts its expiry from before the request', async () => {
    const it = memoryConnection([
      () => {
        it.passTime(5000);
        return granted(2);
      },
    ]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    expect(it.currentGrant().expiresAtMs).toBe(startMs + 24 * hour);
  });

  it('says that failing is over', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    it.journal.set({ failingSinceMs: 5 });
    await rotate(it.ports(), schedule);
    expect(it.reports[0]).toMatchObject({ turn: 'recovered' });
  });

  it('is not undone by a canary that rejects it or a journal that does not hear of that', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    it.verdicts.push('rejected');
    let writes = 0;
    it.journal.before = (call) => {
      if (call === 'write' && ++writes === 5) down();
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.reports[0]?.warnings).toEqual([
      expect.stringContaining('was not kept'),
      expect.stringContaining('rejected'),
    ]);
  });
});

describe('nothing is sent', () => {
  it('where the clock is off by more than thirty seconds', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.journal.dateMs = () => startMs - 30_001;
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'clock-skewed', skewMs: 30_001 });
  });

  it('where too little time is left for request and stores', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    const remainingMs = () => 24_999;
    expect(await rotate(it.ports(), { ...schedule, remainingMs })).toEqual({ kind: 'out-of-time' });
    expect(it.journal.writes).toBe(0);
  });

  it('where the time ran out while the dispatch was journalled, and nothing stays open', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    let writes = 0;
    it.journal.before = (call) => {
      if (call === 'write' && ++writes === 2) it.passTime(66_000);
    };
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'out-of-time' });
    expect(it.journal.journal.dispatch).toBeNull();
  });

  it('where the client is read too late', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.grant.before = () => it.passTime(40_000);
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'out-of-time' });
  });

  it.each([
    ['of another stage', { environment: 'there' }, 'there'],
    ['of another provider', { provider: 'https://other.example' }, 'https://other.example'],
  ])('for a grant %s', async (_name, more, environment) => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour, more));
    expect(await rotate(it.ports(), operator)).toEqual({ kind: 'elsewhere', environment });
  });

  it('for a grant of another stage that came into input under the lease only', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.store(grantOf(13 * hour, { generation: 2, environment: 'there' }), 'v2', false);
    it.grant.stale.push('v1');
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'elsewhere' });
  });

  it('where nobody has logged in, without taking the lease', async () => {
    const it = memoryConnection();
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'not-connected', missing: 'grant' });
    expect(it.journal.journal.fence).toBe(0);
  });

  const doubt = (clientVersionId: string) => ({ clientVersionId, said: 'invalid_request' });
  const latch = { kind: 'revoked', position: parent, sinceMs: 5 } as const;
  const refused = {
    kind: 'application-refused',
    clientVersionId: 'c1',
    said: 'invalid_client',
    inDoubt: false,
    sinceMs: 5,
    atMs: 5,
    needsPerson: true,
  } as const;
  it.each<[string, Partial<Journal>, string]>([
    ['a latch in doubt', { latch: { ...latch, doubt: doubt('c1') } }, 'latched'],
    [
      'no latch in doubt of another application',
      { latch: { ...latch, doubt: doubt('b') } },
      'paused',
    ],
    [
      'a refused application that a person is called for',
      { badAnswer: refused },
      'application-refused',
    ],
    ['none that nobody is called for', { badAnswer: { ...refused, needsPerson: false } }, 'paused'],
    ['none of another application', { badAnswer: { ...refused, clientVersionId: 'b' } }, 'paused'],
  ])('and of what bars it at the same time %s comes first', async (_, journal, kind) => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.journal.set({ pausedAtMs: 5, ...journal });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind });
    it.client.missing = true;
    const withoutClient = kind === 'latched' ? kind : 'paused';
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: withoutClient });
  });

  it('where the application is stored for another provider', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.client.origin = 'https://other.example';
    expect(await rotate(it.ports(), schedule)).toEqual({
      kind: 'not-connected',
      missing: 'client',
    });
  });

  it('where another holds the lease', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    const lease = { owner: 'other', fence: 1, expiresAtMs: startMs + 1000 };
    it.journal.set({ fence: 1, lease });
    const calls: string[] = [];
    it.grant.before = (call) => void calls.push(call);
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'busy', untilMs: startMs + 1000 });
    // What the gate looks at, and nothing after it.
    expect(calls).toEqual(['current']);
  });

  it('where nobody has logged in, or the client is not stored', async () => {
    const nobody = memoryConnection();
    expect(await rotate(nobody.ports(), schedule)).toMatchObject({ missing: 'grant' });
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.client.missing = true;
    expect(await rotate(it.ports(), schedule)).toMatchObject({ missing: 'client' });
  });

  it('where the lease was taken over before the dispatch', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    let reads = 0;
    it.grant.before = (call) => {
      if (call === 'current' && ++reads === 2) {
        const lease = { owner: 'other', fence: 2, expiresAtMs: startMs + hour };
        it.journal.set({ fence: 2, lease });
      }
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'busy' });
  });

  it('where the lease was taken over while nobody answered to the dispatch: it is withdrawn', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    const write = it.journal.write.bind(it.journal);
    let writes = 0;
    it.journal.write = async (journal, revision) => {
      const written = await write(journal, revision);
      if (++writes !== 2) return written;
      it.journal.set({
        fence: 2,
        lease: { owner: 'other', fence: 2, expiresAtMs: startMs + hour },
      });
      return down();
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'busy' });
    expect(it.presented).toEqual([]);
    expect(it.journal.journal.dispatch).toBeNull();
  });

  it('where a late holder has sealed its token before the dispatch: that is made current', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    let reads = 0;
    it.grant.before = (call) => {
      if (call === 'current' && ++reads === 2) it.journal.set({ seals: [sealed(1)] });
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'recovered' });
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/kept1');
  });

  it('while it is latched, and every check says so', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    const latch = { kind: 'revoked', position: parent, sinceMs: 5 } as const;
    it.journal.set({ latch, known: parent });
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'latched', latch });
    expect(await rotate(it.ports(), operator)).toEqual({ kind: 'latched', latch });
    expect(it.reports.map(({ turn }) => turn)).toEqual(['reauthorization-required', undefined]);
  });

  it('where a store is down, and the access token is still served', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.journal.before = down;
    expect(await rotate(it.ports(), schedule)).toMatchObject({
      kind: 'store-refused',
      reason: 'unavailable',
    });
    expect(it.publishedToken().generation).toBe(1);
  });

  it('and a broken promise of a port is passed on', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.grant.before = () => {
      throw new TypeError('a bug');
    };
    await expect(rotate(it.ports(), schedule)).rejects.toThrow('a bug');
  });
});

describe('recovery', () => {
  it('takes the newest of several seals', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.journal.set({ known: parent, seals: [sealed(1), sealed(2)] });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'recovered' });
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/kept2');
    expect(it.journal.journal.seals).toEqual([]);
  });

  it('leaves alone what another grant has sealed', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.journal.set({ seals: [sealed(9, { grant: 2 })] });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'adopted' });
    expect(it.currentGrant().grant).toBe(1);
  });

  it.each([
    ['under another key', { ...sealed(1), box: sealed(2).box }],
    [
      'with something that is no grant',
      seal(
        new Secret('{}'),
        {
          versionId: 'kept1',
          position: { ...parent, generation: 2, attempt: 1 },
          sealKey: grantOf(0).sealKey,
        },
        random,
      ),
    ],
  ])('stops at a seal %s, and spends nothing', async (_name, seals) => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.journal.set({ known: parent, seals: [seals] });
    expect(await rotate(it.ports(), operator)).toEqual({
      kind: 'seal-unreadable',
      versionId: 'kept1',
    });
  });

  it('finds a version that was named for an open send, though no read shows it', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    const sends = [{ versionId: 'named', attempt: 1, sentAtMs: startMs - hour }];
    it.journal.set({ known: parent, lastAttempt: 1, dispatch: { parent, sends } });
    const kept = grantOf(0, { generation: 2, attempt: 1, accessToken: new Secret('a/named') });
    it.grant.versions.set('named', encodeGrant(kept));
    it.grant.before = (call) => {
      if (call === 'version') throw new Error('reading decides nothing');
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'recovered' });
    expect(it.publishedToken().accessToken.reveal()).toBe('a/named');
  });

  it('reads again while a read is behind what the journal knows', async () => {
    const it = memoryConnection([granted(3)]);
    it.store(grantOf(40 * hour));
    it.store(grantOf(13 * hour, { generation: 2, refreshToken: new Secret('r/newer') }));
    it.journal.set({ known: { ...parent, generation: 2 } });
    it.grant.stale.push('v1', 'v1', undefined);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.presented).toEqual(['r/newer']);
  });

  it('stops at a grant that somebody has rolled back, and calls a person', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    it.journal.set({ known: { ...parent, generation: 2 } });
    expect(await rotate(it.ports(), schedule)).toMatchObject({
      kind: 'rolled-back',
      found: parent,
    });
    it.grant.currentId = undefined;
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'rolled-back', found: null });
    expect(it.presented).toEqual([]);
  });

  it('tells a rollback by what is published, though the journal knows nothing and nothing is due', async () => {
    const it = memoryConnection();
    it.store(grantOf(0, { grant: 2, generation: 2 }));
    it.store(grantOf(hour), 'v1', false);
    expect(await rotate(it.ports(), schedule)).toMatchObject({
      kind: 'rolled-back',
      known: { grant: 2, generation: 2 },
      found: parent,
    });
  });

  it('stops where the grant has gone since it was seen, and nothing is known of it', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour), 'v1', false);
    it.grant.stale.push('v1', ...Array<undefined>(6).fill(undefined));
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'not-connected', missing: 'grant' });
  });

  it('looks again where a login comes in while it puts what was sealed', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.journal.set({ known: parent, seals: [sealed(1)] });
    it.grant.before = (call) => {
      if (call !== 'put') return;
      it.grant.before = () => {};
      it.store(grantOf(0, { grant: 2, generation: 2 }), 'login');
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'adopted' });
    expect(it.currentGrant().grant).toBe(2);
  });

  it('goes on to spend if what it recovered is itself due', async () => {
    const it = memoryConnection([granted(3)]);
    it.store(grantOf(40 * hour));
    const old = { issuedAtMs: startMs - 30 * hour, expiresAtMs: startMs - 6 * hour };
    it.journal.set({ known: parent, seals: [sealed(1, old)] });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.presented).toEqual(['r/kept1']);
  });

  it('publishes what is current and was not published, over anything damaged', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.accessToken.versions.set('v1', new Secret('not json'));
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'adopted' });
    it.accessToken.currentId = 'damaged';
    it.accessToken.versions.set('damaged', new Secret('not json'));
    it.accessToken.versions.delete('v1');
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'adopted' });
    expect(it.publishedToken().generation).toBe(1);
  });

  it('gives up on a grant that never stops changing', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    const sends = [{ versionId: 'named', attempt: 1, sentAtMs: startMs - hour }];
    it.journal.set({ known: parent, lastAttempt: 1, dispatch: { parent, sends } });
    it.grant.versions.set('named', new Secret('{}'));
    it.grant.promote = async () => 'moved';
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'store-refused' });
  });
});

describe('a new pair', () => {
  it('is safe in its seal where the secret takes no version, and the next run makes it current', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    it.grant.before = (call) => {
      if (call === 'put') down();
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'kept' });
    it.grant.before = () => {};
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'recovered' });
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/0002invented');
  });

  it('is made current where it could not be sealed, and a person hears of it', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    let writes = 0;
    it.journal.before = (call) => {
      if (call === 'write' && ++writes > 2 && writes < 6) down();
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.reports[0]?.warnings).toEqual(['it is down']);
  });

  it('is sealed by a holder that has lost its lease meanwhile', async () => {
    const it = memoryConnection([
      () => {
        it.journal.set({
          fence: 2,
          lease: { owner: 'other', fence: 2, expiresAtMs: startMs + hour },
        });
        return granted(2);
      },
    ]);
    it.store(grantOf(13 * hour));
    it.grant.before = (call) => {
      if (call === 'put') down();
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'kept' });
    expect(it.journal.journal.seals).toHaveLength(1);
  });

  it('is lost only where both refuse it until the time is up', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    let writes = 0;
    it.journal.before = (call) => {
      if (call === 'write' && ++writes > 2) down();
    };
    it.grant.before = (call) => {
      if (call === 'put') down();
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'lost' });
  });

  it('is kept where publishing fails, and published by the next run', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    it.accessToken.before = (call) => {
      if (call === 'put') down();
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'kept' });
    it.accessToken.before = () => {};
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'adopted' });
    expect(it.publishedToken().generation).toBe(2);
  });

  it('gives way to a login that came in between', async () => {
    const it = memoryConnection([
      () => {
        it.store(grantOf(0, { grant: 2, generation: 2 }), 'login');
        return granted(2);
      },
    ]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'adopted' });
    expect(it.currentGrant().grant).toBe(2);
  });

  it('is current under any id that a native rotation has given its copy', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    it.grant.before = (call) => {
      const [made] = [...it.grant.versions].filter(([id]) => id !== 'v1' && id !== 'copy');
      if (call !== 'promote' || made === undefined) return;
      it.grant.versions.set('copy', made[1]);
      it.grant.currentId = 'copy';
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.grant.currentId).toBe('copy');
  });

  it('is put again where its version vanished before it was current', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    let gone = false;
    it.grant.before = (call) => {
      if (call !== 'promote' || gone) return;
      gone = true;
      for (const id of it.grant.versions.keys()) if (id !== 'v1') it.grant.versions.delete(id);
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.currentGrant().generation).toBe(2);
  });

  it('is published again where that version vanished', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    let gone = false;
    it.accessToken.before = (call) => {
      if (call !== 'promote' || gone) return;
      gone = true;
      for (const id of it.accessToken.versions.keys())
        if (id !== 'v1') it.accessToken.versions.delete(id);
    };
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.publishedToken().generation).toBe(2);
  });
});

const invalidClient = { kind: 'invalid-client', error: 'invalid_client' } as const;
const session = { kind: 'unexpected', status: 302, contentType: 'text/html' } as const;

describe('an answer', () => {
  it.each([true, undefined])(
    'in words alone (%j) leaves it in doubt whom it means',
    async (inWords) => {
      const it = memoryConnection([{ ...invalidClient, ...(inWords && { inWords }) }]);
      it.store(grantOf(13 * hour));
      expect(await rotate(it.ports(), schedule)).toMatchObject({
        kind: 'application-refused',
        inDoubt: inWords === true,
      });
    },
  );

  it('that never was sent leaves nothing open, and the next check sends', async () => {
    const it = memoryConnection([{ kind: 'never-sent', cause: 'no DNS' }, granted(2)]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({
      kind: 'unavailable',
      detail: 'no DNS',
    });
    expect(it.journal.journal).toMatchObject({ dispatch: null, sentAtMs: [] });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that asks for patience is heeded, for an hour at most', async () => {
    const it = memoryConnection([
      { kind: 'throttled', status: 429, retryAfterMs: 99 * hour },
      granted(2),
    ]);
    it.store(grantOf(13 * hour));
    const untilMs = startMs + hour;
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'waiting', untilMs });
    expect(await rotate(it.ports(), operator)).toEqual({ kind: 'waiting', untilMs });
    it.passTime(hour);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that is missing makes the attempt uncertain until near the end of the access token', async () => {
    const it = memoryConnection([{ kind: 'uncertain', cause: 'reset' }, granted(2)]);
    it.store(grantOf(13 * hour));
    const uncertain = { kind: 'uncertain', sinceMs: startMs, replayAtMs: startMs + 9 * hour };
    expect(await rotate(it.ports(), schedule)).toEqual(uncertain);
    it.passTime(9 * hour - 1);
    expect(await rotate(it.ports(), operator)).toEqual(uncertain);
    it.passTime(1);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.currentGrant().attempt).toBe(2);
  });

  it('that is none of a token endpoint leaves nothing open', async () => {
    const it = memoryConnection([session, session, granted(2)]);
    it.store(grantOf(13 * hour));
    const first = { ...session, sinceMs: startMs, needsPerson: false };
    expect(await rotate(it.ports(), schedule)).toMatchObject(first);
    expect(it.journal.journal.dispatch).toBeNull();
    it.passTime(hour);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ ...first, needsPerson: true });
    expect(it.journal.journal.history.at(-1)).toMatchObject({ answer: '302 (text/html)' });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.journal.journal.badAnswer).toBeNull();
  });

  it('that is a session in the place of tokens is told, and that the token may be spent', async () => {
    const it = memoryConnection([
      { kind: 'uncertain', cause: 'no JSON', status: 200, contentType: 'text/html' },
    ]);
    it.store(grantOf(13 * hour));
    const told = { kind: 'uncertain', answer: { status: 200, contentType: 'text/html' } };
    expect(await rotate(it.ports(), schedule)).toMatchObject(told);
    expect(await rotate(it.ports(), schedule)).toMatchObject(told);
    expect(it.journal.journal.badAnswer).toMatchObject({ kind: 'unusable', sinceMs: startMs });
  });

  it('that refuses the application once is a wait: the next check asks again, and nobody is called', async () => {
    const it = memoryConnection([invalidClient, granted(2)]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({
      kind: 'application-refused',
      needsPerson: false,
    });
    expect(it.journal.journal).toMatchObject({ latch: null, dispatch: null, sentAtMs: [] });
    it.passTime(hour);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.journal.journal).toMatchObject({ badAnswer: null, acceptedClient: 'c1' });
    expect(it.reports.map(({ turn }) => turn)).toEqual([undefined, 'recovered']);
  });

  it.each([
    ['a check', schedule, 55],
    ['a consumer', { trigger: 'consumer' }, 55],
    ['cron', { trigger: 'operator', onlyIfDue: true }, 55],
    ['an operator', operator, 0],
    ['Secrets Manager', { trigger: 'native' }, 0],
    ['a login', { trigger: 'login' }, 0],
    ['a person who recovers', { trigger: 'operator', onlyIfDue: true, sendAgain: true }, 0],
  ] as const)(
    'that refuses the application is asked for again by %s',
    async (_, request, minutes) => {
      const it = memoryConnection([invalidClient, granted(2)]);
      it.store(grantOf(13 * hour));
      await rotate(it.ports(), schedule);
      if (minutes > 0) {
        it.passTime(minutes * 60_000 - 1);
        expect(await rotate(it.ports(), request)).toMatchObject({ kind: 'application-refused' });
        expect(it.presented).toHaveLength(1);
        it.passTime(1);
      }
      expect(await rotate(it.ports(), request)).toMatchObject({ kind: 'refreshed' });
    },
  );

  it('that refuses the application is asked for again at once where its credentials were stored', async () => {
    const it = memoryConnection([invalidClient, granted(2)]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    it.client.versionId = 'c2';
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that refuses the application by a clock that was ahead is asked for again', async () => {
    const it = memoryConnection([invalidClient, granted(2)]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    it.time.nowMs -= 30_000;
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that refuses the application calls a person at the second time thirty minutes after the first', async () => {
    const it = memoryConnection([invalidClient, invalidClient, invalidClient, granted(2)]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), operator);
    it.passTime(30 * 60_000 - 1);
    expect(await rotate(it.ports(), operator)).toMatchObject({ needsPerson: false });
    it.passTime(1);
    expect(await rotate(it.ports(), operator)).toMatchObject({ needsPerson: true });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ needsPerson: true });
    const required = 'reauthorization-required';
    expect(it.reports.map(({ turn }) => turn)).toEqual([undefined, undefined, required, undefined]);
    it.passTime(hour);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
    expect(it.reports.at(-1)).toMatchObject({ turn: 'recovered' });
  });

  it('that refuses the application makes the next check ask, though nothing else is due', async () => {
    const it = memoryConnection([invalidClient, granted(2)]);
    it.store(grantOf(hour));
    await rotate(it.ports(), operator);
    it.passTime(hour);
    expect(await rotate(it.ports(), { trigger: 'consumer' })).toMatchObject({ kind: 'fresh' });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that refuses the application is noted by the holder of the lease alone', async () => {
    const it = memoryConnection([
      () => {
        const lease = { owner: 'other', fence: 2, expiresAtMs: startMs + hour };
        it.journal.set({ fence: 2, lease });
        return invalidClient;
      },
    ]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    expect(it.journal.journal).toMatchObject({ badAnswer: null, dispatch: null });
  });

  it.each<TokenAnswer>([
    { kind: 'uncertain', cause: 'no JSON', status: 200, contentType: 'text/html' },
    { kind: 'uncertain', cause: 'reset' },
    { kind: 'never-sent', cause: 'ECONNREFUSED' },
    { kind: 'throttled', status: 429, retryAfterMs: 60_000 },
    invalidClient,
    session,
  ])(
    '(%j) to the token of a grant that a login has replaced says nothing of the new one',
    async (answer) => {
      const it = memoryConnection([
        () => {
          const replacement = grantOf(0, { grant: 2, generation: 2 });
          it.store(replacement, 'login');
          it.journal.set(welcomed(it.journal.journal, positionOf(replacement), startMs));
          return answer;
        },
      ]);
      it.store(grantOf(13 * hour));
      expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'adopted' });
      const nothing = { badAnswer: null, dispatch: null, retryAtMs: null, failingSinceMs: null };
      expect(it.journal.journal).toMatchObject({ ...nothing, lease: null });
    },
  );

  it('(none) stays on record where the journal does not show what became of the grant', async () => {
    const it = memoryConnection([
      () => {
        it.journal.before = down;
        return { kind: 'uncertain', cause: 'reset' };
      },
    ]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'uncertain' });
  });

  it('that is none of a token endpoint counts once, though nobody answered to the write of it', async () => {
    const it = memoryConnection([session]);
    it.store(grantOf(13 * hour));
    let isLost = false;
    const write = it.journal.write.bind(it.journal);
    it.journal.write = async (journal, revision) => {
      const written = await write(journal, revision);
      if (journal.badAnswer === null || isLost) return written;
      isLost = true;
      throw new StoreRefused('unavailable', 'no answer');
    };
    await rotate(it.ports(), schedule);
    expect(it.journal.journal.badAnswer).toMatchObject({ needsPerson: false });
  });

  it('that is missing is not what a check tells of while a person is needed for the application', async () => {
    const it = memoryConnection([
      { kind: 'uncertain', cause: 'reset' },
      invalidClient,
      invalidClient,
    ]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    it.passTime(9 * hour);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'application-refused' });
    it.passTime(hour);
    await rotate(it.ports(), schedule);
    it.journal.set({ pausedAtMs: 5 });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'application-refused' });
    it.client.versionId = 'c2';
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'paused' });
  });

  it('that does not say what it refuses means the token where the application was accepted before', async () => {
    const refused = { kind: 'refused', said: 'invalid_request' } as const;
    const it = memoryConnection([granted(2), refused, refused, granted(3)]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), operator);
    const doubt = { clientVersionId: 'c1', said: 'invalid_request' };
    expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'refused', doubt });
    expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'latched', latch: { doubt } });
    expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'latched' });
    it.client.versionId = 'c2';
    expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'refreshed' });
    expect(it.journal.journal.latch).toBeNull();
  });

  it('that does not say what it refuses means the application where it was never accepted', async () => {
    const it = memoryConnection([{ kind: 'refused', said: 'invalid_request' }]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({
      kind: 'application-refused',
      inDoubt: true,
    });
  });

  it('that refuses the token in words of its own is in doubt', async () => {
    const it = memoryConnection([{ kind: 'invalid-grant', said: 'invalid_request' }]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({
      kind: 'refused',
      doubt: { said: 'invalid_request' },
    });
  });

  it('that is no longer told of a latch in doubt, though nothing is due, once the application was stored again', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(hour));
    const doubt = { clientVersionId: 'c1', said: 'x' };
    const latch = { kind: 'revoked', position: parent, sinceMs: 5, doubt } as const;
    it.journal.set({ latch, known: parent });
    expect(await rotate(it.ports(), { trigger: 'consumer' })).toMatchObject({ kind: 'latched' });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'latched' });
    it.client.versionId = 'c2';
    expect(await rotate(it.ports(), { trigger: 'consumer' })).toMatchObject({ kind: 'fresh' });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that refuses a token once is heard again at the next check, though nothing is due', async () => {
    const it = memoryConnection([{ kind: 'invalid-grant' }, granted(2)]);
    it.store(grantOf(hour));
    expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'refused' });
    expect(await rotate(it.ports(), { trigger: 'consumer' })).toMatchObject({ kind: 'fresh' });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that nobody may spend, for a pause or a limit, does not fail, and recovers from nothing', async () => {
    const it = memoryConnection([granted(2), granted(3)]);
    it.store(grantOf(13 * hour));
    await pause(it.journal, it.ports().clock);
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'paused' });
    await resume(it.journal, it.ports().clock);
    await rotate(it.ports(), schedule);
    const impatient = { trigger: 'consumer', minValidityMs: 23.9 * hour } as const;
    it.passTime(10 * minute);
    expect(await rotate(it.ports(), impatient)).toMatchObject({ kind: 'limited' });
    it.passTime(hour);
    await rotate(it.ports(), impatient);
    expect(it.reports.map((report) => eventOf(report)?.detailType)).toEqual([
      undefined,
      'Token Refreshed',
      undefined,
      'Token Refreshed',
    ]);
  });

  it('that refuses the token is believed at the second check', async () => {
    const it = memoryConnection([{ kind: 'invalid-grant' }, { kind: 'invalid-grant' }]);
    it.store(grantOf(13 * hour));
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'refused', position: parent });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'latched' });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'latched' });
    expect(it.presented).toHaveLength(2);
    expect(it.reports.filter(({ turn }) => turn === 'reauthorization-required')).toHaveLength(1);
  });

  it('is not asked once a person has paused, though the pass had looked before', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour));
    const { client, ...ports } = it.ports();
    const read = async () => {
      await pause(it.journal, ports.clock);
      return client.read();
    };
    const outcome = await rotate({ ...ports, client: { read } }, schedule);
    expect(outcome).toMatchObject({ kind: 'paused' });
    expect(it.journal.journal).toMatchObject({ dispatch: null, lease: null });
  });

  it('that refuses the token is not believed the first time, though the note of it was not answered', async () => {
    const it = memoryConnection([{ kind: 'invalid-grant' }, granted(2)]);
    it.store(grantOf(13 * hour));
    const { write } = it.journal;
    it.journal.write = async (journal, revision) => {
      const written = await write.call(it.journal, journal, revision);
      if (journal.refusal === null) return written;
      it.journal.write = write;
      throw new StoreRefused('unavailable', 'no answer');
    };
    expect(await rotate(it.ports(), schedule)).toEqual({ kind: 'refused', position: parent });
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'refreshed' });
  });

  it('that refuses the token near the end of the access token is believed at once', async () => {
    const it = memoryConnection([{ kind: 'invalid-grant' }]);
    it.store(grantOf(22 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'latched' });
  });

  it('that refuses a token whose successor another has just kept is no refusal', async () => {
    const it = memoryConnection([
      () => {
        it.journal.set({ seals: [sealed(1)] });
        return { kind: 'invalid-grant' };
      },
    ]);
    it.store(grantOf(22 * hour));
    expect(await rotate(it.ports(), operator)).toMatchObject({ kind: 'recovered' });
    expect(it.journal.journal.latch).toBeNull();
  });

  it('that refuses the token of a holder that has lost its lease latches nothing', async () => {
    const it = memoryConnection([
      () => {
        it.journal.set({
          fence: 2,
          lease: { owner: 'other', fence: 2, expiresAtMs: startMs + hour },
        });
        return { kind: 'invalid-grant' };
      },
    ]);
    it.store(grantOf(22 * hour));
    expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'busy' });
    expect(it.journal.journal.latch).toBeNull();
  });
});

describe('a person', () => {
  const latched = () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.journal.set({ latch: { kind: 'revoked', position: parent, sinceMs: 5 }, known: parent });
    return it;
  };
  const calls = ({ reports }: ReturnType<typeof memoryConnection>) =>
    reports.filter(({ turn }) => turn === 'reauthorization-required').length;

  it('is called once for what stands', async () => {
    const it = latched();
    await rotate(it.ports(), schedule);
    await rotate(it.ports(), schedule);
    expect(calls(it)).toBe(1);
  });

  it('is called again where the call did not get out', async () => {
    const it = latched();
    const ports = it.ports();
    const reporter = { report: async () => down() };
    expect(await rotate({ ...ports, reporter }, schedule)).toMatchObject({ kind: 'latched' });
    await rotate(it.ports(), schedule);
    await rotate(it.ports(), schedule);
    expect(calls(it)).toBe(1);
  });

  it('is called again where the call could not be noted: better twice than never', async () => {
    const it = latched();
    it.journal.before = (call) => {
      if (call === 'write') throw new StoreRefused('denied', 'no right');
    };
    await rotate(it.ports(), schedule);
    await rotate(it.ports(), schedule);
    expect(calls(it)).toBe(2);
  });
});

describe('a consumer who complains', () => {
  const complains = { trigger: 'consumer', rejected: parent } as const;

  it('of an older token is answered at once, with neither canary nor spend', async () => {
    const it = memoryConnection();
    it.store(grantOf(13 * hour, { generation: 2 }));
    it.verdicts.push('rejected');
    expect(await rotate(it.ports(), complains)).toMatchObject({
      kind: 'fresh',
      token: { generation: 2 },
    });
    expect(it.verdicts).toHaveLength(1);
  });

  it('of a good token is told so: the company was wrong', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour));
    it.verdicts.push('accepted');
    expect(await rotate(it.ports(), complains)).toMatchObject({ kind: 'fresh' });
  });

  it('of a token is not answered by what was found of its predecessor', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour, { generation: 2 }));
    const rejected = { grant: 1, generation: 2, attempt: 0 };
    const earlier = { verdict: 'rejected', sinceMs: 5, atMs: startMs, fromFirst: false } as const;
    it.journal.set({ canary: { ...earlier, position: parent } });
    it.verdicts.push('accepted');
    const complaint = { trigger: 'consumer', rejected } as const;
    expect(await rotate(it.ports(), complaint)).toMatchObject({ kind: 'fresh' });
    expect(it.journal.journal.canary).toMatchObject({
      position: rejected,
      verdict: 'accepted',
      sinceMs: startMs,
      fromFirst: true,
    });
  });

  it('where nothing is published yet is asked to come again', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour, { accessToken: null }));
    it.journal.set({ pausedAtMs: 5 });
    expect(await rotate(it.ports(), complains)).toMatchObject({ kind: 'paused' });
  });

  it('of a dead token gets another, though the verdict could not be kept', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(hour));
    it.verdicts.push('rejected', 'accepted');
    let writes = 0;
    it.journal.before = (call) => {
      if (call === 'write' && ++writes === 1) throw new StoreRefused('denied', 'no right');
    };
    expect(await rotate(it.ports(), complains)).toMatchObject({ kind: 'refreshed' });
  });

  it('of a dead token gets another, and the verdict holds for a minute', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(hour));
    it.journal.set({ pausedAtMs: 5 });
    it.verdicts.push('rejected', 'accepted');
    expect(await rotate(it.ports(), complains)).toMatchObject({ kind: 'paused' });
    it.passTime(59_000);
    expect(await rotate(it.ports(), complains)).toMatchObject({ kind: 'paused' });
    expect(it.verdicts).toHaveLength(1);
    it.passTime(1_000);
    expect(await rotate(it.ports(), complains)).toMatchObject({ kind: 'fresh' });
  });

  it.each([
    ['nothing', undefined],
    ['an older token', 'v0'],
  ])('of a dead token is heard though the first read shows %s', async (_name, seen) => {
    const world = memoryConnection([granted(2)]);
    world.store(grantOf(hour, { generation: 0 }), 'v0');
    world.store(grantOf(hour));
    world.accessToken.stale.push(seen);
    world.verdicts.push('rejected');
    const request = {
      trigger: 'consumer',
      rejected: { grant: 1, generation: 1, attempt: 0 },
    } as const;
    expect((await rotate(world.ports(), request)).kind).toBe('refreshed');
  });

  it('of a token that a newer one has replaced by the time it is heard costs nobody anything', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour, { generation: 2 }));
    it.accessToken.stale.push(undefined);
    it.verdicts.push('rejected');
    expect(await rotate(it.ports(), complains)).toMatchObject({
      kind: 'adopted',
      token: { generation: 2 },
    });
    expect(it.verdicts).toHaveLength(1);
  });

  it('of a token that nobody knows is answered like any other', async () => {
    const it = memoryConnection([granted(2)]);
    it.store(grantOf(13 * hour));
    const request = {
      trigger: 'consumer',
      rejected: { grant: 9, generation: 9, attempt: 9 },
    } as const;
    expect(await rotate(it.ports(), request)).toMatchObject({ kind: 'refreshed' });
    expect(await rotate(it.ports(), request)).toMatchObject({ kind: 'fresh' });
  });

  it('before anything is published gets what is current', async () => {
    const it = memoryConnection();
    it.store(grantOf(hour), 'v1', false);
    expect(await rotate(it.ports(), complains)).toMatchObject({ kind: 'adopted' });
  });

  it('every half minute for a day, and for a token of almost a day, costs twelve refreshes and a look a minute', async () => {
    const it = memoryConnection(Array.from({ length: 40 }, (_, at) => granted(at + 2)));
    it.store(grantOf(hour));
    let looks = 0;
    const ports = () => ({
      ...it.ports(),
      canary: {
        check: async () => {
          looks += 1;
          return 'accepted' as const;
        },
      },
    });
    for (let seconds = 0; seconds < 86_400; seconds += 30) {
      const { grant, generation, attempt } = it.publishedToken();
      const wish = { minValidityMs: 23.9 * hour, rejected: { grant, generation, attempt } };
      const outcome = await rotate(ports(), { trigger: 'consumer', ...wish });
      expect(['fresh', 'limited', 'refreshed']).toContain(outcome.kind);
      it.passTime(30_000);
    }
    expect([it.presented.length, looks <= 1440 + 2 * 12]).toEqual([12, true]);
    // What that consumer has used up is no other trigger's.
    it.passTime(hour);
    expect(await rotate(it.ports(), { trigger: 'operator' })).toMatchObject({ kind: 'refreshed' });
  });

  it('of a token that has died right after its refresh gets another: its first look is no answer', async () => {
    const it = memoryConnection([granted(2), granted(3)]);
    it.store(grantOf(13 * hour));
    await rotate(it.ports(), schedule);
    const rejected = { grant: 1, generation: 2, attempt: 1 };
    it.verdicts.push('rejected');
    it.passTime(1_000);
    const outcome = await rotate(it.ports(), { trigger: 'consumer', rejected });
    expect(outcome).toMatchObject({ kind: 'refreshed', token: { generation: 3 } });
  });
});

it('passes that keep overtaking one another end', async () => {
  const it = memoryConnection();
  it.store(grantOf(13 * hour));
  let attempt = 1;
  it.journal.before = (call) => {
    if (call === 'read' && it.journal.journal.lease !== null) return;
    if (call === 'write' && it.journal.journal.lease !== null) {
      attempt += 1;
      const versionId = `gone${attempt}`;
      it.journal.set({ seals: [{ ...sealed(attempt), versionId, grant: 9 }] });
    }
  };
  expect(await rotate(it.ports(), schedule)).toMatchObject({ kind: 'store-refused' });
});
