import { describe, expect, it } from 'vitest';
import { answerForNone, consentDoor } from '../../../src/core/consent/door.ts';
import { accountName, hashOf } from '../../../src/core/consent/opening.ts';
import type { ConsentPorts, Ticket } from '../../../src/core/consent/ports.ts';
import { decodeStart, decodeTicket, encodeStart } from '../../../src/core/consent/stored.ts';
import { issueTicket } from '../../../src/core/consent/ticket.ts';
import { serveCompanies } from '../../../src/core/operations/companies.ts';
import { login } from '../../../src/core/operations/login.ts';
import { logout } from '../../../src/core/operations/logout.ts';
import { installManualToken } from '../../../src/core/operations/manual-token.ts';
import { StoreRefused, type TokenAnswer } from '../../../src/core/ports.ts';
import { encodeAccessToken } from '../../../src/core/records/access-token.ts';
import type { Company } from '../../../src/core/records/company.ts';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import { memorySenders } from '../../contract/admitted-senders.ts';
import { consentStoreContract } from '../../contract/consent-store.ts';
import { memoryConsents } from '../../doubles/consents.ts';
import { granted, grantOf, hour, memoryConnection, startMs } from '../memory-connection.ts';

consentStoreContract('memory', async () => {
  const { store } = memoryConsents();
  return [store, store];
});

const uno = { id: 1, name: 'Uno Srl' };
const due = { id: 2, name: 'Due Srl' };
const browser = new Secret('cookie of this browser');
const other = new Secret('cookie of another browser');
const code = new Secret('c/code');
const latch = {
  kind: 'revoked',
  position: { grant: 1, generation: 1, attempt: 0 },
  sinceMs: startMs,
} as const;
const minute = 60_000;

/** A connection of `uno` whose refresh token was revoked, and its door. */
function doorway(stored: 'latched' | 'well' | 'never connected' = 'latched') {
  const it = memoryConnection();
  const consents = memoryConsents();
  const senders = memorySenders({ companies: [1] });
  if (stored !== 'never connected') it.store(grantOf(hour, { companies: [uno], scopes: ['a:r'] }));
  if (stored === 'latched') it.journal.set({ latch, failingSinceMs: startMs });
  const world = {
    answers: [] as TokenAnswer[],
    reached: [uno] as readonly Company[] | undefined,
    exchanges: [] as string[],
    notes: [] as string[],
    hasPage: true,
    onExchange: async () => {},
  };
  const ports: ConsentPorts = {
    rotation: it.ports(),
    store: consents.store,
    senders,
    redirectUri: 'https://api.example/connect/callback',
    defaultScopes: async () => ['default:r'],
    note: (why) => void world.notes.push(why),
    provider: {
      authorizeUrl: ({ client, scopes, state, codeVerifier }) =>
        world.hasPage
          ? `${client.redirectUri}?${scopes}#${state}#${codeVerifier.sha256().toString('base64url')}`
          : undefined,
      exchange: async (given, client, verifier) => {
        world.exchanges.push(
          [given, verifier]
            .map((it) => it.reveal())
            .concat(client.redirectUri ?? '')
            .join(' '),
        );
        await world.onExchange();
        return world.answers.shift() ?? granted(2);
      },
      companies: async () => world.reached,
    },
  };
  const door = consentDoor(ports);
  const begin = async (from = browser, ticket?: Secret) => {
    const answer = await door({
      step: 'begin',
      connection: 'default',
      browser: from,
      ...(ticket && { ticket }),
    });
    return answer.kind === 'begun' ? (answer.authorizeUrl.split('#')[1] ?? '') : answer.kind;
  };
  const finish = (state: string, more: { browser?: Secret; code?: Secret; error?: string } = {}) =>
    door({ step: 'finish', connection: 'default', state, browser, code, ...more });
  const look = (ticket?: Secret) =>
    door({ step: 'look', connection: 'default', ...(ticket && { ticket }) });
  const issue = async (wish: Partial<Ticket> = {}, lifeMs = 24 * hour) =>
    (await issueTicket(ports.rotation, ports.store, { anyCompany: false, ...wish, lifeMs })).ticket;
  return { it, ...consents, senders, world, ports, door, begin, finish, look, issue };
}

type Doorway = ReturnType<typeof doorway>;

