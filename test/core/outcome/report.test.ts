import { expect, it } from 'vitest';
import { eventSource } from '../../../src/core/events/event.ts';
import { factsOf, meaningOf, type Outcome } from '../../../src/core/outcome/outcome.ts';
import {
  answerOf,
  commandsFor,
  describeClosed,
  describeOutcome,
} from '../../../src/core/outcome/outcome-text.ts';
import { eventLine, eventOf, type Report } from '../../../src/core/outcome/report.ts';

const token = { grant: 1, generation: 7, attempt: 9, expiresAtMs: 10 * 3_600_000 };
const position = { grant: 1, generation: 7, attempt: 9 };
const revoked = { kind: 'revoked', position, sinceMs: 0 } as const;
const seen = { sinceMs: 0, atMs: 1000, needsPerson: false };
const wrongSecret = {
  kind: 'application-refused',
  clientVersionId: 'c',
  said: 'invalid_client',
  inDoubt: false,
  ...seen,
} as const;
const doubt = { clientVersionId: 'c', said: 'invalid_request' };
const html = { kind: 'unexpected', status: 302, contentType: 'text/html', ...seen } as const;

/** `failing` is news, and alarms where it needs a person; `quiet` is none of the three. */
type Tone = 'well' | 'failing' | 'quiet';

