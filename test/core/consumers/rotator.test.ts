import { expect, it } from 'vitest';
import { closedAnswerOf, ownRotator } from '../../../src/core/consumers/rotator.ts';
import type { RotationRequest } from '../../../src/core/rotation/pass.ts';

const token = { grant: 1, generation: 2, attempt: 3, expiresAtMs: 9 };
const position = { grant: 1, generation: 2, attempt: 3 };

it.each([
  [
    { kind: 'refreshed', token },
    { kind: 'published', position, expiresAtMs: 9 },
  ],
  [{ kind: 'busy', untilMs: 5 }, { kind: 'busy' }],
  [
    { kind: 'unavailable', detail: 'planted', retryAtMs: null },
    {
      kind: 'unavailable',
      detail: 'the provider could not be reached: the log of the rotator says why',
      reason: 'unavailable',
    },
  ],
] as const)('a caller of another account gets fixed sentences for %j', (outcome, answer) => {
  expect(closedAnswerOf(outcome)).toEqual(answer);
});

it('the rotator of this process is asked as a consumer, with the whole wish', async () => {
  const asked: RotationRequest[] = [];
  const rotator = ownRotator(async (request) => {
    asked.push(request);
    return { kind: 'busy', untilMs: 5 };
  });
  expect(await rotator.ask({ minValidityMs: 7, rejected: position })).toEqual({ kind: 'busy' });
  expect(asked).toEqual([{ trigger: 'consumer', minValidityMs: 7, rejected: position }]);
});