describe('a consent by link', () => {
  it('heals a connection that needs a person: new grant, no latch, event, and the same companies', async () => {
    const { it, begin, finish, look, world, senders } = doorway();
    expect(await look()).toEqual({ kind: 'open', expects: 'Uno Srl' });
    world.reached = [due, uno];
    const answer = await finish(await begin());
    expect(answer).toEqual({ kind: 'connected', generation: 2, account: 'Uno Srl' });
    expect(it.currentGrant()).toMatchObject({ grant: 2, scopes: ['a:r'], companies: [uno] });
    expect(it.publishedToken()).toMatchObject({ generation: 2, companies: [uno] });
    expect(it.journal.journal).toMatchObject({ latch: null, known: { grant: 2 } });
    expect(it.reports).toMatchObject([
      {
        trigger: 'login',
        outcome: { kind: 'adopted' },
        turn: 'recovered',
        published: { grant: 2, expiresAtMs: startMs + 24 * hour },
      },
    ]);
    expect((await senders.read())?.companies).toEqual([1]);
    expect(await look()).toEqual({ kind: 'nothing-to-do' });
  });

  it('asks for what is on record, with PKCE, and comes back to this stack alone', async () => {
    const { door, world, finish, starts } = doorway();
    const answer = await door({ step: 'begin', connection: 'default', browser });
    const [page, state = '', challenge] = (
      answer.kind === 'begun' ? answer.authorizeUrl : ''
    ).split('#');
    expect(page).toBe('https://api.example/connect/callback?a:r');
    expect(state).toMatch(/^default\.[\w-]{43}$/);
    await finish(state);
    const [given, verifier = '', redirect] = (world.exchanges[0] ?? '').split(' ');
    expect([given, redirect]).toEqual(['c/code', 'https://api.example/connect/callback']);
    expect(verifier).toMatch(/^[\w-]{43}$/);
    expect(new Secret(verifier).sha256().toString('base64url')).toBe(challenge);
    // Neither the table nor an answer holds what was sent, and the table holds neither state nor cookie.
    const kept = JSON.stringify([...starts.values()].map((it) => ({ ...it, verifierSalt: '' })));
    for (const secret of [verifier, state, browser.reveal()]) expect(kept).not.toContain(secret);
  });

  const others = 'the new consent does not reach all companies of the connection';
  it.each<[kind: string, play: (at: Doorway) => Promise<unknown>, noted?: string, next?: string]>([
    [
      'other-account',
      async ({ begin, finish, world }) => {
        world.reached = [due];
        return finish(await begin());
      },
      others,
    ],
    [
      'other-account',
      async ({ begin, finish, it, world }) => {
        it.store(grantOf(hour, { companies: [uno, due] }));
        world.reached = [uno];
        return finish(await begin());
      },
      others,
    ],
    [
      'other-account',
      async ({ begin, finish, it }) => {
        const state = await begin();
        it.store(grantOf(hour, { companies: [] }));
        return finish(state);
      },
      others,
    ],
    [
      'failed',
      async ({ begin, finish, world }) => {
        world.reached = undefined;
        return finish(await begin());
      },
      'the companies could not be read, so the new consent was not installed',
      'later',
    ],
    ['expired', async ({ finish }) => finish('default.never-made')],
    [
      'expired',
      async ({ begin, finish, it }) => {
        const state = await begin();
        it.passTime(10 * minute);
        return finish(state);
      },
    ],
    ['not-this-browser', async ({ begin, finish }) => finish(await begin(other))],
    ['declined', async ({ begin, finish }) => finish(await begin(), { error: 'access_denied' })],
    ['failed', async ({ begin, finish }) => finish(await begin(), { error: 'server_error' })],
    [
      'failed',
      async ({ begin, finish, world }) => {
        world.answers.push({ kind: 'invalid-grant' });
        return finish(await begin());
      },
    ],
    [
      'failed',
      async ({ begin, finish, world }) => {
        const { tokens } = granted(2) as Extract<TokenAnswer, { kind: 'granted' }>;
        const { refreshToken: _, ...rest } = tokens;
        world.answers.push({ kind: 'granted', tokens: rest });
        return finish(await begin());
      },
      'the provider gave no refresh token: check that the application may have one',
      'operator',
    ],
  ])('that ends in %s changes nothing that is stored', async (kind, play, noted, next) => {
    const at = doorway();
    const snapshot = () => [
      at.it.grant.currentId,
      at.it.accessToken.currentId,
      at.it.journal.writes,
    ];
    at.it.store(grantOf(hour, { companies: [uno] }));
    const stored = snapshot();
    expect(await play(at)).toMatchObject({ kind, ...(next && { next }) });
    if (noted) expect(at.world.notes).toEqual([noted]);
    expect(snapshot()).toEqual(stored);
    expect(at.it.reports).toEqual([]);
  });

  it('asks a second time for companies that could not be read', async () => {
    const { begin, finish, world } = doorway();
    const answers = [undefined, [uno]];
    Object.defineProperty(world, 'reached', { get: () => answers.shift() });
    expect(await finish(await begin())).toMatchObject({ kind: 'connected' });
  });

  it('has to reach the companies that consumers are told of, not all of the old consent', async () => {
    const { begin, finish, it, look, world } = doorway();
    it.store(grantOf(hour, { companies: [due, uno] }));
    await serveCompanies(it.accessToken, [uno], it.ports().random);
    world.reached = [uno];
    expect(await look()).toEqual({ kind: 'open', expects: 'Uno Srl' });
    expect(await finish(await begin())).toMatchObject({ kind: 'connected', account: 'Uno Srl' });
  });

  it('names the account that is expected, and no number of it', async () => {
    const { begin, finish, it, look, world } = doorway();
    it.store(grantOf(hour, { companies: [uno, { id: 31, name: 'Tre\u202e' }] }));
    world.reached = [{ id: 77, name: 'Foreign' }];
    const want = { kind: 'other-account', expects: 'Uno Srl (+1)' };
    expect(await look()).toEqual({ kind: 'open', expects: 'Uno Srl (+1)' });
    expect(await finish(await begin())).toEqual(want);
  });

  it('is used once: a replay and a second tab find it used, and the grant stays', async () => {
    const { it, begin, finish, world } = doorway();
    const state = await begin();
    const answers = await Promise.all([finish(state), finish(state)]);
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['already-used', 'connected']);
    expect(await finish(state)).toEqual({ kind: 'already-used' });
    expect(await finish(state, { code: new Secret('c/swapped') })).toEqual({
      kind: 'already-used',
    });
    expect([world.exchanges.length, it.currentGrant().grant]).toEqual([1, 2]);
  });

  it('of another browser uses up no start: the one that waits still comes to its end', async () => {
    const { begin, finish } = doorway();
    const state = await begin();
    expect(await finish(state, { browser: other })).toEqual({ kind: 'not-this-browser' });
    expect(await finish(state, { browser: other, error: 'access_denied' })).toEqual({
      kind: 'not-this-browser',
    });
    expect(await finish(state)).toMatchObject({ kind: 'connected' });
  });

  it('of two browsers is the one that comes first', async () => {
    const { begin, finish, it } = doorway();
    const [mine, theirs] = [await begin(), await begin(other)];
    expect(await finish(theirs, { browser: other })).toMatchObject({ kind: 'connected' });
    expect(await finish(mine)).toEqual({ kind: 'too-late' });
    expect(it.currentGrant().grant).toBe(2);
  });

  it.each<[string, (at: Doorway) => Promise<unknown>]>([
    ['login', ({ it }) => login(it.ports(), consentOfLogin)],
    ['logout', ({ it }) => logout(it.ports())],
  ])('never goes over a newer %s: before the exchange, and after it', async (_, newer) => {
    for (const when of ['before', 'during'] as const) {
      const at = doorway();
      const state = await at.begin();
      if (when === 'before') await newer(at);
      else at.world.onExchange = async () => void (await newer(at));
      const [current] = [() => at.it.grant.versions.get(at.it.grant.currentId ?? '')?.reveal()];
      const answer = await at.finish(state);
      expect(answer).toEqual({ kind: 'too-late' });
      expect(at.world.exchanges).toHaveLength(when === 'before' ? 0 : 1);
      expect(current()).not.toContain('r/0002invented');
      expect(
        at.it.accessToken.versions.get(at.it.accessToken.currentId ?? '')?.reveal(),
      ).not.toContain('a/0002invented');
    }
  });

  it('never goes over a login that comes between its last look and its own step', async () => {
    const { it, begin, finish } = doorway();
    const state = await begin();
    let isPlayed = false;
    it.grant.before = (call) => {
      if (call !== 'promote' || isPlayed) return;
      isPlayed = true;
      it.store(grantOf(0, { grant: 2, generation: 2, sealKey: new Secret('theirs') }), 'later');
    };
    expect(await finish(state)).toEqual({ kind: 'too-late' });
    expect(it.currentGrant().sealKey.reveal()).toBe('theirs');
  });

  it('counts as in though the last answer was lost', async () => {
    const { it, begin, finish } = doorway();
    const state = await begin();
    const promote = it.grant.promote.bind(it.grant);
    it.grant.promote = async (...args) => {
      it.grant.promote = promote;
      await promote(...args);
      throw new StoreRefused('unavailable', 'no answer');
    };
    expect(await finish(state)).toMatchObject({ kind: 'connected' });
  });

  it('goes over a rotation of the old grant that came in between', async () => {
    const { it, begin, finish } = doorway();
    const state = await begin();
    it.store(grantOf(0, { generation: 2, attempt: 1, companies: [uno] }));
    expect(await finish(state)).toMatchObject({ kind: 'connected', generation: 3 });
  });

  it.each([
    ['is in though nobody could be told', new StoreRefused('unavailable', 'no bus')],
    ['is in, and hides no fault of ours', new TypeError('a fault of ours')],
  ])('%s', async (_, error) => {
    const { begin, door, it, ports } = doorway();
    const report = () => Promise.reject(error);
    const state = await begin();
    const rotation = { ...ports.rotation, reporter: { report } };
    const request = { step: 'finish', connection: 'default', state, browser, code } as const;
    const answer = consentDoor({ ...ports, rotation })(request);
    if (error instanceof StoreRefused) expect(await answer).toMatchObject({ kind: 'connected' });
    else await expect(answer).rejects.toThrow(error);
    expect(it.currentGrant().grant).toBe(2);
    expect(await door(request)).toEqual({ kind: 'already-used' });
  });
});

