import { describe, expect, it } from 'vitest';
import { draw } from '../../../src/console/page/drawing.ts';
import type { ConnectionView } from '../../../src/console/view.ts';
import { freshToken, freshView, hourMs, issuedAtMs } from '../console-fixture.ts';

const endMs = issuedAtMs + 24 * hourMs;
const at = (nowMs: number, changes: Partial<ConnectionView> = {}): ConnectionView => ({
  ...freshView,
  nowMs,
  ...changes,
});
const statusOf = (view: ConnectionView) => draw(view, []).status;

describe('the badge', () => {
  it.each([
    ['http://127.0.0.1:4010', true],
    ['http://localhost:4010', true],
    ['https://api-v2.fattureincloud.it', false],
    ['https://127.0.0.1.example.com', false],
  ])('of a connection with %s says sandbox: %s', (provider, isSandbox) => {
    expect(draw({ ...freshView, provider }, []).isSandbox).toBe(isSandbox);
  });
});

describe('the status', () => {
  it.each<[string, Partial<ConnectionView>, string, string]>([
    ['nothing is the matter', {}, 'Fresh', 'good'],
    ['nobody has logged in', { token: null }, 'Nobody has logged in', 'bad'],
    ['a latch holds', { latch: 'no' }, 'A person is needed', 'bad'],
    ['a pass holds the lease', { leaseUntilMs: freshView.nowMs + 1 }, 'Refreshing', 'busy'],
    ['a lease has run out', { leaseUntilMs: freshView.nowMs }, 'Fresh', 'good'],
    [
      'the provider was made to forget it',
      { isForgotten: true },
      'Dead, and nobody has noticed',
      'bad',
    ],
    ['the canary rejects the token', { isRejected: true }, 'Rejected by the provider', 'bad'],
    ['the schedule is paused', { pausedSinceMs: 1 }, 'Paused', 'busy'],
    ['an answer is missing', { uncertainSinceMs: 1 }, 'Served, but not refreshed', 'busy'],
    ['refreshing fails', { failingSinceMs: 1 }, 'Served, but not refreshed', 'busy'],
  ])('where %s', (_, changes, words, tone) => {
    expect(statusOf(at(freshView.nowMs, changes))).toEqual({ words, tone });
  });

  it.each([
    { name: 'one ms before the end', nowMs: endMs - 1, want: 'Fresh' },
    { name: 'exactly at the end', nowMs: endMs, want: 'Expired' },
  ])('$name → $want', ({ nowMs, want }) => {
    expect(statusOf(at(nowMs)).words).toBe(want);
  });

  it('calls for a person where only one can go on', () => {
    const calls = [{}, { token: null }, { latch: 'no' }, { failingSinceMs: 1 }].map(
      (changes) => draw(at(freshView.nowMs, changes), []).needsPerson,
    );
    expect(calls).toEqual([false, true, true, false]);
  });
});

describe('the life of the token', () => {
  it.each([
    { name: 'at its issue', hours: 0, left: '24 h', percent: 100, low: false },
    { name: 'when a quarter is over', hours: 6, left: '18 h', percent: 75, low: false },
    {
      name: 'with more than two hours left',
      hours: 21.9,
      left: '2 h 6 min',
      percent: 8.8,
      low: false,
    },
    { name: 'two hours before its end', hours: 22, left: '2 h', percent: 8.3, low: true },
    { name: 'after its end', hours: 30, left: '0 min', percent: 0, low: true },
    { name: 'with a clock set back', hours: -1, left: '24 h', percent: 100, low: false },
  ])('$name', ({ hours, left, percent, low }) => {
    const { token } = draw(at(issuedAtMs + hours * hourMs), []);
    expect(token).toMatchObject({ left, leftPercent: percent, isLow: low, duePercent: 50 });
  });

  it('has no end where the token is a manual one', () => {
    const { token, status } = draw(at(endMs, { token: { ...freshToken, expiresAtMs: null } }), []);
    expect([token?.left, token?.ends, status.words]).toEqual(['no end', 'never', 'Fresh']);
  });

  it.each<[string, Partial<ConnectionView>, [string, string, number]]>([
    ['works', {}, ['18 h', 'left', 75]],
    ['is of a grant that is refused', { latch: 'no' }, ['18 h', 'left at most', 75]],
    ['was rejected', { isRejected: true }, ['dead', '18 h before its time', 0]],
    ['was forgotten', { isForgotten: true }, ['dead', '18 h before its time', 0]],
  ])('is as long as that of a token that %s', (_, changes, want) => {
    const { token } = draw(at(freshView.nowMs, changes), []);
    expect([token?.left, token?.leftWhat, token?.leftPercent]).toEqual(want);
  });

  it('is nothing before the first login', () => {
    expect(draw(at(endMs, { token: null }), []).token).toBeNull();
  });
});

