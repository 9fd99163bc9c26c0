import { expect, it } from 'vitest';
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';
import { busyUntilMs, holdsLease, released, takeLease } from '../../../src/core/journal/lease.ts';

const me = { id: 'me', isDead: () => false };
const term = { nowMs: 1000, termMs: 500 };
const held = (owner: string, expiresAtMs: number): Journal => ({
  ...emptyJournal,
  fence: 4,
  lease: { owner, fence: 4, expiresAtMs },
});

it('a free lease is taken with the next fence, to the end of the term', () => {
  const journal = takeLease({ ...emptyJournal, fence: 4 }, me, term);
  expect(journal).toMatchObject({ fence: 5, lease: { owner: 'me', fence: 5, expiresAtMs: 1500 } });
});

it.each([
  { name: 'one ms before its end', expiresAtMs: 1001, want: 'held' },
  { name: 'exactly at its end', expiresAtMs: 1000, want: 'taken' },
])("another's lease $name is $want", ({ expiresAtMs, want }) => {
  const journal = takeLease(held('other', expiresAtMs), me, term);
  expect(journal === 'held' ? 'held' : 'taken').toBe(want);
});

it('the lease of an owner known to be dead is taken over at once', () => {
  const owner = { id: 'me', isDead: (other: string) => other === 'other' };
  expect(takeLease(held('other', 9000), owner, term)).toMatchObject({ lease: { owner: 'me' } });
});

it('my own lease is not taken a second time: the first write was carried out unanswered', () => {
  const mine = held('me', 9000);
  expect(takeLease(mine, me, term)).toBe(mine);
});

it('another is busy to the end of its term, or no longer where it has given its lease back', () => {
  expect(busyUntilMs(held('other', 9000), 1000)).toBe(9000);
  expect(busyUntilMs(emptyJournal, 1000)).toBe(1000);
});

it('a lease is held until another fence is given', () => {
  expect(holdsLease(held('me', 9000), me)).toBe(true);
  expect(holdsLease({ ...held('me', 9000), fence: 5 }, me)).toBe(false);
  expect(holdsLease(held('other', 9000), me)).toBe(false);
  expect(holdsLease(emptyJournal, me)).toBe(false);
});

it('a lease is given back by its owner alone, and where there is none nothing is', () => {
  expect(released(held('me', 9000), me).lease).toBeNull();
  const others = held('other', 9000);
  expect(released(others, me)).toBe(others);
  expect(released(emptyJournal, me)).toBe(emptyJournal);
});