const consentOfLogin = {
  refreshToken: new Secret('r/of-login'),
  accessToken: new Secret('a/of-login'),
  requestedAtMs: startMs,
  expiresInSeconds: 86_400,
  companies: [uno],
};

describe('the door', () => {
  it('is shut while the connection needs nobody, and was never connected', async () => {
    for (const stored of ['well', 'never connected'] as const) {
      const { look, begin, starts } = doorway(stored);
      expect(await look()).toEqual({ kind: 'nothing-to-do' });
      expect(await begin()).toBe('nothing-to-do');
      expect(starts.size).toBe(0);
    }
  });

  it('is shut where nobody could tell the right account from another', async () => {
    const { it, look } = doorway();
    it.store(grantOf(hour, { companies: [] }));
    expect(await look()).toEqual({ kind: 'nothing-to-do' });
    it.store(grantOf(hour, { companies: [uno] }));
    it.grant.versions.set('v1', new Secret('damaged'));
    expect(await look()).toEqual({ kind: 'nothing-to-do' });
    it.journal.set({ known: latch.position });
    it.accessToken.versions.set('v1', new Secret('damaged'));
    expect(await look()).toEqual({ kind: 'nothing-to-do' });
  });

  it('is shut while a manual token serves, whatever latch an old grant has left', async () => {
    const { it, look } = doorway();
    const { expiresAtMs: _, ...token } = it.publishedToken();
    const manual = { ...token, grant: 2, generation: 2, expiresAtMs: null };
    it.accessToken.versions.set('manual', encodeAccessToken(manual));
    it.accessToken.currentId = 'manual';
    expect(await look()).toEqual({ kind: 'nothing-to-do' });
  });

  it('is shut for a latch in doubt once the application was stored again', async () => {
    const { it, look } = doorway();
    it.journal.set({ latch: { ...latch, doubt: { clientVersionId: 'c1', said: 'no' } } });
    expect(await look()).toMatchObject({ kind: 'open' });
    it.client.versionId = 'c2';
    expect(await look()).toEqual({ kind: 'nothing-to-do' });
  });

  it('says the same of a connection that there is not', async () => {
    const { look, finish } = doorway('well');
    const ticket = new Secret('guessed');
    const none = { step: 'look', connection: 'none' } as const;
    expect(answerForNone(none)).toEqual(await look());
    expect(answerForNone({ ...none, ticket })).toEqual(await look(ticket));
    const redirect = {
      step: 'finish',
      connection: 'none',
      state: 'none.x',
      browser,
      code,
    } as const;
    expect(answerForNone(redirect)).toEqual(await finish('default.x'));
  });

  it('asks for an operator where no application is stored or the provider has no page', async () => {
    const { door, world, it, starts } = doorway();
    const request = { step: 'begin', connection: 'default', browser } as const;
    const want = { kind: 'failed', next: 'operator' };
    world.hasPage = false;
    expect(await door(request)).toEqual(want);
    it.client.missing = true;
    expect(await door(request)).toEqual(want);
    expect(world.notes).toEqual([
      'the provider has no page for consent: fresco login',
      'the application is not stored: fresco login --application-only',
    ]);
    expect(starts.size).toBe(0);
  });

  it.each([
    { reason: 'unavailable', next: 'later' },
    { reason: 'denied', next: 'operator' },
  ] as const)(
    'answers $next, and notes why, where a store is $reason',
    async ({ reason, next }) => {
      const { it, look, world } = doorway();
      it.journal.before = () => {
        throw new StoreRefused(reason, 'why');
      };
      expect(await look()).toEqual({ kind: 'failed', next });
      expect(world.notes).toEqual([`a store refused (${reason}): why`]);
    },
  );

  it('lets other faults through', async () => {
    const { it, look } = doorway();
    it.journal.before = () => {
      throw new TypeError('a fault of ours');
    };
    await expect(look()).rejects.toThrow(TypeError);
  });

  it.each<[TokenAnswer, string, string]>([
    [{ kind: 'invalid-grant' }, 'again', 'invalid-grant'],
    [{ kind: 'uncertain', cause: 'reset' }, 'again', 'uncertain, reset'],
    [{ kind: 'never-sent', cause: 'dns' }, 'later', 'never-sent, dns'],
    [{ kind: 'throttled', status: 429, retryAfterMs: 1 }, 'later', 'throttled'],
    [{ kind: 'invalid-client', error: 'bad' }, 'operator', 'invalid-client, bad'],
    [{ kind: 'refused', said: 'no' }, 'operator', 'refused, no'],
    [{ kind: 'unexpected', status: 302, contentType: 'x' }, 'operator', 'unexpected'],
  ])('after %j the next step is %s', async (answer, next, noted) => {
    const { begin, finish, world } = doorway();
    world.answers.push(answer);
    expect(await finish(await begin())).toEqual({ kind: 'failed', next });
    expect(world.notes).toEqual([`the code was not exchanged: ${noted}`]);
  });

  it.each([
    ['server_error', 'later', 'server_error'],
    ['invalid_scope', 'operator', 'invalid_scope'],
    ['temporarily_unavailable', 'later', 'temporarily_unavailable'],
    ['a<script>', 'operator', 'an error without a readable code'],
    ['<script>a', 'operator', 'an error without a readable code'],
  ])('after the error %s of the page the next step is %s', async (error, next, noted) => {
    const { begin, finish, world } = doorway();
    expect(await finish(await begin(), { error })).toEqual({ kind: 'failed', next });
    expect(world.notes).toEqual([`the provider's page for consent reports ${noted}`]);
  });

  it('wants the code, and the application that has begun', async () => {
    const { begin, door, finish, it } = doorway();
    const state = await begin();
    const bare = { step: 'finish', connection: 'default', state, browser } as const;
    expect(await door(bare)).toEqual({ kind: 'failed', next: 'again' });
    const second = await begin();
    it.client.missing = true;
    expect(await finish(second)).toEqual({ kind: 'failed', next: 'operator' });
  });
});

