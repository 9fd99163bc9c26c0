import type { Owner } from '../ports.ts';
import type { RotationRequest } from '../rotation/pass.ts';
import { isOnRecord } from './dispatch.ts';
import type { BadAnswer, Journal } from './journal.ts';
import { holdsLease } from './lease.ts';

/** A check comes once an hour, some seconds early or late. */
const askAgainAfterMs = 55 * 60_000;

/** A single refusal of the application may be the provider's bad minute; after so long it is none. */
const callAfterMs = 30 * 60_000;

type Seen = Pick<BadAnswer, 'sinceMs' | 'atMs' | 'needsPerson'>;
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What was answered, before it is known whether it was answered before. */
export type Observation = Without<BadAnswer, 'sinceMs' | 'atMs' | 'needsPerson'>;

/** The answer with since when it comes, and whether a person has to hear of it. */
export function observed<T extends Observation>(
  earlier: BadAnswer | null,
  answer: T,
  nowMs: number,
): T & Seen {
  const same = earlier?.kind === answer.kind ? earlier : undefined;
  const sinceMs = Math.min(same?.sinceMs ?? nowMs, nowMs);
  return { ...answer, sinceMs, atMs: nowMs, needsPerson: isCalledFor(answer, same, nowMs) };
}

function isCalledFor(
  { kind }: Observation,
  earlier: BadAnswer | undefined,
  nowMs: number,
): boolean {
  if (earlier === undefined) return false;
  switch (kind) {
    case 'application-refused':
      return earlier.needsPerson || nowMs - earlier.sinceMs >= callAfterMs;
    case 'unexpected':
      return true;
    case 'unusable':
      return false;
  }
}

/**
 * Notes the answer to a send. Only the holder of the lease may, while that send is on record: what a late one is
 * told, or one whose grant was replaced meanwhile, counts no more.
 */
export function withBadAnswer(
  journal: Journal,
  { owner, versionId }: { readonly owner: Owner; readonly versionId: string },
  answer: Observation,
  nowMs: number,
): Journal {
  if (!holdsLease(journal, owner)) return journal;
  if (!isOnRecord(journal, versionId)) return journal;
  return { ...journal, badAnswer: observed(journal.badAnswer, answer, nowMs) };
}

/** The refusal of this version of the application, if it is what the provider answered last. */
export function refusedApplication(
  { badAnswer }: Pick<Journal, 'badAnswer'>,
  clientVersionId: string | undefined,
): Extract<BadAnswer, { kind: 'application-refused' }> | undefined {
  if (badAnswer?.kind !== 'application-refused') return undefined;
  return badAnswer.clientVersionId === clientVersionId ? badAnswer : undefined;
}

/** Whether a refused application is to be left alone: a check asks once an hour, a person at once. */
export function isToWait({ atMs }: BadAnswer, request: RotationRequest, nowMs: number): boolean {
  if (isByPerson(request)) return false;
  const agoMs = nowMs - atMs;
  // A moment to come was noted by a clock that was ahead.
  return agoMs >= 0 && agoMs < askAgainAfterMs; // guard: a refused application is a wait
}

function isByPerson({ trigger, onlyIfDue, sendAgain }: RotationRequest): boolean {
  if (sendAgain === true) return true;
  return trigger !== 'schedule' && trigger !== 'consumer' && onlyIfDue !== true;
}
