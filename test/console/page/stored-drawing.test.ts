import { describe, expect, it } from 'vitest';
import { killSteps } from '../../../src/console/kill-steps.ts';
import { drawKilled, drawStations, drawStored } from '../../../src/console/page/stored-drawing.ts';
import type { KilledView, StoredView } from '../../../src/console/view.ts';

const position = { grant: 1, generation: 3, attempt: 4 };
const empty: StoredView = { lease: null, dispatch: null, seals: [], grant: [], accessToken: [] };
const killed: KilledView = { step: 'sealed', missed: null, next: null, againAtMs: null };

describe('what is stored', () => {
  it('is nothing where nothing is', () => {
    const { journal } = drawStored(empty);
    expect(journal.map(([, value]) => value)).toEqual(['free', 'idle', 'none']);
  });

  it.each([
    [{ lease: { isHolderDead: true } }, 'held by a dead process'],
    [{ lease: { isHolderDead: false } }, 'held'],
    [{ dispatch: { parent: position, sends: 1 } }, 'generation 3 sent once, no answer on record'],
    [
      { dispatch: { parent: position, sends: 2 } },
      'generation 3 sent 2 times, no answer on record',
    ],
    [{ seals: [position] }, 'generation 3, attempt 4'],
  ])('is told in words: %j', (changes, words) => {
    const { journal } = drawStored({ ...empty, ...changes });
    expect(journal.map(([, value]) => value)).toContain(words);
  });

  it('has the newest version first, by the beginning of its id', () => {
    const version = { ...position, versionId: '0badcafe0000', labels: ['next'] };
    const older = { ...version, generation: 2, labels: ['AWSCURRENT'] };
    const { grant } = drawStored({ ...empty, grant: [older, version] });
    expect(grant[0]).toEqual({ text: 'generation 3, attempt 4', id: '0badcafe', labels: ['next'] });
    expect(grant[1]?.text).toBe('generation 2, attempt 4');
  });
});

describe('a killed rotator', () => {
  it('leaves something behind that the next run will make good', () => {
    expect(drawKilled(killed)).toMatchObject({
      isKilled: true,
      headline: 'Killed: sealed',
      next: killSteps.sealed.next,
      button: 'Let the next run come',
    });
  });

  it('is done with once the next run has come', () => {
    const next = { tone: 'good', text: 'recovered' } as const;
    const drawn = drawKilled({ ...killed, next });
    expect(drawn).toMatchObject({ next: 'The next run: recovered.', tone: 'good', button: '' });
  });

  it('leaves a run that has to wait, and says until when', () => {
    const next = { tone: 'bad', text: 'no answer' } as const;
    const { button } = drawKilled({
      ...killed,
      next,
      againAtMs: Date.parse('2026-11-25T08:20:00Z'),
    });
    expect(button).toMatch(/^Let time pass until Wed \d\d:\d\d$/);
  });

  it('that never came to its step was not killed', () => {
    expect(drawKilled({ ...killed, missed: 'another run holds the lease' })).toMatchObject({
      isKilled: false,
      leaves: 'Another run holds the lease.',
      button: '',
    });
  });

  it.each(Object.entries(killSteps))('has words for people at %s', (_, { leaves, next }) => {
    expect(leaves).toMatch(/^[A-Z].*\.$/);
    expect(next).toMatch(/^The next run .*\.$/);
  });
});

describe('the way of webhooks', () => {
  it('is told by what has passed each place', () => {
    const stations = drawStations({ sent: 4, accepted: 3, waiting: 1, published: 2 });
    expect(stations.map(({ count, what }) => `${count} ${what}`)).toEqual([
      '4 sent',
      '3 verified',
      '1 waiting',
      '2 events',
    ]);
  });
});