it.each<[string, string, readonly { id: number; name: string }[] | undefined]>([
  ['of companies that could not be read', '', undefined],
  ['of no company', '', []],
  ['of companies without a name', '', [{ id: 1, name: '' }, due]],
  ['of a long name', `${'x'.repeat(100)} (+1)`, [{ id: 1, name: 'x'.repeat(101) }, due]],
])('the name %s is "%s"', (_, name, companies) => {
  expect(accountName(companies)).toBe(name);
});

it.each([
  ['start of a consent', decodeStart],
  ['ticket', decodeTicket],
])('a damaged %s is named as that', (name, decode) => {
  expect(() => decode(new Secret('{'))).toThrow(name);
});

it('a start asks for no scope that is not a text, as somebody’s hand may leave it', () => {
  const start = { stateHash: 'a', browserHash: 'b', over: { grant: 1, isLoggedOut: false } };
  const kept = { ...start, verifierSalt: new Secret('s'), scopes: [], expiresAtMs: 1 };
  const { scopes: _, ...fields } = JSON.parse(encodeStart(kept).reveal());
  const decoded = (scopes: unknown) =>
    decodeStart(new Secret(JSON.stringify({ ...fields, scopes }))).scopes;
  expect([decoded(undefined), decoded(['a:r', 5])]).toEqual([[], ['a:r']]);
});

