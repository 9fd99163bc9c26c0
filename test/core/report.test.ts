import { expect, it } from 'vitest';
import { eventSource } from '../../src/core/event-details.ts';
import { classOf, factsOf, type Outcome } from '../../src/core/outcome.ts';
import { describeOutcome } from '../../src/core/outcome-text.ts';
import { eventOf, type Report } from '../../src/core/report.ts';

const token = { grant: 1, generation: 7, attempt: 9, expiresAtMs: 10 * 3_600_000 };
const position = { grant: 1, generation: 7, attempt: 9 };
const revoked = { kind: 'revoked', position, sinceMs: 0 } as const;
const wrongSecret = {
  kind: 'misconfigured',
  clientVersionId: 'c',
  error: 'invalid_client',
  sinceMs: 0,
} as const;

const outcomes: [Outcome, 'done' | 'retry' | 'person', RegExp][] = [
  [{ kind: 'fresh', token }, 'done', /7 is fresh/],
  [{ kind: 'refreshed', token }, 'done', /generation 7 is published/],
  [{ kind: 'recovered', token }, 'done', /kept by an earlier run/],
  [{ kind: 'adopted', token }, 'done', /nothing was spent/],
  [{ kind: 'busy', untilMs: 0 }, 'retry', /another run holds the lease until 1970/],
  [{ kind: 'paused', sinceMs: 0 }, 'person', /fresco resume/],
  [{ kind: 'waiting', untilMs: 0 }, 'retry', /asked for patience until 1970/],
  [{ kind: 'limited', untilMs: 0 }, 'retry', /again from 1970/],
  [{ kind: 'uncertain', sinceMs: 0, replayAtMs: 1000 }, 'retry', /no answer on record.*00:00:01Z/],
  [{ kind: 'refused', position }, 'retry', /refused the refresh token once/],
  [{ kind: 'latched', latch: revoked }, 'person', /fresco login/],
  [{ kind: 'latched', latch: wrongSecret }, 'person', /invalid_client.*unspent/],
  [{ kind: 'unavailable', detail: 'no DNS', retryAtMs: null }, 'retry', /no DNS/],
  [{ kind: 'unexpected', status: 302, contentType: 'text/html' }, 'person', /302 \(text\/html\)/],
  [{ kind: 'store-refused', reason: 'throttled', detail: 'x' }, 'retry', /throttled/],
  [{ kind: 'store-refused', reason: 'unavailable', detail: 'x' }, 'retry', /unavailable/],
  [{ kind: 'store-refused', reason: 'denied', detail: 'x' }, 'person', /denied/],
  [{ kind: 'kept', detail: 'x' }, 'retry', /safe but not published/],
  [{ kind: 'lost', detail: 'x' }, 'person', /may be lost/],
  [{ kind: 'out-of-time' }, 'retry', /too little time/],
  [{ kind: 'clock-skewed', skewMs: 61_000 }, 'person', /61 s off/],
  [{ kind: 'rolled-back', known: position, found: null }, 'person', /rolled it back/],
  [{ kind: 'seal-unreadable', versionId: 'v9' }, 'person', /v9.*fresco recover/],
  [{ kind: 'token-rejected', sinceMs: 0 }, 'person', /manual token since 1970/],
  [
    { kind: 'permission-missing', missing: ['a:r in company 1'] },
    'person',
    /lacks a:r in company 1/,
  ],
  [{ kind: 'elsewhere', environment: 'prod' }, 'person', /belongs to prod/],
  [{ kind: 'not-connected', missing: 'grant' }, 'person', /nobody has logged in/],
  [{ kind: 'not-connected', missing: 'client' }, 'person', /credentials are not stored/],
];

it.each(outcomes)('%j', (outcome, outcomeClass, words) => {
  expect(classOf(outcome)).toBe(outcomeClass);
  expect(describeOutcome(outcome)).toMatch(words);
  expect(describeOutcome(outcome)).toMatch(/^[^A-Z].*[^.]$/);
});

const report = (outcome: Outcome, more: Partial<Report> = {}): Report => ({
  connection: 'default',
  door: 'schedule',
  atMs: 3_600_000,
  outcome,
  warnings: [],
  ...more,
});

it.each([
  [{ kind: 'fresh', token }],
  [{ kind: 'busy', untilMs: 0 }],
  [{ kind: 'limited', untilMs: 0 }],
  [{ kind: 'not-connected', missing: 'grant' }],
] as [Outcome][])('%j is no news', (outcome) => {
  expect(eventOf(report(outcome))).toBeUndefined();
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
  expect(detail({ kind: 'latched', latch: wrongSecret })).toMatchObject({
    why: 'the provider refuses the application: invalid_client',
    command: 'fresco doctor',
  });
});

it('warnings go along where there are any', () => {
  const warned = report({ kind: 'refreshed', token }, { warnings: ['expires_in was missing'] });
  expect(eventOf(warned)?.detail['warnings']).toEqual(['expires_in was missing']);
});

it('all events are of one source, whatever tells of them', () => {
  expect(eventSource).toBe('fresco');
});
