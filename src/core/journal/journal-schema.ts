import { StoreRefused } from '../ports.ts';
import { emptyJournal, type Journal } from './journal.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isString: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
// A journal written by 0.1.0 may have a fraction of a millisecond in it.
const isInstant: Check = (value) => Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

const recordOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    Object(value) === value &&
    Object.entries(fields).every(([key, check]) =>
      check((value as Readonly<Record<string, unknown>>)[key]),
    );

const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const isDoubt = recordOf({ clientVersionId: isText, said: isString });

const positionFields = { grant: isCount, generation: isCount, attempt: isCount };
const isPosition = recordOf(positionFields);

const isRevoked = recordOf({
  kind: (kind) => kind === 'revoked',
  position: isPosition,
  sinceMs: isInstant,
  doubt: orAbsent(isDoubt),
});

const seen = { sinceMs: isInstant, atMs: isInstant, needsPerson: isFlag };
const httpFacts = { status: isCount, contentType: isString };
const isOf =
  (...kinds: string[]): Check =>
  (kind) =>
    kinds.includes(kind as string);
const isRefusedApplication = recordOf({
  ...seen,
  kind: isOf('application-refused'),
  clientVersionId: isText,
  said: isString,
  inDoubt: isFlag,
});
const isOddAnswer = recordOf({
  ...seen,
  ...httpFacts,
  kind: isOf('unexpected', 'unusable'),
  missing: orAbsent(isString),
});

const isPolicy: Check = (value) => {
  const { kind, seconds } = Object(value) as Readonly<Record<string, unknown>>;
  return kind === 'grace'
    ? isCount(seconds)
    : ['reusable', 'single-use', 'unknown'].includes(kind as string);
};

const shape: Readonly<Record<keyof Journal, Check>> = {
  lease: orNull(recordOf({ owner: isText, fence: isCount, expiresAtMs: isInstant })),
  fence: isCount,
  known: orNull(isPosition),
  dispatch: orNull(
    recordOf({
      parent: isPosition,
      sends: listOf(recordOf({ versionId: isText, attempt: isCount, sentAtMs: isInstant })),
    }),
  ),
  lastAttempt: isCount,
  seals: listOf(recordOf({ ...positionFields, versionId: isText, box: isText })),
  latch: orNull(isRevoked),
  called: orNull(recordOf({ forMs: isInstant, by: isText })),
  refusal: orNull(recordOf({ position: isPosition, atMs: isInstant, doubt: orAbsent(isDoubt) })),
  badAnswer: orNull((value) => isRefusedApplication(value) || isOddAnswer(value)),
  acceptedClient: orNull(isText),
  retryAtMs: orNull(isInstant),
  pausedAtMs: orNull(isInstant),
  canary: orNull(
    recordOf({
      position: isPosition,
      verdict: (verdict) => ['accepted', 'rejected', 'unknown'].includes(verdict as string),
      sinceMs: isInstant,
      atMs: isInstant,
      fromFirst: isFlag,
    }),
  ),
  sentAtMs: listOf(isInstant),
  liftedFor: orNull(isPosition),
  failingSinceMs: orNull(isInstant),
  history: listOf(
    recordOf({
      atMs: isInstant,
      outcome: isString,
      generation: isCount,
      answer: orAbsent(isString),
    }),
  ),
  measured: orNull(recordOf({ provider: isText, policy: isPolicy, atMs: isInstant })),
};

/**
 * A journal as it was stored. What an earlier program did not note is as in a journal where nothing happened;
 * what cannot be read is refused by name, since a guess could spend a token twice: `StoreRefused` ('damaged').
 */
export function journalFrom(fields: Readonly<Record<string, unknown>>, name: string): Journal {
  const journal = { ...emptyJournal, ...fields, ...ofOldLatch(fields['latch']) };
  const wrong = Object.entries(shape)
    .filter(([key, check]) => !check(journal[key as keyof Journal]))
    .map(([key]) => `"${key}"`);
  if (wrong.length === 0) return journal;
  const places = wrong.join(', ');
  throw new StoreRefused('damaged', `${name} is damaged at ${places}: restore it from a backup`);
}

/** Version 0.1.0 latched on an application that was refused, and called a person at once. */
function ofOldLatch(latch: unknown): Partial<Journal> {
  const isOld = recordOf({
    kind: isOf('misconfigured'),
    clientVersionId: isText,
    error: isString,
    sinceMs: isInstant,
  });
  if (!isOld(latch)) return {};
  const { clientVersionId, error, sinceMs } = latch as Record<'clientVersionId' | 'error', string> &
    Record<'sinceMs', number>;
  const asked = { sinceMs, atMs: sinceMs, needsPerson: true, inDoubt: false };
  const badAnswer = {
    kind: 'application-refused',
    clientVersionId,
    said: error,
    ...asked,
  } as const;
  return { latch: null, badAnswer };
}