describe('a flood of starts', () => {
  it('takes 4096 places at most, and disturbs nobody who waits', async () => {
    const { it, begin, finish, starts, ports } = doorway();
    const mine = await begin();
    const slot = [...starts.keys()][0];
    let taken = 0;
    for (let n = 0; n < 4096; n += 1) {
      const stateHash = n.toString(16).padStart(3, '0').padEnd(64, 'f');
      const start = [...starts.values()][0];
      if (start && (await ports.store.keepStart({ ...start, stateHash }, it.time.nowMs)))
        taken += 1;
    }
    expect([taken, starts.size, slot === undefined]).toEqual([4095, 4096, false]);
    expect(await begin(other)).toBe('busy');
    expect(starts.size).toBe(4096);
    expect(await finish(mine)).toMatchObject({ kind: 'connected' });
    it.passTime(10 * minute);
  });

  it.each([
    [7, 'begun'],
    [8, 'busy'],
  ])('that has taken %i places in a row makes a person %s', async (taken, kind) => {
    const { ports } = doorway();
    let tries = 0;
    const keepStart = async () => {
      tries += 1;
      return tries > taken;
    };
    const door = consentDoor({ ...ports, store: { ...ports.store, keepStart } });
    expect(await door({ step: 'begin', connection: 'default', browser })).toMatchObject({ kind });
  });

  it('is over ten minutes later', async () => {
    const { it, begin, starts, ports } = doorway();
    await begin();
    const [start] = starts.values();
    for (let n = 0; start && n < 4096; n += 1) {
      const stateHash = n.toString(16).padStart(3, '0').padEnd(64, 'f');
      await ports.store.keepStart({ ...start, stateHash }, it.time.nowMs);
    }
    it.passTime(10 * minute - 1);
    expect(await begin()).toBe('busy');
    it.passTime(1);
    expect(await begin()).toMatch(/^default\./);
  });
});