const outcomes: [Outcome, 'done' | 'retry' | 'person', RegExp, Tone?][] = [
  [{ kind: 'fresh', token }, 'done', /7 is fresh/, 'quiet'],
  [{ kind: 'refreshed', token }, 'done', /generation 7 is published/],
  [{ kind: 'recovered', token }, 'done', /an earlier run had saved generation 7/],
  [{ kind: 'adopted', token }, 'done', /the refresh token was not used/],
  [{ kind: 'busy', untilMs: 0 }, 'retry', /another run holds the lease until 1970/, 'quiet'],
  [{ kind: 'paused', sinceMs: 0 }, 'person', /fresco resume/, 'quiet'],
  [
    { kind: 'store-refused', reason: 'missing', detail: 'logged out', isLoggedOut: true },
    'person',
    /logged out/,
    'quiet',
  ],
  [{ kind: 'waiting', untilMs: 0 }, 'retry', /rate-limited by the provider until 1970/],
  [{ kind: 'limited', untilMs: 0 }, 'retry', /next refresh allowed at 1970/, 'quiet'],
  [
    { kind: 'uncertain', sinceMs: 0, replayAtMs: 1000 },
    'retry',
    /the refresh at 1970\S+ was lost; retrying at .*00:00:01Z/,
  ],
  [{ kind: 'refused', position }, 'retry', /refused the refresh token once/],
  [{ kind: 'latched', latch: revoked }, 'person', /fresco login/],
  [
    { kind: 'latched', latch: { ...revoked, doubt } },
    'person',
    /invalid_request.*fresco login; else .*--application-only/,
  ],
  [
    { kind: 'refused', position, doubt },
    'retry',
    /invalid_request.*fresco login; else .*--application-only/,
  ],
  [wrongSecret, 'retry', /invalid_client.*not used up.*--application-only/],
  [
    { ...wrongSecret, needsPerson: true },
    'person',
    /invalid_client.*not used up.*--application-only/,
  ],
  [
    { ...wrongSecret, inDoubt: true },
    'retry',
    /--application-only.*; else the token: fresco login$/,
  ],
  [{ kind: 'unavailable', detail: 'no DNS', retryAtMs: null }, 'retry', /no DNS/],
  [html, 'retry', /302 \(text\/html\) since 1970/],
  [{ ...html, needsPerson: true }, 'person', /302 \(text\/html\) since 1970/],
  [{ ...html, missing: 'grant_type' }, 'retry', /grant_type.*fault of Fresco/],
  [
    {
      kind: 'uncertain',
      sinceMs: 0,
      replayAtMs: 1000,
      answer: { status: 200, contentType: 'text/html' },
    },
    'retry',
    /was lost \(200, text\/html came.*captive portal/,
  ],
  [{ kind: 'store-refused', reason: 'throttled', detail: 'x' }, 'retry', /throttled/],
  [{ kind: 'store-refused', reason: 'unavailable', detail: 'x' }, 'retry', /unavailable/],
  [{ kind: 'store-refused', reason: 'denied', detail: 'x' }, 'person', /denied/],
  [{ kind: 'kept', detail: 'x' }, 'retry', /saved but not published/],
  [{ kind: 'lost', detail: 'x' }, 'person', /may be lost: x.*fresco login/],
  [{ kind: 'out-of-time' }, 'retry', /not enough time/],
  [{ kind: 'clock-skewed', skewMs: 61_000 }, 'person', /61 s off/],
  [{ kind: 'rolled-back', known: position, found: null }, 'person', /put an old version back/],
  [{ kind: 'seal-unreadable', versionId: 'v9' }, 'person', /v9.*fresco recover/],
  [{ kind: 'token-rejected', sinceMs: 0 }, 'person', /manual token \(since 1970/],
  [
    { kind: 'permission-missing', missing: ['a:r in company 1'] },
    'person',
    /lacks a:r in company 1/,
  ],
  [{ kind: 'elsewhere', environment: 'prod' }, 'person', /issued for prod/],
  [{ kind: 'not-connected', missing: 'grant' }, 'person', /nobody has logged in/, 'quiet'],
  [{ kind: 'not-connected', missing: 'client' }, 'person', /credentials are not stored/],
];

it.each(outcomes)('%j', (outcome, outcomeClass, words, tone) => {
  const isFailing = (tone ?? (outcomeClass === 'done' ? 'well' : 'failing')) === 'failing';
  expect(meaningOf(outcome)).toEqual({
    class: outcomeClass,
    isNews: tone !== 'quiet',
    isFailing,
    isAlarming: (outcomeClass === 'person' && isFailing) || outcome.kind === 'paused',
  });
  expect(describeOutcome(outcome)).toMatch(words);
  expect(describeOutcome(outcome)).toMatch(/^[^A-Z].*[^.]$/);
  for (const command of commandsFor(outcome)) expect(describeOutcome(outcome)).toContain(command);
});

const commandsOf: Readonly<Partial<Record<Outcome['kind'], readonly string[]>>> = {
  paused: ['fresco resume'],
  'rolled-back': ['fresco recover', 'fresco login'],
  'seal-unreadable': ['fresco recover', 'fresco login'],
  elsewhere: ['fresco login'],
  lost: ['fresco login'],
  'token-rejected': ['fresco rotate'],
};
const quoted = [
  'unavailable',
  'unexpected',
  'store-refused',
  'kept',
  'lost',
  'latched',
  'elsewhere',
];

it.each(outcomes)('%j names its commands, likelier first, and what was answered', (outcome) => {
  const isInDoubt = /first try/i.test(describeOutcome(outcome));
  const login = 'fresco login';
  const application = 'fresco login --application-only';
  const expected = {
    ...commandsOf,
    latched: isInDoubt ? [login, application] : [login],
    'application-refused': isInDoubt ? [application, login] : [application],
    'not-connected':
      'missing' in outcome && outcome.missing === 'grant' ? [login] : [application, login],
  };
  expect(commandsFor(outcome)).toEqual(expected[outcome.kind as keyof typeof expected] ?? []);
  const said = /invalid_client|invalid_request|\d{3} \(text\/html\)/.exec(describeOutcome(outcome));
  const answered = outcome.kind === 'uncertain' && outcome.answer ? '200 (text/html)' : said?.[0];
  expect(answerOf(outcome)).toBe(answered);
  const closed = describeClosed(outcome);
  if (quoted.includes(outcome.kind)) expect(closed).not.toBe(describeOutcome(outcome));
  expect(closed).not.toMatch(/no DNS|text\/html|: x|v9|prod\b|a:r/);
});

it('permissions that a manual token lacks are listed', () => {
  const outcome: Outcome = { kind: 'permission-missing', missing: ['a:r', 'b:r'] };
  expect(describeOutcome(outcome)).toContain('lacks a:r, b:r:');
});

it.each([
  [{ ...html, missing: 'grant_type' }, false],
  [html, true],
])('a proxy is named unless our request lacks a field', (outcome, isNamed) => {
  expect(describeOutcome(outcome as Outcome).includes('FRESCO_PROVIDER_URL')).toBe(isNamed);
});

const report = (outcome: Outcome, more: Partial<Report> = {}): Report => ({
  connection: 'default',
  trigger: 'schedule',
  atMs: 3_600_000,
  outcome,
  warnings: [],
  ...more,
});

it.each(outcomes)('an event tells of %j if it is news', (outcome, _, __, tone) => {
  expect(eventOf(report(outcome)) === undefined).toBe(tone === 'quiet');
});

it.each([
  ['Token Refreshed', report({ kind: 'refreshed', token })],
  ['Token Refreshed', report({ kind: 'adopted', token })],
  ['Token Refresh Recovered', report({ kind: 'refreshed', token }, { turn: 'recovered' })],
  ['Token Refresh Failed', report({ kind: 'unavailable', detail: 'x', retryAtMs: null })],
  ['Token Refresh Failed', report({ kind: 'latched', latch: revoked })],
  [
    'Reauthorization Required',
    report({ kind: 'latched', latch: revoked }, { turn: 'reauthorization-required' }),
  ],
])('the event is %s', (detailType, given) => {
  expect(eventOf(given)?.detailType).toBe(detailType);
});

it('an event says the hours that the published token has left, never below 0', () => {
  const published = { ...factsOf(token), issuedAtMs: 0 };
  const failed: Outcome = { kind: 'out-of-time' };
  expect(eventOf(report(failed, { published }))?.detail).toMatchObject({
    v: 1,
    connection: 'default',
    outcome: 'out-of-time',
    class: 'retry',
    generation: 7,
    hoursLeft: 9,
  });
  const late = eventOf(report(failed, { published, atMs: 11 * 3_600_000 }));
  expect(late?.detail['hoursLeft']).toBe(0);
  const manual = eventOf(report(failed, { published: { ...published, expiresAtMs: null } }));
  expect(manual?.detail['hoursLeft']).toBeUndefined();
});

it('a call for a person says why, since when, and what to run', () => {
  const turn = 'reauthorization-required';
  const detail = (outcome: Outcome) => eventOf(report(outcome, { turn }))?.detail;
  expect(detail({ kind: 'latched', latch: revoked })).toMatchObject({
    why: 'the provider no longer accepts the refresh token',
    since: '1970-01-01T00:00:00Z',
    command: 'fresco login',
  });
  expect(detail({ ...wrongSecret, needsPerson: true })).toMatchObject({
    why: 'the provider refuses the application: invalid_client',
    command: 'fresco login --application-only',
  });
});

it('a call in doubt names both commands, that of the likelier cause first', () => {
  const turn = 'reauthorization-required';
  const detail = (outcome: Outcome) => eventOf(report(outcome, { turn }))?.detail;
  const [login, application] = ['fresco login', 'fresco login --application-only'];
  expect(detail({ kind: 'latched', latch: { ...revoked, doubt } })).toMatchObject({
    command: login,
    otherwise: application,
  });
  expect(detail({ ...wrongSecret, needsPerson: true, inDoubt: true })).toMatchObject({
    command: application,
    otherwise: login,
  });
});

it('warnings go along where there are any', () => {
  const warned = report({ kind: 'refreshed', token }, { warnings: ['expires_in was missing'] });
  expect(eventOf(warned)?.detail['warnings']).toEqual(['expires_in was missing']);
});

it('all events are of one source, whatever tells of them', () => {
  expect(eventSource).toBe('fresco');
});

it('a call for a person has the address of the page where a consent heals it', () => {
  const called = (outcome: Outcome) =>
    eventOf(report(outcome, { turn: 'reauthorization-required' }), 'https://x/connect')?.detail;
  const reconnectUrl = 'https://x/connect/default';
  expect(called({ kind: 'latched', latch: revoked })).toMatchObject({ reconnectUrl });
  expect(called({ kind: 'token-rejected', sinceMs: 0 })).not.toHaveProperty('reconnectUrl');
  const withoutPages = report(
    { kind: 'latched', latch: revoked },
    { turn: 'reauthorization-required' },
  );
  expect(eventOf(withoutPages)?.detail).not.toHaveProperty('reconnectUrl');
});

it('an event is one line of JSON, as the bus carries it', () => {
  const event = { detailType: 'Token Refreshed', detail: { v: 1, text: 'a\nb' } } as const;
  expect(eventLine(event)).toBe(
    `{"source":"${eventSource}","detail-type":"Token Refreshed","detail":{"v":1,"text":"a\\nb"}}`,
  );
});
