// Goal: whatever strangers send to the pages for consent, each gets its answer, nothing stored changes, nothing
// secret is repeated, and a person who is on their way in another browser comes back to a connection that works.
// Method: the pages before the real door over memory, and a provider that checks PKCE; people as browsers with a jar.
import { describe, expect, it } from 'vitest';
import type { SiteAnswer } from '../../src/connect/site.ts';
import { languageOf, words } from '../../src/connect/words.ts';
import { Secret } from '../../src/core/secret.ts';
import { type ConnectScene, connectScene, due, type Sent, uno } from './connect-scene.ts';

const shown = (answer: SiteAnswer) =>
  `${answer.status} ${/<h1>(.*)<\/h1>/.exec(answer.body)?.[1] ?? ''}`;

const open = '200 Connect Fatture in Cloud';
const nothingToDo = '200 Nothing to do';
const closed = '410 This link no longer works';
const noPage = '404 This page does not exist';
const noMethod = '405 This page does not exist';
const otherBrowser = '403 Another browser has started this';
const expired = '410 Too much time has passed';
const otherButton = '403 Please use the button of our page';
const redirected = '303 ';

describe('a person with the static link', () => {
  it('sees what will happen and whose account it takes, presses one button, and has healed it', async () => {
    const scene = connectScene();
    const anna = scene.browser();
    const page = await anna.open();
    expect(shown(page)).toBe(open);
    expect(page.body).toContain('<strong>Uno &#60;&#38; Figli&#62; Srl</strong>');
    expect(page.body.match(/<button/g)).toHaveLength(1);
    expect(page.body).not.toMatch(/<script|javascript:|src=|http-equiv/i);
    const begun = await anna.press();
    expect(begun.headers['location']).toMatch(/^https:\/\/provider\.example\/oauth\/authorize\?/);
    expect(begun.headers['set-cookie']).toMatch(
      /^__Host-fresco-connect=[\w-]{43}s; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/,
    );
    const done = await anna.comeBack(scene.approve(begun));
    expect(shown(done)).toBe('200 Done, thank you');
    expect(done.headers['set-cookie']).toMatch(/^__Host-fresco-connect=; .*Max-Age=0$/);
    expect(scene.it.currentGrant()).toMatchObject({ grant: 2, companies: [uno] });
    expect(shown(await anna.open())).toBe(nothingToDo);
    expect(scene.ends.map(({ step, page: name }) => `${step} ${name}`)).toEqual([
      'look open',
      'begin begun',
      'finish connected',
      'look nothing-to-do',
    ]);
  });

  type Way = (scene: ConnectScene) => Promise<SiteAnswer>;
  it.each<[string, Way, string]>([
    [
      'comes back a second time',
      async ({ browser, approve, send }) => {
        const anna = browser();
        const query = approve(await anna.press());
        const cookie = anna.cookie();
        await anna.comeBack(query);
        return send({ path: '/connect/callback', query, headers: { cookie } });
      },
      '409 This step is done already',
    ],
    [
      'comes back from the first of two tabs',
      async ({ browser, approve }) => {
        const anna = browser();
        const first = await anna.press();
        await anna.press();
        return anna.comeBack(approve(first));
      },
      '200 Done, thank you',
    ],
    [
      'comes back from the second tab after the first',
      async ({ browser, approve, send }) => {
        const anna = browser();
        const [first, second] = [await anna.press(), await anna.press()];
        const cookie = anna.cookie();
        await anna.comeBack(approve(first));
        return send({ path: '/connect/callback', query: approve(second), headers: { cookie } });
      },
      '409 Somebody else was faster',
    ],
    [
      'brings another account',
      async ({ browser, approve }) => {
        const anna = browser();
        return anna.comeBack(approve(await anna.press(), due));
      },
      '409 This is another account',
    ],
    [
      'brings the code of another start',
      async ({ browser, approve }) => {
        const [anna, bob] = [browser(), browser()];
        const [hers, his] = [approve(await anna.press()), approve(await bob.press())];
        const [code, state] = [new URLSearchParams(his), new URLSearchParams(hers)];
        return anna.comeBack(
          `${new URLSearchParams({ code: code.get('code') ?? '', state: state.get('state') ?? '' })}`,
        );
      },
      '422 That did not work',
    ],
    [
      'refuses at the provider',
      async ({ browser, approve }) => {
        const anna = browser();
        const state = new URLSearchParams(approve(await anna.press())).get('state');
        return anna.comeBack(`error=access_denied&state=${state}`);
      },
      '200 The access was not allowed',
    ],
    [
      'takes eleven minutes',
      async ({ browser, approve, it }) => {
        const anna = browser();
        const begun = await anna.press();
        it.passTime(660_000);
        return anna.comeBack(approve(begun));
      },
      expired,
    ],
    [
      'comes while the store is out of reach',
      async ({ browser, it }) => {
        it.journal.before = () => {
          throw new Error('secret words of the store');
        };
        return browser().open();
      },
      '429 Not right now',
    ],
    [
      'comes back while the store is out of reach',
      async ({ browser, approve, it }) => {
        const anna = browser();
        const query = approve(await anna.press());
        it.journal.before = () => {
          throw new Error('secret words of the store');
        };
        return anna.comeBack(query);
      },
      '429 No answer yet',
    ],
  ])('that %s: is told so', async (_, act, answer) => {
    const scene = connectScene();
    const page = await act(scene);
    expect(shown(page)).toBe(answer);
    expect(page.body).not.toContain('secret words');
    if (answer.startsWith('4')) expect(page.body).toMatch(/Nothing has changed|done|faster|longer/);
  });
});

