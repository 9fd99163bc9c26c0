import { describe, expect, it } from 'vitest';
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';
import type { AccessToken } from '../../../src/core/records/access-token.ts';
import type { Grant } from '../../../src/core/records/grant.ts';
import {
  isLastChance,
  limitIsWaived,
  sendsPerDayMax,
  spendBarrier,
} from '../../../src/core/rotation/catch-up.ts';
import { dueReason, type GateInput, spendReason } from '../../../src/core/rotation/gate.ts';
import type { RotationRequest } from '../../../src/core/rotation/pass.ts';
import { Secret } from '../../../src/core/secret.ts';

const hour = 3_600_000;
const minute = 60_000;
const issuedAtMs = 1000 * hour;
const position = { grant: 1, generation: 7, attempt: 9 };
const current: Grant = {
  ...position,
  connection: 'default',
  refreshToken: new Secret('r/0001invented'),
  accessToken: new Secret('a/0001invented'),
  issuedAtMs,
  expiresAtMs: issuedAtMs + 24 * hour,
  sealKey: new Secret('c2VhbA=='),
  companies: [],
  provider: 'https://provider.example',
  environment: 'here',
};
const published: AccessToken = { ...current, accessToken: new Secret('a/0001invented') };
const settings = {
  connection: 'default',
  environment: 'here',
  provider: 'https://provider.example',
  policy: { kind: 'unknown' },
  rotateEveryMs: 24 * hour,
  leaseTermMs: 90_000,
  requestMs: 15_000,
  storeMs: 10_000,
} as const;

function input(more: Partial<GateInput> = {}, journal: Partial<Journal> = {}): GateInput {
  return {
    journal: { ...emptyJournal, ...journal },
    published,
    current,
    nowMs: issuedAtMs + hour,
    publishedRejected: false,
    request: { trigger: 'schedule' },
    settings,
    ...more,
  };
}

const sent = (sentAtMs: number) => ({ versionId: `v${sentAtMs}`, attempt: 10, sentAtMs });
const open = { parent: position, sends: [sent(issuedAtMs + hour)] };

const earlierGrant = { ...position, grant: 0 };
const seen = { sinceMs: 1, atMs: 1, needsPerson: false };
const page = { kind: 'unexpected', status: 302, contentType: 'text/html', ...seen } as const;
const unusable = { ...page, kind: 'unusable' } as const;
const latch = { kind: 'revoked', position, sinceMs: 1 } as const;
const doubt = { clientVersionId: 'c', said: 'invalid_request' };