describe('the note', () => {
  it.each<[string, Partial<ConnectionView>, RegExp]>([
    ['nothing', {}, /^$/],
    ['the login that is missing', { token: null }, /fresco login/],
    [
      'the latch',
      { latch: 'refused since 2026-11-26T07:19:47Z: log in' },
      /^Refused since Thu \d\d:\d\d: log in\.$/,
    ],
    ['an answer that never came', { uncertainSinceMs: 1 }, /no answer came/],
    ['a wait that the provider asked for', { waitingUntilMs: endMs }, /Rate-limited .* until/],
    ['no wait that is over', { waitingUntilMs: issuedAtMs }, /^$/],
    ['refreshes that fail', { failingSinceMs: issuedAtMs }, /Refreshing fails since/],
    ['a token in a seal', { seals: 1, uncertainSinceMs: 1 }, /kept in a seal/],
    ['a token that is dead', { isForgotten: true }, /the next call gets 401/],
  ])('tells of %s', (_, changes, note) => {
    expect(draw(at(freshView.nowMs, changes), []).note).toMatch(note);
  });
});

describe('the faults', () => {
  it('are told in words, with how often they struck', () => {
    const faults = draw(freshView, [
      { on: 'POST /oauth/token', kind: 'status', status: 503, served: 2 },
      { on: 'POST /oauth/token', kind: 'reset-after', times: 1, served: 0 },
      { on: 'GET /user/info', kind: 'hang', served: 1 },
    ]).faults;
    expect(faults).toEqual([
      'POST /oauth/token: answers 503 (2 times so far)',
      'POST /oauth/token: its next answer will be lost',
      'GET /user/info: hang (once so far)',
    ]);
  });
});

describe('the timeline', () => {
  const line = (hour: number, outcome: string, generation: number) => ({
    atMs: issuedAtMs + hour * hourMs,
    outcome,
    generation,
  });
  const generationsOf = (...history: ConnectionView['history']) =>
    draw(at(issuedAtMs + 40 * hourMs, { history }), []).generations;

  it('has the newest generation first, each with its stay and what went wrong in it', () => {
    const drawn = generationsOf(
      line(0, 'logged-in', 1),
      line(10, 'refreshed', 2),
      line(20, 'uncertain', 2),
      line(22, 'waiting', 2),
      line(30, 'recovered', 3),
    );
    expect(
      drawn.map(({ title, stay, fromPercent, toPercent }) => [title, stay, fromPercent, toPercent]),
    ).toEqual([
      ['Generation 3', 'newest for 10 h', 75, 100],
      ['Generation 2', 'newest for 20 h', 25, 75],
      ['Generation 1', 'newest for 10 h', 0, 25],
    ]);
    expect(drawn[1]?.incidents).toMatchObject([{ atPercent: 50 }, { atPercent: 55 }]);
    expect(drawn[1]?.incidents[0]?.text).toMatch(/no answer came$/);
  });

  it('begins anew with each login, and not with a pass that changed nothing', () => {
    const drawn = generationsOf(
      line(0, 'logged-in', 1),
      line(1, 'adopted', 1),
      line(2, 'logged-in', 2),
      line(3, 'refreshed', 3),
    );
    expect(drawn.map(({ label }) => label)).toEqual(['3', '2', '1']);
  });

  it('is empty where nothing has happened, and shows the last thirty of many', () => {
    expect(generationsOf()).toEqual([]);
    const many = Array.from({ length: 40 }, (_, at) => line(at, 'refreshed', at + 1));
    const drawn = generationsOf(...many);
    expect([drawn.length, drawn.at(-1)?.label, drawn.at(-1)?.fromPercent]).toEqual([30, '11', 0]);
  });

  it('names an outcome that it does not know by its own name', () => {
    const [drawn] = generationsOf(line(0, 'logged-in', 1), line(1, 'seal-unreadable', 1));
    expect(drawn?.incidents[0]?.text).toMatch(/seal-unreadable$/);
  });
});
