import { expect, it } from 'vitest';
import { replayAtMs } from '../../../src/core/journal/replay-policy.ts';

const hour = 3_600_000;
const endMs = 100 * hour;
const once = { firstSentAtMs: 90 * hour, lastSentAtMs: 90 * hour };
const attempt = {
  ...once,
  requestMs: 15_000,
  replayed: false,
  accessTokenExpiresAtMs: endMs,
  rejectedAtMs: undefined,
};
const singleUse = { kind: 'single-use' } as const;

it('a reusable token may be sent again at once', () => {
  expect(replayAtMs({ kind: 'reusable' }, attempt, 91 * hour)).toBe(91 * hour);
});

it.each([
  { name: 'in time to arrive', nowMs: 90 * hour + 15_000, want: 90 * hour + 15_000 },
  { name: 'too late to arrive', nowMs: 90 * hour + 15_001, want: endMs - 2 * hour },
])('with a grace of 30 s and a request of 15 s at most, $name', ({ nowMs, want }) => {
  expect(replayAtMs({ kind: 'grace', seconds: 30 }, attempt, nowMs)).toBe(want);
});

it.each([
  { name: 'ahead says nothing of a grace', aheadMs: 30_001, want: endMs - 2 * hour },
  { name: 'hardly ahead is believed', aheadMs: 30_000, want: 90 * hour - 30_000 },
])('a send dated by a clock that was $name', ({ aheadMs, want }) => {
  const nowMs = 90 * hour - aheadMs;
  expect(replayAtMs({ kind: 'grace', seconds: 30 }, attempt, nowMs)).toBe(want);
});

it.each([singleUse, { kind: 'unknown' } as const])(
  'a token that may be single-use waits until two hours before the end of the access token: $kind',
  (policy) => {
    expect(replayAtMs(policy, attempt, 91 * hour)).toBe(endMs - 2 * hour);
  },
);

it('once replayed in the last two hours, it waits until the end', () => {
  const replayed = { ...attempt, replayed: true, lastSentAtMs: endMs - 2 * hour };
  expect(replayAtMs(singleUse, replayed, endMs - hour)).toBe(endMs);
});

it('a replay before the last two hours does not use up the last chance', () => {
  const replayed = { ...attempt, replayed: true, lastSentAtMs: endMs - 3 * hour };
  expect(replayAtMs(singleUse, replayed, endMs - hour)).toBe(endMs - 2 * hour);
});

it('a first send within the last two hours leaves one more, ten minutes later: the server may be late', () => {
  const late = { ...attempt, firstSentAtMs: endMs - hour, lastSentAtMs: endMs - hour };
  expect(replayAtMs(singleUse, late, endMs - hour)).toBe(endMs - hour + hour / 6);
  const last = { ...late, lastSentAtMs: endMs - 1 };
  expect(replayAtMs(singleUse, last, endMs - 1)).toBe(endMs);
});

it('a rejected access token allows one more send, and one only', () => {
  const rejected = { ...attempt, rejectedAtMs: 91 * hour };
  expect(replayAtMs(singleUse, rejected, 92 * hour)).toBe(91 * hour);
  const again = { ...rejected, replayed: true, lastSentAtMs: 92 * hour };
  expect(replayAtMs(singleUse, again, 93 * hour)).toBe(endMs);
});

it('whether it was replayed is counted, since two clocks may disagree on what came first', () => {
  const behind = {
    ...attempt,
    firstSentAtMs: endMs - hour,
    lastSentAtMs: endMs - hour - 1,
    replayed: true,
  };
  expect(replayAtMs(singleUse, behind, endMs - hour)).toBe(endMs);
});

it('after the end of the access token every check may send', () => {
  const replayed = { ...attempt, replayed: true, lastSentAtMs: endMs };
  expect(replayAtMs(singleUse, replayed, endMs)).toBe(endMs);
  expect(replayAtMs(singleUse, replayed, endMs + hour)).toBe(endMs + hour);
});
