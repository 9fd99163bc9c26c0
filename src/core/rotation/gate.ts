import { sendsFrom, waitUntilMs } from '../journal/dispatch.ts';
import type { HttpFacts, Journal } from '../journal/journal.ts';
import { policyFor } from '../journal/measured-policy.ts';
import { isSafeAgain, lastChanceMs, replayAtMs } from '../journal/replay-policy.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { compare, isNewer, newest } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import type { Grant } from '../records/grant.ts';
import type { RotationRequest, RotationSettings } from './pass.ts';
import { heldLatch } from './settle.ts';

const dayMs = 86_400_000;
const onDemandEveryMs = 45 * 60_000;
const nativeEveryMs = 10 * 60_000;
const wishMarginMs = 5 * 60_000;
// A clock may be set a little without any harm.
const datedAheadMs = 5 * 60_000;

/** Sends in a day that keep a secret far from its 100 versions. */
export const sendsPerDayMax = { schedule: 40, consumer: 12 } as const;

/** What the gate looks at; `publishedRejected` means that the canary has just rejected the published token. */
export interface GateInput {
  readonly journal: Journal;
  readonly published: AccessToken | undefined;
  readonly current: Grant;
  readonly nowMs: number;
  readonly publishedRejected: boolean;
  readonly request: RotationRequest;
  readonly settings: RotationSettings;
}

/** Why there is something to do. */
export type Due =
  | 'asked'
  | 'aged'
  | 'unanswered'
  | 'behind'
  | 'ahead'
  | 'unsettled'
  | 'sealed'
  | 'rejected';

/** Step 0: the reason why a pass is due, if there is one. */
export function dueReason(input: GateInput): Due | undefined {
  const { journal } = input;
  if (journal.dispatch !== null) return 'unsettled';
  if (journal.seals.length > 0) return 'sealed';
  if (isBehind(input)) return 'behind';
  // The read of the grant is behind, or somebody has rolled it back.
  const known = newest(journal.known, input.published);
  if (known !== undefined && isNewer(known, input.current)) return 'ahead';
  return spendReason(input);
}

/** Whether what consumers read is older than the grant. */
export function isBehind({
  published,
  current,
}: Pick<GateInput, 'published' | 'current'>): boolean {
  if (current.accessToken === null) return false;
  return published === undefined || isNewer(current, published);
}

/** The reason to spend a token, as opposed to finishing what an earlier pass began. */
export function spendReason(input: GateInput): Due | undefined {
  const { request, current, nowMs, settings } = input;
  const { issuedAtMs, expiresAtMs } = current;
  const lifeMs = expiresAtMs - issuedAtMs;
  if (isAsked(input)) return 'asked';
  // A refresh token that was adopted has brought none, whatever clock dated it.
  if (current.accessToken === null) return 'aged';
  if (isDatedAhead(current, nowMs)) return 'aged';
  if (nowMs >= issuedAtMs + Math.min(lifeMs / 2, settings.rotateEveryMs)) return 'aged';
  if (input.publishedRejected) return 'rejected';
  if (isUnanswered(input)) return 'unanswered';
  const wishMs = request.minValidityMs ?? 0;
  return wishMs <= longestWishMs(lifeMs) && expiresAtMs - nowMs < wishMs ? 'asked' : undefined;
}

/** Whether a clock that was ahead has dated a token, so that nobody knows when it ends. */
export function isDatedAhead({ issuedAtMs }: { readonly issuedAtMs: number }, nowMs: number) {
  return issuedAtMs - nowMs > datedAheadMs;
}

/** The longest validity that a refresh can give: a new token has aged a little when it is first handed out. */
export function longestWishMs(lifeMs: number): number {
  return lifeMs - wishMarginMs;
}

/**
 * Somebody wanted a refresh, and the provider's answer is one that a check has to hear again; or it may be another
 * once the application was stored again.
 */
function isUnanswered({ journal, current, request }: GateInput): boolean {
  const { badAnswer, refusal, latch } = journal;
  if (request.trigger === 'consumer') return false;
  if (badAnswer !== null && badAnswer.kind !== 'unusable') return true;
  if (refusal !== null && compare(refusal.position, current) === 0) return true;
  return latch?.doubt !== undefined && compare(latch.position, current) === 0;
}

function isAsked({ request, current, nowMs }: GateInput): boolean {
  switch (request.trigger) {
    case 'operator':
    case 'login':
      return request.onlyIfDue !== true;
    case 'native':
      // Secrets Manager repeats a rotation that failed half-way: what was just refreshed is not again.
      return nowMs >= current.issuedAtMs + nativeEveryMs;
    case 'schedule':
    case 'consumer':
      return false;
  }
}