describe('a ticket', () => {
  it('opens the door where nobody is needed, goes along in the form, and is void once it has served', async () => {
    const scene = connectScene('nobody');
    const anna = scene.browser();
    expect(shown(await anna.open())).toBe(nothingToDo);
    expect(shown(await anna.press())).toBe(nothingToDo);
    const ticket = await scene.issue();
    const page = await anna.open(ticket);
    expect(page.body).toContain(`name="ticket" value="${ticket.reveal()}"`);
    const begun = await anna.press(ticket);
    const back = await anna.comeBack(scene.approve(begun));
    expect(shown(back)).toBe('200 Done, thank you');
    for (const answer of [await anna.open(ticket), await anna.press(ticket)]) {
      expect(shown(answer)).toBe(closed);
      expect(JSON.stringify(answer)).not.toContain(ticket.reveal());
    }
  });

  it('is not in the page that says to begin again, which a link without it would not open', async () => {
    const scene = connectScene('nobody');
    const [anna, ticket] = [scene.browser(), await scene.issue()];
    const back = await anna.comeBack(scene.approve(await anna.press(ticket), due));
    expect(shown(back)).toBe('409 This is another account');
    expect(back.body).toContain('open the link that you were sent once more');
    expect(back.body).not.toContain('href');
    const other = scene.browser();
    expect(shown(await other.comeBack('error=x&state=default.x'))).toBe(otherBrowser);
  });
});

/** What a stranger sends, in the knowledge of what Anna's browser was sent and shown. */
type Abuse = Sent | ((scene: ConnectScene, anna: { query: string; cookie: string }) => Sent);

const callback = '/connect/callback';
const made = `__Host-fresco-connect=${'x'.repeat(43)}s`;
const someState = `default.${'y'.repeat(43)}`;
const post = (headers: Readonly<Record<string, string>>, more: Sent = {}): Sent => ({
  method: 'POST',
  headers: { host: 'api.example', ...headers },
  ...more,
});
const own = { 'sec-fetch-site': 'same-origin' };
const state = (query: string) => new URLSearchParams(query).get('state') ?? '';