describe('a pass is due', () => {
  it.each([
    ['one ms before half of its life', issuedAtMs + 12 * hour - 1, undefined],
    ['at half of its life', issuedAtMs + 12 * hour, 'aged'],
  ])('by age: %s', (_name, nowMs, reason) => {
    expect(dueReason(input({ nowMs }))).toBe(reason);
  });

  it('by age where rotation is asked for more often than half a life', () => {
    const often = { ...settings, rotateEveryMs: hour };
    expect(dueReason(input({ settings: often }))).toBe('aged');
    expect(dueReason(input({ settings: often, nowMs: issuedAtMs + hour - 1 }))).toBeUndefined();
  });

  it('when what is published is behind the grant, or missing', () => {
    expect(dueReason(input({ published: { ...published, attempt: 8 } }))).toBe('behind');
    expect(dueReason(input({ published: undefined }))).toBe('behind');
  });

  it('not for the sake of publishing a grant that has no access token yet', () => {
    const adopted = { ...current, accessToken: null, expiresAtMs: issuedAtMs };
    expect(dueReason(input({ current: adopted, published: undefined }))).toBe('aged');
  });

  it('at once where a refresh token was adopted, whatever clock has dated it', () => {
    const adopted = { ...current, accessToken: null, expiresAtMs: issuedAtMs };
    expect(dueReason(input({ current: adopted, nowMs: issuedAtMs - minute }))).toBe('aged');
  });

  it.each([
    { name: 'five minutes', aheadMs: 5 * minute, reason: undefined },
    { name: 'one ms more', aheadMs: 5 * minute + 1, reason: 'aged' },
  ])('when a clock that was ahead has dated it: by $name → $reason', ({ aheadMs, reason }) => {
    expect(dueReason(input({ nowMs: issuedAtMs - aheadMs }))).toBe(reason);
  });

  it('when an attempt is not settled, whoever asks', () => {
    expect(dueReason(input({}, { dispatch: open }))).toBe('unsettled');
  });

  it('when a seal exists', () => {
    const seals = [{ ...position, versionId: 'v', box: '' }];
    expect(dueReason(input({}, { seals }))).toBe('sealed');
  });

  it('when the grant that is read is behind what is known', () => {
    const known = { ...position, generation: 8 };
    expect(dueReason(input({}, { known }))).toBe('ahead');
    expect(dueReason(input({ published: { ...published, generation: 8 } }))).toBe('ahead');
    expect(dueReason(input({}, { known: position }))).toBeUndefined();
  });

  it.each<[string, Partial<Journal>, string | undefined]>([
    ['a page came', { badAnswer: page }, 'unanswered'],
    ['an answer came that is settled by the wait', { badAnswer: unusable }, undefined],
    ['a page came before the last login', { badAnswer: page, known: earlierGrant }, 'unsettled'],
    ['the token was refused once', { refusal: { position, atMs: 1 } }, 'unanswered'],
    ['an earlier one was', { refusal: { position: earlierGrant, atMs: 1 } }, undefined],
    ['it was latched in doubt', { latch: { ...latch, doubt } }, 'unanswered'],
    ['an earlier one was', { latch: { ...latch, doubt, position: earlierGrant } }, undefined],
    ['it was latched for good', { latch }, undefined],
  ])('when somebody but a consumer asks and %s: %3$s', (_, journal, reason) => {
    expect(dueReason(input({}, journal))).toBe(reason);
    const consumer = dueReason(input({ request: { trigger: 'consumer' } }, journal));
    expect(consumer).toBe(reason === 'unsettled' ? reason : undefined);
  });

  it('when the published token has been rejected', () => {
    expect(dueReason(input({ publishedRejected: true }))).toBe('rejected');
  });

  it.each<[string, RotationRequest, string | undefined]>([
    ['an operator asks for it', { trigger: 'operator' }, 'asked'],
    ['an operator asks for what is due only', { trigger: 'operator', onlyIfDue: true }, undefined],
    ['a login asks', { trigger: 'login' }, 'asked'],
    ['the schedule looks', { trigger: 'schedule' }, undefined],
    ['a consumer is content', { trigger: 'consumer', minValidityMs: 23 * hour }, undefined],
    [
      'a consumer wants more than is left',
      { trigger: 'consumer', minValidityMs: 23 * hour + 1 },
      'asked',
    ],
    [
      'a consumer wants the most that there is',
      { trigger: 'consumer', minValidityMs: 24 * hour - 5 * minute },
      'asked',
    ],
    [
      'a consumer wants more than a refresh can give',
      { trigger: 'consumer', minValidityMs: 24 * hour - 5 * minute + 1 },
      undefined,
    ],
    ['Secrets Manager rotates', { trigger: 'native' }, 'asked'],
  ])('or not: %s', (_name, request, reason) => {
    expect(dueReason(input({ request }))).toBe(reason);
  });

  it.each([
    [position.grant, 'unanswered'],
    [position.grant - 1, 'unsettled'],
  ])('after an answer that has to be heard again, to a token of grant %i: %s', (grant, reason) => {
    const seen = { sinceMs: 1, atMs: 1, needsPerson: false } as const;
    const badAnswer = {
      kind: 'unexpected',
      status: 403,
      contentType: 'text/html',
      ...seen,
    } as const;
    // A login is current for a moment before the journal knows of it.
    const known = { grant, generation: 1, attempt: 0 };
    expect(dueReason(input({}, { badAnswer, known }))).toBe(reason);
    expect(spendReason(input({}, { badAnswer, known }))).toBe(
      reason === 'unsettled' ? undefined : reason,
    );
  });

  it('but not natively within ten minutes of a refresh: Secrets Manager repeats its steps', () => {
    const request: RotationRequest = { trigger: 'native' };
    const justBefore = input({ request, nowMs: issuedAtMs + 10 * minute - 1 });
    expect(dueReason(justBefore)).toBeUndefined();
    expect(dueReason(input({ request, nowMs: issuedAtMs + 10 * minute }))).toBe('asked');
  });
});

