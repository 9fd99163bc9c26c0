import { expect, it } from 'vitest';
import { isUncertain } from '../../../src/core/journal/dispatch.ts';
import { emptyJournal, type Journal, type Latch } from '../../../src/core/journal/journal.ts';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import { heldLatch, markRefused } from '../../../src/core/rotation/latch.ts';
import { closePass } from '../../../src/core/rotation/settle.ts';

const owner = { id: 'me', isDead: () => false };
const parent = { grant: 1, generation: 2, attempt: 3 };
const next = { grant: 1, generation: 3, attempt: 4 };
const refreshed: Outcome = { kind: 'refreshed', token: { ...next, expiresAtMs: 9 } };
const down: Outcome = { kind: 'unavailable', detail: 'x', retryAtMs: null };
const open = { parent, sends: [{ versionId: 'v', attempt: 4, sentAtMs: 1 }] };
const leased: Journal = {
  ...emptyJournal,
  fence: 1,
  lease: { owner: 'me', fence: 1, expiresAtMs: 9000 },
  known: parent,
  dispatch: open,
  seals: [{ ...next, versionId: 'v', box: '' }],
};

it('a settled pass leaves nothing open and gives the lease back', () => {
  const journal = closePass(leased, { owner, outcome: refreshed, nowMs: 50, settled: next });
  expect(journal).toMatchObject({ lease: null, known: next, dispatch: null, seals: [] });
  expect(journal.history).toEqual([{ atMs: 50, outcome: 'refreshed', generation: 3 }]);
});

it('uncertainty about the token that is still current is not forgotten', () => {
  const journal = closePass(leased, { owner, outcome: refreshed, nowMs: 50, settled: parent });
  expect(journal.dispatch).toBe(open);
});

it('a seal above what is current stays', () => {
  const journal = closePass(leased, { owner, outcome: down, nowMs: 50, settled: parent });
  expect(journal.seals).toHaveLength(1);
});

it('a newer token ends every latch but the one that the pass has found', () => {
  const latch = { kind: 'revoked', position: parent, sinceMs: 1 } as const;
  const ended = (outcome: Outcome) =>
    closePass({ ...leased, latch }, { owner, outcome, nowMs: 50, settled: next }).latch;
  expect(ended(refreshed)).toBeNull();
  expect(ended({ kind: 'latched', latch })).toBe(latch);
});

it('what is known never goes back', () => {
  const ahead = { ...leased, known: next };
  expect(closePass(ahead, { owner, outcome: down, nowMs: 50, settled: parent }).known).toEqual(
    next,
  );
});

it('a pass that could not finish settles nothing', () => {
  const journal = closePass(leased, { owner, outcome: down, nowMs: 50, settled: undefined });
  expect(journal).toMatchObject({ lease: null, dispatch: open, known: parent, failingSinceMs: 50 });
  expect(journal.seals).toHaveLength(1);
});

it('a holder that has lost its lease changes nothing', () => {
  const lost = { ...leased, fence: 2 };
  expect(closePass(lost, { owner, outcome: refreshed, nowMs: 50, settled: next })).toBe(lost);
});

it('failing counts from its first pass and ends with the first success', () => {
  const failing = closePass(leased, { owner, outcome: down, nowMs: 50, settled: undefined });
  const again = { ...failing, lease: leased.lease };
  const still = closePass(again, { owner, outcome: down, nowMs: 60, settled: undefined });
  expect(still.failingSinceMs).toBe(50);
  const healed = closePass(again, { owner, outcome: refreshed, nowMs: 70, settled: next });
  expect(healed.failingSinceMs).toBeNull();
});

it.each<Outcome>([
  { kind: 'paused', sinceMs: 1 },
  { kind: 'limited', untilMs: 99 },
])('$kind neither begins nor ends failing', (outcome) => {
  const close = (failingSinceMs: number | null) =>
    closePass({ ...leased, failingSinceMs }, { owner, outcome, nowMs: 50, settled: undefined });
  expect([close(null).failingSinceMs, close(5).failingSinceMs]).toEqual([null, 5]);
});

const session = {
  status: 403,
  contentType: 'text/html',
  sinceMs: 40,
  atMs: 50,
  needsPerson: false,
};

it('the history tells what was answered in place of tokens', () => {
  const outcome: Outcome = { kind: 'unexpected', ...session };
  const journal = closePass(leased, { owner, outcome, nowMs: 50, settled: undefined });
  expect(journal.history).toEqual([
    { atMs: 50, outcome: 'unexpected', generation: 2, answer: '403 (text/html)' },
  ]);
});

it('a newer token ends what was answered in its place, and names the application that was accepted', () => {
  const answered: Journal = { ...leased, badAnswer: { kind: 'unexpected', ...session } };
  const closing = { owner, nowMs: 50, settled: next, sentAs: 'c2' };
  expect(closePass(answered, { ...closing, outcome: refreshed })).toMatchObject({
    badAnswer: null,
    acceptedClient: 'c2',
  });
  expect(closePass(answered, { ...closing, outcome: down })).toMatchObject({
    badAnswer: answered.badAnswer,
    acceptedClient: null,
  });
});