const abuses: readonly (readonly [what: string, abuse: Abuse, answer: string])[] = [
  [
    'a callback without a start',
    { path: callback, query: `code=c/x&state=${someState}` },
    otherBrowser,
  ],
  [
    'a callback with a cookie that was made up',
    { path: callback, query: `code=c/x&state=${someState}`, headers: { cookie: made } },
    expired,
  ],
  [
    'another’s callback, without a cookie',
    (_, { query }) => ({ path: callback, query }),
    otherBrowser,
  ],
  [
    'another’s callback, with a cookie that was made up',
    (_, { query }) => ({ path: callback, query, headers: { cookie: made } }),
    otherBrowser,
  ],
  [
    'another’s state with a code of one’s own',
    (_, { query }) => ({
      path: callback,
      query: `code=c/mine&state=${state(query)}`,
      headers: { cookie: made },
    }),
    otherBrowser,
  ],
  [
    'another’s state with a refusal',
    (_, { query }) => ({
      path: callback,
      query: `error=access_denied&state=${state(query)}`,
      headers: { cookie: made },
    }),
    otherBrowser,
  ],
  [
    'a code of one’s own put upon another’s browser',
    (_, { cookie }) => ({
      path: callback,
      query: `code=c/mine&state=${someState}`,
      headers: { cookie },
    }),
    expired,
  ],
  [
    'a code without a state',
    { path: callback, query: 'code=c/x', headers: { cookie: made } },
    expired,
  ],
  [
    'a state without a code',
    { path: callback, query: `state=${someState}`, headers: { cookie: made } },
    expired,
  ],
  [
    'a code and an error',
    (_, { query, cookie }) => ({ path: callback, query: `${query}&error=x`, headers: { cookie } }),
    expired,
  ],
  [
    'two codes',
    (_, { query, cookie }) => ({ path: callback, query: `${query}&code=c/x`, headers: { cookie } }),
    expired,
  ],
  [
    'two states',
    (_, { query, cookie }) => ({
      path: callback,
      query: `${query}&state=${someState}`,
      headers: { cookie },
    }),
    expired,
  ],
  [
    'a state of a connection that there is not',
    {
      path: callback,
      query: `code=c/x&state=${someState.replace('default', 'other')}`,
      headers: { cookie: made },
    },
    expired,
  ],
  [
    'a state that is none',
    { path: callback, query: 'code=c/x&state=default', headers: { cookie: made } },
    expired,
  ],
  [
    'a code that breaks a line',
    (_, { query, cookie }) => ({
      path: callback,
      query: `code=c%0d%0aSet-Cookie:a=b&state=${state(query)}`,
      headers: { cookie },
    }),
    expired,
  ],
  [
    'a code of 3,000 characters',
    (_, { query, cookie }) => ({
      path: callback,
      query: `code=${'c'.repeat(3_000)}&state=${state(query)}`,
      headers: { cookie },
    }),
    expired,
  ],
  [
    'a query of a megabyte',
    (_, { query, cookie }) => ({
      path: callback,
      query: `${query}&x=${'x'.repeat(1_000_000)}`,
      headers: { cookie },
    }),
    expired,
  ],
  [
    'two cookies of that name',
    (_, { query, cookie }) => ({
      path: callback,
      query,
      headers: { cookie: `${cookie}; ${made}` },
    }),
    otherBrowser,
  ],
  [
    'the cookie under the name that http has',
    (_, { query, cookie }) => ({
      path: callback,
      query,
      headers: { cookie: cookie.replace('__Host-', '') },
    }),
    otherBrowser,
  ],
  [
    'a cookie that is none',
    (_, { query }) => ({
      path: callback,
      query,
      headers: { cookie: '__Host-fresco-connect=%3Cscript%3E' },
    }),
    otherBrowser,
  ],
  [
    'a form of another site',
    post({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }),
    otherButton,
  ],
  ['a form of a sister site', post({ 'sec-fetch-site': 'same-site' }), otherButton],
  ['a form that says it comes from nowhere', post({ 'sec-fetch-site': 'none' }), otherButton],
  [
    'a form of another origin in an old browser',
    post({ origin: 'https://evil.example' }),
    otherButton,
  ],
  ['a form of a sandboxed frame in an old browser', post({ origin: 'null' }), otherButton],
  ['a form of an old browser that says nothing', post({}), otherButton],
  ['our own form in an old browser', post({ origin: 'https://api.example' }), redirected],
  ['our own form by http', post({ origin: 'http://api.example' }), otherButton],
  [
    'our own form, cross-site by metadata',
    post({ origin: 'https://api.example', 'sec-fetch-site': 'cross-site' }),
    otherButton,
  ],
  [
    'a start for a connection that there is not',
    post(own, { path: '/connect/other' }),
    nothingToDo,
  ],
  ['a look at a connection that there is not', { path: '/connect/other' }, nothingToDo],
  [
    'a ticket for a connection that there is not',
    { path: '/connect/other', query: `ticket=${'t'.repeat(43)}` },
    closed,
  ],
  ['a ticket that can be none', { query: 'ticket=1' }, closed],
  ['an empty ticket', { query: 'ticket=' }, closed],
  ['two tickets', { query: `ticket=${'t'.repeat(43)}&ticket=${'u'.repeat(43)}` }, closed],
  ['a ticket with a page in it', { query: 'ticket="><script>alert(1)</script>' }, closed],
  ['a form with a ticket that can be none', post(own, { body: 'ticket=<b>' }), closed],
  ['a form of a megabyte', post(own, { body: `ticket=${'t'.repeat(1_000_000)}` }), closed],
  ['a body that is no form', post(own, { body: '{"ticket":1}' }), redirected],
  ...['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'get', 'X\r\nY'].map(
    (method) => [`the method ${JSON.stringify(method)}`, { method }, noMethod] as const,
  ),
  ['a form to the callback', post(own, { path: callback }), noMethod],
  ...[
    ...[
      '',
      '/',
      '/connect',
      '/connect/',
      '//connect/default',
      '/connect/default/',
      '/CONNECT/default',
    ],
    ...[
      '/connect/%64efault',
      '/connect/default%00',
      '/connect/default\n',
      '/connect/../connect/default',
    ],
    ...[
      '/connect/default/x',
      '/connect/callback/',
      '/connect/def ault',
      `/connect/${'x'.repeat(9_999)}`,
    ],
    ...[
      '/connect/<script>',
      '/connect/default?x',
      '/connect/défault',
      '/webhooks/default',
      '/connect/__proto__',
    ],
  ].map((path) => [`the path ${JSON.stringify(path.slice(0, 40))}`, { path }, noPage] as const),
  ...[
    '<script>',
    '*',
    'it;q=0',
    'xx'.repeat(99_999),
    'de\r\nSet-Cookie: a=b',
    'it;q=9',
    ',,;;==',
  ].map(
    (text) =>
      [
        `the language ${JSON.stringify(text.slice(0, 30))}`,
        { headers: { 'accept-language': text } },
        open,
      ] as const,
  ),
];