describe('a due token is not sent', () => {
  const nowMs = issuedAtMs + hour;

  it('while a latch holds for it', () => {
    const latch = { kind: 'revoked', position, sinceMs: 1 } as const;
    expect(spendBarrier(input({}, { latch }))).toEqual({ kind: 'latched', latch });
    const older = { ...latch, position: { ...position, generation: 6 } };
    expect(spendBarrier(input({}, { latch: older }))).toBeUndefined();
  });

  it('while rotation is paused', () => {
    expect(spendBarrier(input({}, { pausedAtMs: 5 }))).toEqual({ kind: 'paused', sinceMs: 5 });
  });

  it.each([
    { name: 'one ms before', retryAtMs: nowMs + 1, want: 'waiting' },
    { name: 'exactly at', retryAtMs: nowMs, want: undefined },
  ])('$name the moment that the provider asked for: $want', ({ retryAtMs, want }) => {
    expect(spendBarrier(input({}, { retryAtMs }))?.kind).toBe(want);
  });

  it('but a wait that no pass would have journalled is not believed: some clock was ahead', () => {
    expect(spendBarrier(input({}, { retryAtMs: nowMs + hour }))?.kind).toBe('waiting');
    expect(spendBarrier(input({}, { retryAtMs: nowMs + hour + 1 }))).toBeUndefined();
  });

  it('while an open send from it must not be repeated', () => {
    expect(spendBarrier(input({}, { dispatch: open }))).toEqual({
      kind: 'uncertain',
      sinceMs: issuedAtMs + hour,
      replayAtMs: issuedAtMs + 22 * hour,
    });
  });

  it('but sent once in its last two hours it may be sent again a little later', () => {
    const late = current.expiresAtMs - hour;
    const dispatch = { parent: position, sends: [sent(late)] };
    const barrier = spendBarrier(input({ nowMs: late + 1 }, { dispatch }));
    expect(barrier?.kind === 'uncertain' && barrier.replayAtMs).toBeLessThan(current.expiresAtMs);
    const sends = [sent(late - 1), sent(late)];
    const twice = spendBarrier(
      input({ nowMs: late + 1 }, { dispatch: { parent: position, sends } }),
    );
    expect(twice).toMatchObject({ replayAtMs: current.expiresAtMs });
  });

  it('unless nobody knows when the access token ends, since a clock that was ahead has dated it', () => {
    const ahead = input({ nowMs: issuedAtMs - hour }, { dispatch: open });
    expect(spendBarrier(ahead)).toBeUndefined();
  });

  it('unless the policy says that it is safe', () => {
    const reusable = { ...settings, policy: { kind: 'reusable' } } as const;
    expect(spendBarrier(input({ settings: reusable }, { dispatch: open }))).toBeUndefined();
  });

  it('unless the access token is publishedRejected, and then once', () => {
    const canary = {
      position,
      verdict: 'rejected',
      sinceMs: nowMs + 1,
      atMs: nowMs + 1,
      fromFirst: false,
    } as const;
    const later = nowMs + 10 * minute;
    expect(spendBarrier(input({ nowMs: later }, { dispatch: open, canary }))).toBeUndefined();
    expect(
      spendBarrier(input({ nowMs: later, publishedRejected: true }, { dispatch: open })),
    ).toBeUndefined();
    const twice = { ...open, sends: [...open.sends, sent(later)] };
    const barrier = spendBarrier(input({ nowMs: later + 1 }, { dispatch: twice, canary }));
    expect(barrier).toMatchObject({ kind: 'uncertain', replayAtMs: current.expiresAtMs });
  });

  it.each(['accepted', 'unknown'] as const)(
    'a canary that says %s is no reason to repeat',
    (verdict) => {
      const canary = { position, verdict, sinceMs: nowMs, atMs: nowMs, fromFirst: false };
      expect(spendBarrier(input({}, { dispatch: open, canary }))?.kind).toBe('uncertain');
    },
  );

  it('a rejection of an earlier token is no reason to repeat', () => {
    const earlier = { ...position, generation: 6 };
    const canary = {
      position: earlier,
      verdict: 'rejected',
      sinceMs: 1,
      atMs: 1,
      fromFirst: false,
    } as const;
    expect(spendBarrier(input({}, { dispatch: open, canary }))?.kind).toBe('uncertain');
  });

  it.each([
    { trigger: 'schedule', count: sendsPerDayMax.schedule - 1, want: undefined },
    { trigger: 'schedule', count: sendsPerDayMax.schedule, want: 'limited' },
    { trigger: 'operator', count: sendsPerDayMax.schedule, want: 'limited' },
    { trigger: 'consumer', count: sendsPerDayMax.consumer, want: 'limited' },
  ] as const)('$count sends in a day leave the $trigger $want', ({ trigger, count, want }) => {
    const sentAtMs = Array.from({ length: count }, (_, n) => nowMs - 20 * hour + n);
    expect(spendBarrier(input({ request: { trigger } }, { sentAtMs }))?.kind).toBe(want);
  });

  it('as many sends as a day may have wait until the first that counts is a day old', () => {
    const sentAtMs = Array.from({ length: 41 }, (_, n) => nowMs - 20 * hour + n);
    expect(spendBarrier(input({}, { sentAtMs }))).toEqual({
      kind: 'limited',
      untilMs: nowMs + 4 * hour + 1,
    });
  });

  it('a store whose versions cost nothing has a number of its own', () => {
    const sentAtMs = Array.from({ length: 40 }, (_, n) => nowMs - 20 * hour + n);
    const sendsPerDay = { schedule: 41, consumer: 40 };
    const barrier = (trigger: 'operator' | 'consumer') => {
      const { settings } = input({}, {});
      const mine = { ...settings, sendsPerDay };
      return spendBarrier(input({ request: { trigger }, settings: mine }, { sentAtMs }))?.kind;
    };
    expect([barrier('operator'), barrier('consumer')]).toEqual([undefined, 'limited']);
  });

  it('sends older than a day do not count', () => {
    const sentAtMs = Array.from({ length: 40 }, () => nowMs - 24 * hour);
    expect(spendBarrier(input({}, { sentAtMs }))).toBeUndefined();
  });
});