it('the same outcome again adds no line of history', () => {
  const failing = closePass(leased, { owner, outcome: down, nowMs: 50, settled: undefined });
  const again = { ...failing, lease: leased.lease };
  const twice = closePass(again, { owner, outcome: down, nowMs: 60, settled: undefined });
  expect(twice.history).toHaveLength(1);
});

it('the same outcome with another answer adds one', () => {
  const closed = (journal: Journal, status: number) =>
    closePass(journal, {
      owner,
      outcome: { kind: 'unexpected', ...session, status },
      nowMs: 50,
      settled: undefined,
    });
  const first = closed(leased, 403);
  expect(closed({ ...first, lease: leased.lease }, 404).history).toHaveLength(2);
});

it('history keeps its last hundred lines, and an unknown generation is 0', () => {
  const entry = (n: number) => ({ atMs: n, outcome: 'x', generation: n });
  const history = Array.from({ length: 100 }, (_, n) => entry(n));
  const full = { ...leased, known: null, history };
  const journal = closePass(full, { owner, outcome: down, nowMs: 50, settled: undefined });
  expect(journal.history).toHaveLength(100);
  expect(journal.history.at(-1)).toEqual({ atMs: 50, outcome: 'unavailable', generation: 0 });
});

const revoked: Latch = { kind: 'revoked', position: parent, sinceMs: 1 };
const inDoubt: Latch = { ...revoked, doubt: { clientVersionId: 'c1', said: 'x' } };

it.each([
  { name: 'no latch', latch: null, current: parent, client: 'c1', held: false },
  {
    name: 'a revoked token that is current',
    latch: revoked,
    current: parent,
    client: 'c1',
    held: true,
  },
  {
    name: 'a revoked token before the current one',
    latch: revoked,
    current: next,
    client: 'c1',
    held: false,
  },
  {
    name: 'what may be the application as stored',
    latch: inDoubt,
    current: parent,
    client: 'c1',
    held: true,
  },
  {
    name: 'what may be an application since stored again',
    latch: inDoubt,
    current: parent,
    client: 'c2',
    held: false,
  },
  {
    name: 'what may be an application not looked at',
    latch: inDoubt,
    current: parent,
    client: undefined,
    held: true,
  },
])('a latch for $name holds: $held', ({ latch, current, client, held }) => {
  expect(heldLatch({ ...emptyJournal, latch }, current, client) !== undefined).toBe(held);
});

const refused = { owner, current: parent, nowMs: 77, lastChance: false, isAgain: false };

it('a first refusal is noted and latches nothing', () => {
  expect(markRefused(leased, refused)).toMatchObject({
    latch: null,
    refusal: { position: parent, atMs: 77 },
  });
});

it('a second refusal of the same token latches', () => {
  const once = markRefused(leased, refused) as Journal;
  expect(markRefused(once, { ...refused, isAgain: true })).toMatchObject({
    latch: { kind: 'revoked', position: parent },
  });
});

it('a note of a refusal that is found already there is its own, and no second one', () => {
  const once = markRefused(leased, refused) as Journal;
  expect(markRefused(once, refused)).toEqual(once);
});

it('a refusal that a login has ended meanwhile is no second one', () => {
  expect(markRefused(leased, { ...refused, isAgain: true })).toMatchObject({ latch: null });
});

it('a refusal of another token is a first one', () => {
  const once = { ...leased, refusal: { position: next, atMs: 1 } };
  expect(markRefused(once, { ...refused, isAgain: true })).toMatchObject({ latch: null });
});

it('a refusal with little access token left latches at once', () => {
  expect(markRefused(leased, { ...refused, lastChance: true })).toMatchObject({
    latch: { kind: 'revoked', sinceMs: 77 },
  });
});

it('a latch that holds is not set anew', () => {
  const latched = { ...leased, latch: revoked };
  expect(markRefused(latched, refused)).toBe(latched);
});

it('a refusal in doubt latches in doubt, and the next one that is not takes the doubt away', () => {
  const doubt = { clientVersionId: 'c2', said: 'invalid_request' };
  const latched = { ...leased, latch: inDoubt };
  expect(markRefused(latched, { ...refused, doubt })).toMatchObject({
    latch: { kind: 'revoked', sinceMs: 1, doubt },
  });
  expect(markRefused(latched, refused)).toMatchObject({ latch: revoked });
});

it('a holder that has lost its lease latches nothing: another may have been served', () => {
  expect(markRefused({ ...leased, fence: 2 }, refused)).toBe('lease-lost');
});

it('only open sends from the current token make it uncertain', () => {
  expect(isUncertain(leased, parent)).toBe(true);
  expect(isUncertain(leased, next)).toBe(false);
  expect(isUncertain(emptyJournal, parent)).toBe(false);
});