describe('a ticket', () => {
  it('opens a connection that was never connected, for any account', async () => {
    const { begin, finish, issue, look, world, it } = doorway('never connected');
    const ticket = await issue({ scopes: ['b:a'] });
    expect(await look(ticket)).toEqual({ kind: 'open', untilMs: startMs + 24 * hour });
    world.reached = [due];
    const state = await begin(browser, ticket);
    expect(await finish(state)).toEqual({ kind: 'connected', generation: 1, account: 'Due Srl' });
    expect(it.currentGrant()).toMatchObject({ grant: 1, companies: [due], scopes: ['b:a'] });
  });

  it.each(['never connected', 'well'] as const)(
    'asks for what login asks for where nothing is on record: %s',
    async (stored) => {
      const { begin, finish, issue, it } = doorway(stored);
      if (stored === 'well') await logout(it.ports());
      await finish(await begin(browser, await issue()));
      expect(it.currentGrant().scopes).toEqual(['default:r']);
    },
  );

  it('made after a manual token was logged out takes any account; one made before opens nothing', async () => {
    const { it, begin, finish, issue, look, world } = doorway('never connected');
    const accessToken = new Secret('a/0009invented');
    await installManualToken(it.ports(), { accessToken, companies: [uno], scopes: [] });
    const before = await issue();
    await logout(it.ports());
    expect(await look(before)).toEqual({ kind: 'closed' });
    world.reached = [due];
    const state = await begin(browser, await issue());
    expect(await finish(state)).toEqual({ kind: 'connected', generation: 2, account: 'Due Srl' });
  });

  it('opens a connection that is well, for the same account', async () => {
    const { begin, finish, issue, look, world } = doorway('well');
    const ticket = await issue();
    expect(await look(ticket)).toMatchObject({ kind: 'open', expects: 'Uno Srl' });
    world.reached = [due];
    expect(await finish(await begin(browser, ticket))).toMatchObject({ kind: 'other-account' });
    // What was refused did not use the ticket up.
    world.reached = [uno];
    expect(await finish(await begin(browser, ticket))).toMatchObject({ kind: 'connected' });
  });

  it('for any company takes another account, and one whose companies cannot be read', async () => {
    for (const reached of [[due], undefined]) {
      const { begin, finish, issue, look, world, it, senders } = doorway();
      const ticket = await issue({ anyCompany: true });
      expect(await look(ticket)).toEqual({ kind: 'open', untilMs: startMs + 24 * hour });
      world.reached = reached;
      expect(await finish(await begin(browser, ticket))).toEqual({
        kind: 'connected',
        generation: 2,
        ...(reached && { account: 'Due Srl' }),
      });
      expect(it.currentGrant().companies).toEqual(reached ?? []);
      expect((await senders.read())?.companies).toEqual(reached ? [1, 2] : [1]);
    }
  });

  it.each<[string, (at: Doorway, ticket: Secret) => Promise<unknown>]>([
    ['it was used', async (at, ticket) => at.finish(await at.begin(browser, ticket))],
    ['somebody has logged in', (at) => login(at.it.ports(), consentOfLogin)],
    ['somebody has logged out', (at) => logout(at.it.ports())],
    ['it has expired', async (at) => at.it.passTime(24 * hour)],
  ])('opens nothing once %s', async (_, happens) => {
    const at = doorway('well');
    const ticket = await at.issue();
    await happens(at, ticket);
    expect(await at.look(ticket)).toEqual({ kind: 'closed' });
    expect(await at.begin(other, ticket)).toBe('closed');
  });

  it('lasts to the last millisecond, and a start from it ten minutes more', async () => {
    const { it, begin, finish, issue, look } = doorway('well');
    const ticket = await issue();
    it.passTime(24 * hour - 1);
    const state = await begin(browser, ticket);
    it.passTime(1);
    expect(await look(ticket)).toEqual({ kind: 'closed' });
    expect(await finish(state)).toMatchObject({ kind: 'connected' });
  });

  it('is 256 random bits, of which a hash is stored; another opens nothing', async () => {
    const { issue, tickets, look } = doorway('well');
    const ticket = await issue();
    expect(Buffer.from(ticket.reveal(), 'base64url')).toHaveLength(32);
    expect([...tickets.keys()]).toEqual([hashOf(ticket)]);
    expect(await look(new Secret(hashOf(ticket)))).toEqual({ kind: 'closed' });
  });

  it('that is no good does not shut a door that is open anyway', async () => {
    const { look, begin, finish, world } = doorway();
    const stale = new Secret('stale');
    expect(await look(stale)).toEqual({ kind: 'open', expects: 'Uno Srl' });
    world.reached = [due];
    expect(await finish(await begin(browser, stale))).toMatchObject({ kind: 'other-account' });
  });

  it('takes nobody else’s account where what is stored could not be read', async () => {
    const { it, begin, finish, issue, world } = doorway();
    const ticket = await issue();
    const state = await begin(browser, ticket);
    it.journal.set({ known: { grant: 1, generation: 1, attempt: 0 } });
    it.accessToken.versions.set('v1', new Secret('damaged'));
    it.grant.versions.set('v1', new Secret('damaged'));
    world.reached = [due];
    expect(await finish(state)).toEqual({ kind: 'failed', next: 'later' });
  });
});

it('scopes on record outlive a rotation, and a grant without them is written as before', async () => {
  expect(encodeGrant(grantOf(0)).reveal()).not.toContain('scopes');
  const it = memoryConnection([granted(2)]);
  it.store(grantOf(30 * hour, { scopes: ['a:r'] }));
  await rotate(it.ports(), { trigger: 'operator' });
  expect(it.currentGrant()).toMatchObject({ generation: 2, scopes: ['a:r'] });
});