describe('on demand a token is sent', () => {
  const nowMs = issuedAtMs + 2 * hour;
  const onDemand = (more: Partial<GateInput>, journal: Partial<Journal>) =>
    spendBarrier(input({ nowMs, request: { trigger: 'consumer' }, ...more }, journal));

  it.each([
    { name: 'one ms before 45 minutes', atMs: nowMs - 45 * minute + 1, want: 'limited' },
    { name: 'after 45 minutes', atMs: nowMs - 45 * minute, want: undefined },
  ])('$name since the last send: $want', ({ atMs, want }) => {
    expect(onDemand({}, { sentAtMs: [atMs] })?.kind).toBe(want);
  });

  it('after half a life where that is shorter', () => {
    const brief = { ...current, expiresAtMs: issuedAtMs + 20 * minute };
    expect(onDemand({ current: brief }, { sentAtMs: [nowMs - 10 * minute] })).toBeUndefined();
    expect(onDemand({ current: brief }, { sentAtMs: [nowMs - 10 * minute + 1] })?.kind).toBe(
      'limited',
    );
  });

  const spoken = { position, sinceMs: 1, atMs: 1, fromFirst: true } as const;

  it('sooner if the published token died, but once only', () => {
    const died = {
      sentAtMs: [nowMs - minute],
      canary: { ...spoken, verdict: 'accepted' },
    } as const;
    expect(onDemand({ publishedRejected: true }, died)).toBeUndefined();
    expect(onDemand({ publishedRejected: true }, { ...died, liftedFor: position })?.kind).toBe(
      'limited',
    );
    const before = { ...position, generation: 6 };
    expect(onDemand({ publishedRejected: true }, { ...died, liftedFor: before })).toBeUndefined();
  });

  it('not sooner if the token failed its very first canary, whether or not that was noted', () => {
    const isLifted = (canary: Journal['canary']) =>
      limitIsWaived(input({ publishedRejected: true }, { canary }));
    expect(isLifted({ ...spoken, verdict: 'rejected' })).toBe(false);
    expect(isLifted({ ...spoken, verdict: 'rejected', fromFirst: false })).toBe(true);
    expect(isLifted(null)).toBe(false);
    const before = { ...position, generation: 6 };
    expect(isLifted({ ...spoken, position: before, verdict: 'accepted' })).toBe(false);
  });
});

it.each([
  { leftMs: 2 * hour, want: true },
  { leftMs: 2 * hour + 1, want: false },
])('with $leftMs ms of access token left, a refusal is final: $want', ({ leftMs, want }) => {
  expect(isLastChance(current, current.expiresAtMs - leftMs)).toBe(want);
});