/** Step 3: what keeps a due token from being sent, if anything does. */
export function spendBarrier(input: GateInput): Outcome | undefined {
  const { journal, current, nowMs } = input;
  const latch = heldLatch(journal, current, undefined);
  // One in doubt depends on the application, which is read only now.
  if (latch !== undefined && latch.doubt === undefined) return { kind: 'latched', latch };
  if (journal.pausedAtMs !== null) return { kind: 'paused', sinceMs: journal.pausedAtMs };
  const untilMs = waitUntilMs(journal, nowMs);
  if (untilMs !== undefined) return { kind: 'waiting', untilMs };
  return uncertainty(input) ?? limit(input);
}

/** What an open send from the current token means: nothing, or waiting until it may be sent again. */
export function uncertainty({
  journal,
  current,
  nowMs,
  publishedRejected,
  request,
  settings,
}: GateInput): Outcome | undefined {
  const sends = sendsFrom(journal, current);
  const [first, last] = [sends[0], sends.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const atMs = replayAtMs(
    request.sendAgain === true ? { kind: 'reusable' } : policyFor(journal, settings),
    {
      firstSentAtMs: first.sentAtMs,
      lastSentAtMs: last.sentAtMs,
      requestMs: settings.requestMs,
      replayed: sends.length > 1,
      accessTokenExpiresAtMs: isDatedAhead(current, nowMs) ? nowMs : current.expiresAtMs,
      rejectedAtMs: rejectedSinceMs(journal, current) ?? (publishedRejected ? nowMs : undefined),
    },
    nowMs,
  );
  if (nowMs >= atMs) return undefined;
  return { kind: 'uncertain', sinceMs: first.sentAtMs, replayAtMs: atMs, ...answered(journal) };
}

/** What came in place of an answer, as far as it may be told. */
export function answered({ badAnswer }: Pick<Journal, 'badAnswer'>): { answer?: HttpFacts } {
  if (badAnswer?.kind !== 'unusable') return {};
  return { answer: { status: badAnswer.status, contentType: badAnswer.contentType } };
}

function rejectedSinceMs({ canary }: Journal, current: Grant): number | undefined {
  if (canary?.verdict !== 'rejected' || isNewer(current, canary.position)) return undefined;
  return canary.sinceMs;
}

function limit(input: GateInput): Outcome | undefined {
  const { current, nowMs, request } = input;
  const full = fullDay(input);
  if (full !== undefined) return full;
  const last = sentInADay(input).at(-1);
  if (request.trigger !== 'consumer' || last === undefined || limitIsWaived(input))
    return undefined;
  const lifeMs = current.expiresAtMs - current.issuedAtMs;
  const untilMs = last + Math.min(onDemandEveryMs, lifeMs / 2);
  return nowMs < untilMs ? { kind: 'limited', untilMs } : undefined;
}

function fullDay(input: GateInput): Outcome | undefined {
  const { schedule, consumer } = input.settings.sendsPerDay ?? sendsPerDayMax;
  const oldest = sentInADay(input).at(
    -(input.request.trigger === 'consumer' ? consumer : schedule),
  );
  return oldest === undefined ? undefined : { kind: 'limited', untilMs: oldest + dayMs };
}

function sentInADay({ journal, nowMs }: GateInput): readonly number[] {
  return journal.sentAtMs.filter((atMs) => atMs > nowMs - dayMs && atMs <= nowMs + datedAheadMs);
}

/** Whether a send that was not answered may be followed by another at once, in the same pass. */
export function mayFollow(input: GateInput): boolean {
  const { journal, current, nowMs, settings } = input;
  const [first] = sendsFrom(journal, current);
  const policy = policyFor(journal, settings);
  return (
    first !== undefined &&
    isSafeAgain(policy, { firstSentAtMs: first.sentAtMs, requestMs: settings.requestMs }, nowMs) &&
    fullDay(input) === undefined
  );
}

/** A token that died lifts the limit once; one that never worked says nothing about its successor. */
export function limitIsWaived({ journal, current, publishedRejected }: GateInput): boolean {
  const lifted = journal.liftedFor !== null && !isNewer(current, journal.liftedFor);
  return publishedRejected && !lifted && hasWorked(journal, current);
}

/** Whether a canary spoke of it before the one that found it publishedRejected, whose verdict may not have been kept. */
function hasWorked({ canary }: Journal, current: Grant): boolean {
  if (canary === null || compare(canary.position, current) !== 0) return false;
  return canary.verdict !== 'rejected' || !canary.fromFirst;
}

/** Whether so little access token is left that a refusal is final. */
export function isLastChance(current: Grant, nowMs: number): boolean {
  return nowMs >= current.expiresAtMs - lastChanceMs;
}
