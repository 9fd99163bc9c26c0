import { refusedApplication } from '../journal/bad-answer.ts';
import { isUncertain, sendsFrom, waitUntilMs } from '../journal/dispatch.ts';
import type { Doubt, HttpFacts, Journal } from '../journal/journal.ts';
import { policyFor } from '../journal/measured-policy.ts';
import { isSafeAgain, lastChanceMs, replayAtMs } from '../journal/replay-policy.ts';
import { factsOf, type Outcome } from '../outcome/outcome.ts';
import { compare, isNewer, positionOf } from '../position.ts';
import type { Grant } from '../records/grant.ts';
import { isDatedAhead } from '../time.ts';
import { checkRejected } from './canary.ts';
import { foreignGrant, type GateInput, gateInputOf, isBehind, spendReason } from './gate.ts';
import { heldLatch, isRefused, markRefused, standingLatch } from './latch.ts';
import { type Ending, endingAt, type GrantVersion, type Pass } from './pass.ts';
import { publish, readPublished } from './promote.ts';

const dayMs = 86_400_000;
const onDemandEveryMs = 45 * 60_000;

/** Sends in a day that keep a secret far from its 100 versions. */
export const sendsPerDayMax = { schedule: 40, consumer: 12 } as const;

/**
 * Step 3: publishes what is current, where that has not been done; then what a send goes by, or how the pass
 * ends without one.
 */
export async function catchUp(pass: Pass, current: GrantVersion): Promise<GateInput | Ending> {
  const { grant } = current;
  const foreign = foreignGrant(pass, grant);
  if (foreign !== undefined) return { outcome: foreign };
  await publishIfBehind(pass, current);

  if (pass.refused !== undefined && compare(pass.refused.position, grant) === 0) {
    return endingAt(grant, await refused(pass, grant, pass.refused.doubt));
  }
  const rejected = pass.rejected === 'not-visible-yet' ? await checkRejected(pass) : pass.rejected;
  const input = gateInputOf(pass, grant, rejected);
  const isTried = pass.spent || pass.refused !== undefined;
  const isDue = isUncertain(pass.session.journal, grant) || spendReason(input) !== undefined;
  // guard: a refused token is not sent again in a pass
  if (isTried || !isDue) {
    return endingAt(grant, { kind: pass.done ?? 'adopted', token: factsOf(grant) });
  }
  const barrier = spendBarrier(input);
  return barrier === undefined ? input : endingAt(grant, await whatBars(pass, grant, barrier));
}

async function publishIfBehind(pass: Pass, current: GrantVersion): Promise<void> {
  pass.published = (await readPublished(pass.ports.accessToken))?.token;
  if (!isBehind({ published: pass.published, current: current.grant })) return;
  await publish(pass, current); // guard: catches up before it spends
  pass.done ??= 'adopted';
}

/** Refused by the provider, and still what is current: the second time, or with little time left, it latches. */
async function refused(pass: Pass, current: Grant, doubt: Doubt | undefined): Promise<Outcome> {
  const { session, ports } = pass;
  const nowMs = session.nowMs();
  const refusal = {
    owner: ports.owner,
    current,
    nowMs,
    lastChance: isLastChance(current, nowMs),
    isAgain: isRefused(session.journal, current),
    doubt,
  };
  const marked = await session.amend((journal) => markRefused(journal, refusal), pass.endMs);
  if (marked === 'lease-lost') return { kind: 'busy', untilMs: nowMs };
  const { latch } = session.journal;
  if (latch !== null) return { kind: 'latched', latch };
  return { kind: 'refused', position: positionOf(current), ...(doubt && { doubt }) };
}

/** Whether so little access token is left that a refusal is final. */
export function isLastChance(current: Grant, nowMs: number): boolean {
  return nowMs >= current.expiresAtMs - lastChanceMs;
}

/** If several things stand in the way, what a person was called for comes first. */
async function whatBars(pass: Pass, current: Grant, barrier: Outcome): Promise<Outcome> {
  const latch = await standingLatch(pass, current);
  if (latch !== undefined) return { kind: 'latched', latch };
  const { badAnswer } = pass.session.journal;
  if (badAnswer?.kind !== 'application-refused' || !badAnswer.needsPerson) return barrier;
  const client = await pass.ports.client.read();
  return refusedApplication(pass.session.journal, client?.versionId) ?? barrier;
}

/** What keeps a due token from being sent, if anything does. */
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

/** What came in place of an answer, without secrets. */
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
  if (request.trigger !== 'consumer' || limitIsWaived(input)) return undefined;
  const last = sentInADay(input).at(-1) ?? 0;
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
  return journal.sentAtMs.filter(
    (atMs) => atMs > nowMs - dayMs && !isDatedAhead({ issuedAtMs: atMs }, nowMs),
  );
}

/** Whether a send that was not answered may be followed by another at once, in the same pass. */
export function mayFollow(input: GateInput): boolean {
  const { journal, current, nowMs, settings } = input;
  const [first] = sendsFrom(journal, current);
  const policy = policyFor(journal, settings);
  return (
    first !== undefined &&
    isSafeAgain(policy, { firstSentAtMs: first.sentAtMs, requestMs: settings.requestMs }, nowMs) && // guard: again at once only as the policy says
    fullDay(input) === undefined
  );
}

/** A token that died lifts the limit once; one that never worked says nothing about its successor. */
export function limitIsWaived({ journal, current, publishedRejected }: GateInput): boolean {
  const lifted = journal.liftedFor !== null && !isNewer(current, journal.liftedFor);
  return publishedRejected && !lifted && hasWorked(journal, current); // guard: the limit lifted once
}

/** Whether a canary spoke of it before the one that rejected it, whose verdict may not have been kept. */
function hasWorked({ canary }: Journal, current: Grant): boolean {
  if (canary === null || compare(canary.position, current) !== 0) return false;
  return canary.verdict !== 'rejected' || !canary.fromFirst;
}
