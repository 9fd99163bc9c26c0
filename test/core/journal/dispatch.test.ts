import { expect, it } from 'vitest';
import {
  markDispatched,
  markUnspent,
  openSendsMax,
  positionAfter,
  sendsFrom,
} from '../../../src/core/journal/dispatch.ts';
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';

const owner = { id: 'me', isDead: () => false };
const parent = { grant: 1, generation: 2, attempt: 3 };
const leased: Journal = {
  ...emptyJournal,
  fence: 1,
  lease: { owner: 'me', fence: 1, expiresAtMs: 9000 },
};
const send = (journal: Journal, versionId = 'v1', nowMs = 100) =>
  markDispatched(journal, { owner, parent, versionId, nowMs, lifted: false });
const sealAt = (generation: number, attempt: number) => ({
  ...parent,
  generation,
  attempt,
  versionId: 's',
  box: '',
});

it('a dispatch names its parent and the version to come, and counts the attempt on', () => {
  expect(send({ ...leased, lastAttempt: 7 })).toMatchObject({
    known: parent,
    lastAttempt: 8,
    dispatch: { parent, sends: [{ versionId: 'v1', attempt: 8, sentAtMs: 100 }] },
    sentAtMs: [100],
  });
});

it("attempts go on from the parent's where the journal knows less", () => {
  expect(send(leased)).toMatchObject({ lastAttempt: 4 });
});

it.each([
  ['without the lease', emptyJournal, 'lease-lost'],
  ['with the lease of an earlier fence', { ...leased, fence: 2 }, 'lease-lost'],
  [
    'when something newer is known',
    { ...leased, known: { ...parent, generation: 3 } },
    'overtaken',
  ],
  ['once a person has paused', { ...leased, pausedAtMs: 99 }, 'overtaken'],
  ['when a seal is above the parent', { ...leased, seals: [sealAt(3, 4)] }, 'overtaken'],
  [
    'while the provider asks for patience',
    {
      ...leased,
      retryAtMs: 101,
      dispatch: { parent, sends: [{ versionId: 'v1', attempt: 4, sentAtMs: 100 }] },
    },
    'overtaken',
  ],
])('nothing is sent %s', (_name, journal, refusal) => {
  expect(send(journal)).toBe(refusal);
});

it('a seal at the parent or below does not stand in the way', () => {
  expect(send({ ...leased, seals: [sealAt(2, 3), sealAt(1, 9)] })).toMatchObject({
    lastAttempt: 4,
  });
});

it.each([100, 100 + 3_600_001])('a wait until %i is over, or was never asked for', (retryAtMs) => {
  expect(send({ ...leased, retryAtMs })).toMatchObject({ retryAtMs: null, lastAttempt: 4 });
});

it('a dispatch that is on record is not recorded twice', () => {
  const once = send(leased) as Journal;
  expect(send(once)).toBe(once);
});

it('a dispatch that is on record counts no more once the lease is gone or a newer token is kept', () => {
  const once = send(leased) as Journal;
  expect(send({ ...once, lease: null })).toBe('lease-lost');
  expect(send({ ...once, seals: [sealAt(3, 9)] })).toBe('overtaken');
});

it('a second send from the same parent keeps the first on record', () => {
  const twice = send(send(leased) as Journal, 'v2') as Journal;
  expect(sendsFrom(twice, parent).map((it) => it.versionId)).toEqual(['v1', 'v2']);
});

it('sends from another parent are history', () => {
  const other = { ...leased, dispatch: { parent: { ...parent, generation: 1 }, sends: [] } };
  expect(sendsFrom(send(other) as Journal, parent)).toHaveLength(1);
});

it('the oldest sends are forgotten beyond the most that are remembered', () => {
  let journal = leased;
  for (let n = 0; n <= openSendsMax; n += 1) journal = send(journal, `v${n}`, n) as Journal;
  expect(sendsFrom(journal, parent)).toHaveLength(openSendsMax);
  expect(sendsFrom(journal, parent)[0]?.versionId).toBe('v1');
});

it('sends older than a day no longer count', () => {
  const day = 86_400_000;
  expect(send({ ...leased, sentAtMs: [0, 1] }, 'v1', day)).toMatchObject({ sentAtMs: [1, day] });
});

it('a lifted limit is remembered for its parent', () => {
  const lifted = markDispatched(leased, { owner, parent, versionId: 'v', nowMs: 1, lifted: true });
  expect(lifted).toMatchObject({ liftedFor: parent });
});

it('an unspent send leaves no trace but the moment to try again', () => {
  const journal = markUnspent(send(leased) as Journal, 'v1', 777);
  expect(journal).toMatchObject({ dispatch: null, retryAtMs: 777, sentAtMs: [] });
});

it.each([100, 200])('an unspent send (of %i) leaves earlier ones open, and counted', (sentAtMs) => {
  const twice = send(send(leased) as Journal, 'v2', sentAtMs) as Journal;
  const journal = markUnspent(twice, 'v2', null);
  expect(journal.dispatch?.sends.map((it) => it.versionId)).toEqual(['v1']);
  expect(journal).toMatchObject({ sentAtMs: [100], retryAtMs: null });
});

it.each([
  [null, 777],
  [500, 777],
  [999, 999],
])(
  'an unspent send (told to wait until %j) leaves the wait that another was told of',
  (own, left) => {
    const waiting = { ...(send(leased) as Journal), retryAtMs: 777 };
    expect(markUnspent(waiting, 'v1', own)).toMatchObject({ dispatch: null, retryAtMs: left });
  },
);

it('a send that is not on record is not withdrawn', () => {
  const journal = send(leased) as Journal;
  expect(markUnspent(journal, 'v9', null)).toBe(journal);
  expect(markUnspent(leased, 'v9', null)).toBe(leased);
});

it('what a send brings stands one generation after its parent, at its attempt', () => {
  expect(positionAfter(parent, { attempt: 9 })).toEqual({ grant: 1, generation: 3, attempt: 9 });
});