describe('while Anna is at the provider', () => {
  it('are told of at least thirty abuses below', () => {
    expect(abuses.length).toBeGreaterThan(60);
  });

  it.each(abuses)('%s gets its answer, and her way back stays open', async (_, abuse, answer) => {
    const scene = connectScene();
    const anna = scene.browser();
    const begun = await anna.press();
    const query = scene.approve(begun);
    const secrets = [anna.cookie().slice(22), state(query), new URLSearchParams(query).get('code')];
    const before = JSON.stringify(scene.it.journal.journal);
    const sent =
      typeof abuse === 'function' ? abuse(scene, { query, cookie: anna.cookie() }) : abuse;
    const page = await scene.send(sent);
    expect(shown(page)).toBe(answer);
    guards(page);
    const told = JSON.stringify([page, scene.ends]);
    for (const secret of secrets) expect(told).not.toContain(secret);
    expect(told).not.toMatch(/alert\(1\)|evil|c\/(x|mine)|t{43}/);
    expect(JSON.stringify(scene.it.journal.journal)).toBe(before);
    expect(scene.it.currentGrant().grant).toBe(1);
    expect(shown(await anna.comeBack(query))).toBe('200 Done, thank you');
  });

  it('a thousand starts end in starts or in “not right now”, and none disturbs her', async () => {
    const scene = connectScene();
    const anna = scene.browser();
    const query = scene.approve(await anna.press());
    const answers = new Set<string>();
    for (let n = 0; n < 1_000; n += 1) answers.add(shown(await scene.browser().press()));
    expect([...answers].filter((it) => it !== redirected && it !== '429 Not right now')).toEqual(
      [],
    );
    expect(scene.starts.size).toBeLessThanOrEqual(4_096);
    expect(shown(await anna.comeBack(query))).toBe('200 Done, thank you');
  });

  it('a thousand looks write nothing', async () => {
    const scene = connectScene();
    const ticket = await scene.issue();
    const stored = () =>
      JSON.stringify([scene.it.journal.revision, scene.starts.size, ...scene.tickets]);
    const before = stored();
    const eve = scene.browser();
    for (let n = 0; n < 500; n += 1) {
      await eve.open(ticket);
      await eve.open(new Secret(`${n}`.padStart(43, 't')));
    }
    expect(stored()).toBe(before);
    expect(eve.cookie()).toBe('');
  });
});

/** Headers that hold for each answer: no frame, no script, no copy, no trace in other places. */
function guards({ status, headers, body }: SiteAnswer): void {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
  });
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self' https:; base-uri 'none'; frame-ancestors 'none'$/,
  );
  const isForm = body.includes('<form');
  expect(headers['referrer-policy']).toBe(isForm ? 'same-origin' : 'no-referrer');
  expect(Object.values(headers).filter((value) => /[\r\n]/.test(value))).toEqual([]);
  if (status === 303) return;
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(body).toMatch(/^<!doctype html>\n<html lang="(it|en)">/);
}

describe('the language of a page', () => {
  it.each([
    [undefined, 'en'],
    ['it-IT,it;q=0.9,en-US;q=0.8,en;q=0.7', 'it'],
    ['en-GB,en;q=0.9,it;q=0.8', 'en'],
    ['de-DE,de;q=0.9,it;q=0.5,en;q=0.4', 'it'],
    ['de', 'en'],
    ['IT', 'it'],
    ['it;q=0', 'en'],
    ['en;q=0.1, it', 'it'],
  ])('of %j is %s', (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  it('says everything in both', async () => {
    expect(Object.keys(words.it)).toEqual(Object.keys(words.en));
    const page = await connectScene().send({ headers: { 'accept-language': 'it' } });
    expect(page.body).toContain('Colleghi Fatture in Cloud');
    expect(page.headers['content-language']).toBe('it');
  });
});
