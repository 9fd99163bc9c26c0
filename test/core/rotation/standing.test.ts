import { expect, it } from 'vitest';
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';
import { standingOutcome } from '../../../src/core/rotation/latch.ts';

const current = { grant: 1, generation: 2, attempt: 3 };
const earlier = { ...current, generation: 1 };
const doubt = { clientVersionId: 'c', said: 'invalid_request' };
const latch = { kind: 'revoked', position: current, sinceMs: 1 } as const;
const refusal = { position: current, atMs: 1 };
const seen = { sinceMs: 1, atMs: 2, needsPerson: false };
const page = { kind: 'unexpected', status: 302, contentType: 'text/html', ...seen } as const;
const refused = {
  kind: 'application-refused',
  clientVersionId: 'c',
  said: 'invalid_client',
  inDoubt: false,
  ...seen,
} as const;

it.each<[string, Partial<Journal>, unknown]>([
  ['nothing after a good answer', {}, undefined],
  ['a latch', { latch, refusal, badAnswer: page }, { kind: 'latched', latch }],
  ['no latch of an earlier token', { latch: { ...latch, position: earlier } }, undefined],
  [
    'a latch in doubt while the application is the same',
    { latch: { ...latch, doubt } },
    { kind: 'latched', latch: { ...latch, doubt } },
  ],
  [
    'no latch in doubt of another',
    { latch: { ...latch, doubt: { ...doubt, clientVersionId: 'b' } } },
    undefined,
  ],
  ['a first refusal', { refusal, badAnswer: page }, { kind: 'refused', position: current }],
  [
    'a first refusal in doubt',
    { refusal: { ...refusal, doubt } },
    { kind: 'refused', position: current, doubt },
  ],
  ['no refusal of an earlier token', { refusal: { ...refusal, position: earlier } }, undefined],
  ['a page in place of an answer', { badAnswer: page }, page],
  ['a refused application', { badAnswer: refused }, refused],
  [
    'no refusal of another application',
    { badAnswer: { ...refused, clientVersionId: 'b' } },
    undefined,
  ],
])('between a connection and its next refresh stands %s', (_, journal, outcome) => {
  expect(standingOutcome({ ...emptyJournal, ...journal }, current, 'c')).toEqual(outcome);
});
