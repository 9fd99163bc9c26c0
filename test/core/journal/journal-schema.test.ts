import { describe, expect, it } from 'vitest';
import { emptyJournal, type Journal, journalFrom } from '../../../src/core/journal/journal.ts';
import { StoreRefused } from '../../../src/core/ports.ts';

const position = { grant: 1, generation: 2, attempt: 3 };
const revoked = { kind: 'revoked', position, sinceMs: 4 } as const;
const whole: Journal = {
  lease: { owner: 'owner-1', fence: 3, expiresAtMs: 5 },
  fence: 3,
  known: position,
  dispatch: { parent: position, sends: [{ versionId: 'v2', attempt: 4, sentAtMs: 6 }] },
  lastAttempt: 4,
  seals: [{ ...position, versionId: 'v2', box: 'Ym94' }],
  latch: revoked,
  called: { forMs: 4, by: 'owner-1' },
  refusal: { position, atMs: 7, doubt: { clientVersionId: 'c1', said: 'x' } },
  badAnswer: {
    kind: 'unexpected',
    status: 403,
    contentType: 'text/html',
    sinceMs: 6,
    atMs: 7,
    needsPerson: true,
  },
  acceptedClient: 'c1',
  retryAtMs: 8,
  pausedAtMs: 9,
  canary: { position, verdict: 'accepted', sinceMs: 1, atMs: 2, fromFirst: true, checkedAtMs: 2 },
  sentAtMs: [6],
  liftedFor: position,
  failingSinceMs: 10,
  history: [{ atMs: 6, outcome: 'refreshed', generation: 2 }],
  measured: { provider: 'https://x', policy: { kind: 'grace', seconds: 60 }, atMs: 1 },
};

describe('a journal that was stored', () => {
  it('is read back as it was', () => {
    expect(journalFrom({ ...whole }, 'the journal')).toEqual(whole);
    const refused = { clientVersionId: 'c1', said: '', sinceMs: 1, atMs: 2, inDoubt: false };
    const badAnswer = { ...refused, kind: 'application-refused', needsPerson: false };
    const fields = { ...whole, badAnswer };
    expect(journalFrom(fields, 'the journal').badAnswer).toEqual(badAnswer);
  });

  it('by version 0.1.0, latched on an application that was refused: it is asked again, and a person was called', () => {
    const latch = { kind: 'misconfigured', clientVersionId: 'c1', error: 'x', sinceMs: 1 };
    const { badAnswer: _, acceptedClient: __, ...old } = whole;
    const read = journalFrom({ ...old, latch }, 'the journal');
    expect(read.latch).toBeNull();
    expect(read.badAnswer).toEqual({
      kind: 'application-refused',
      clientVersionId: 'c1',
      said: 'x',
      sinceMs: 1,
      atMs: 1,
      needsPerson: true,
      inDoubt: false,
    });
  });

  it('by an earlier program: what it did not note has not happened', () => {
    expect(journalFrom({ fence: 9 }, 'the journal')).toEqual({ ...emptyJournal, fence: 9 });
  });

  it.each<[keyof Journal, readonly unknown[]]>([
    ['lease', [0, [], {}, { ...whole.lease, owner: '' }, { ...whole.lease, fence: -1 }]],
    ['fence', [null, '3', -1, 1.5]],
    ['known', ['', { ...position, grant: null }, { ...position, attempt: -1 }]],
    ['known', [{ ...position, generation: '2' }]],
    ['dispatch', [{ parent: position }, { parent: null, sends: [] }]],
    ['dispatch', [{ parent: position, sends: [{ versionId: '', attempt: 4, sentAtMs: 6 }] }]],
    ['dispatch', [{ parent: position, sends: [{ versionId: 'v', attempt: 4 }] }]],
    ['lastAttempt', [null, Number.NaN]],
    ['seals', [null, {}, [null], [{ ...position, versionId: 'v2' }]]],
    ['seals', [[{ ...position, versionId: 'v2', box: 7 }]]],
    ['latch', [{ ...revoked, kind: 'other' }, { ...revoked, position: null }, {}]],
    ['latch', [{ kind: 'misconfigured', clientVersionId: '', error: '', sinceMs: 1 }]],
    ['latch', [{ kind: 'misconfigured', clientVersionId: 'c', error: 1, sinceMs: 1 }]],
    ['latch', [{ kind: 'revoked', position, sinceMs: 'x' }]],
    ['latch', [{ ...revoked, doubt: {} }]],
    ['badAnswer', [{}, { ...whole.badAnswer, kind: 'other' }, { ...whole.badAnswer, status: '' }]],
    ['badAnswer', [{ ...whole.badAnswer, kind: 'application-refused' }]],
    ['acceptedClient', ['', 7]],
    ['called', [{ forMs: 4 }, { forMs: '4', by: 'x' }]],
    ['refusal', [{ atMs: 7 }, { position, atMs: null }]],
    ['retryAtMs', ['8', Number.NaN]],
    ['pausedAtMs', [{}]],
    [
      'canary',
      [
        { ...whole.canary, verdict: 'maybe' },
        { ...whole.canary, fromFirst: 1 },
      ],
    ],
    [
      'canary',
      [
        { ...whole.canary, sinceMs: null },
        { ...whole.canary, atMs: null },
        { ...whole.canary, checkedAtMs: null },
      ],
    ],
    ['sentAtMs', [null, ['6'], {}]],
    ['liftedFor', [{}]],
    ['failingSinceMs', [true]],
    ['history', [[{ atMs: 6, outcome: 'x' }], [{ outcome: 'x', generation: 1 }], ['x']]],
    ['history', [[{ atMs: 6, outcome: 7, generation: 1 }]]],
    ['history', [[{ atMs: 6, outcome: 'x', generation: 1, answer: 7 }]]],
    ['measured', [{}, { ...whole.measured, policy: { kind: 'other' } }]],
    [
      'measured',
      [
        { ...whole.measured, policy: { kind: 'grace' } },
        { ...whole.measured, provider: '' },
      ],
    ],
  ])('is refused where "%s" is damaged, by its name alone', (key, damages) => {
    for (const damage of damages) {
      let refusal: unknown;
      try {
        journalFrom({ ...whole, [key]: damage }, 'the journal');
      } catch (error) {
        refusal = error;
      }
      expect({ damage, refusal }).toEqual({ damage, refusal: expect.any(StoreRefused) });
      expect(refusal).toMatchObject({
        reason: 'damaged',
        message: `the journal is damaged at "${key}": restore it from a backup`,
      });
    }
  });

  it('names every part that is damaged', () => {
    const refused = () => journalFrom({ ...whole, fence: null, seals: {} }, 'the journal');
    expect(refused).toThrow('at "fence", "seals":');
  });
});
