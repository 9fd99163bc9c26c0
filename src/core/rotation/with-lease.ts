import { refusedApplication } from '../journal/bad-answer.ts';
import type { Doubt } from '../journal/journal.ts';
import { factsOf, type Outcome } from '../outcome/outcome.ts';
import { StoreRefused } from '../ports.ts';
import { compare, isNewer, type Position, positionOf } from '../position.ts';
import { retryWhileUnavailable } from '../retry.ts';
import { checkRejected, type RejectedToken } from './canary.ts';
import { foreignGrant } from './current-grant.ts';
import { type GateInput, isBehind, isLastChance, spendBarrier, spendReason } from './gate.ts';
import { keep } from './keep.ts';
import { standingLatch } from './latch.ts';
import type { GrantVersion, Pass } from './pass.ts';
import { promote, publish, readPublished } from './promote.ts';
import { recover } from './recover.ts';
import { send } from './send.ts';
import { isUncertain, markRefused } from './settle.ts';

const roundsMax = 4;

/** How the work under a lease ended; `settled` is what is both current and published by then. */
export interface Ending {
  readonly outcome: Outcome;
  readonly settled?: Position;
}

/** What earlier rounds of the same pass have done. */
interface Progress {
  readonly done: 'adopted' | 'recovered' | undefined;
  /** This token was just refused by the provider. */
  readonly refused: { readonly position: Position; readonly doubt?: Doubt } | undefined;
  /** A token was sent in this pass: not a second time. */
  readonly spent: boolean;
}

/** Steps 2 to 8: recover, catch up, and spend if that is due and safe; again if another overtakes. */
export async function withLease(pass: Pass, rejected: RejectedToken): Promise<Ending> {
  let progress: Progress = { done: undefined, refused: undefined, spent: false };
  for (let round = 0; round < roundsMax; round += 1) {
    const next = await oneRound(pass, rejected, progress);
    if ('outcome' in next) return next;
    progress = next;
    await pass.session.read();
  }
  throw new StoreRefused('unavailable', 'other passes kept overtaking this one');
}

async function oneRound(
  pass: Pass,
  rejected: RejectedToken,
  progress: Progress,
): Promise<Ending | Progress> {
  const recovery = await recover(pass);
  if (recovery.kind === 'stopped') return { outcome: recovery.outcome };
  const { current } = recovery;
  const foreign = foreignGrant(pass, current);
  if (foreign !== undefined) return { outcome: foreign };

  const behind = await catchUp(pass, current);
  const done = recovery.recovered
    ? 'recovered'
    : (progress.done ?? (behind ? 'adopted' : undefined));
  const settled = positionOf(current.grant);
  if (progress.refused !== undefined && compare(progress.refused.position, settled) === 0) {
    return { outcome: await refusal(pass, current, progress.refused.doubt), settled };
  }
  const rejectedNow = rejected === 'not-visible-yet' ? await checkRejected(pass) : rejected;
  const input = gateInputOf(
    pass,
    current,
    rejectedNow === 'not-visible-yet' ? undefined : rejectedNow,
  );
  const idle = progress.spent || progress.refused !== undefined || !isSpendDue(input);
  if (idle) return { outcome: nothingSpent(current, done ?? 'adopted'), settled };
  const barrier = spendBarrier(input);
  if (barrier !== undefined) return { outcome: await whatBars(pass, current, barrier), settled };
  return sendIfPossible(pass, current, input, { ...progress, done });
}

/** Of all that stands in the way, what a person was called for is told first. */
async function whatBars(pass: Pass, current: GrantVersion, barrier: Outcome): Promise<Outcome> {
  const latch = await standingLatch(pass, current.grant);
  if (latch !== undefined) return { kind: 'latched', latch };
  const { badAnswer } = pass.session.journal;
  if (badAnswer?.kind !== 'application-refused' || !badAnswer.needsPerson) return barrier;
  const client = await pass.ports.client.read();
  return refusedApplication(pass.session.journal, client?.versionId) ?? barrier;
}

async function sendIfPossible(
  pass: Pass,
  current: GrantVersion,
  input: GateInput,
  progress: Progress,
): Promise<Ending | Progress> {
  const spent = await send(pass, current, input);
  switch (spent.kind) {
    case 'ended':
      if (await isReplaced(pass, current)) return { ...progress, spent: true };
      return { outcome: spent.outcome, settled: positionOf(current.grant) };
    case 'overtaken':
      return progress;
    case 'refused': {
      const { kind: _, ...refused } = spent;
      return { ...progress, refused: { ...refused, position: positionOf(current.grant) } };
    }
    case 'minted':
      return (await keepAndPromote(pass, spent.minted)) ?? { ...progress, spent: true };
  }
}

/** Whether a login came meanwhile: an answer to the token of the old grant says nothing of the new one. */
async function isReplaced({ session }: Pass, { grant }: GrantVersion): Promise<boolean> {
  try {
    await session.read();
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
  }
  const { known } = session.journal;
  return known !== null && isNewer(known, grant);
}

/** Steps 5 to 7 for a pair in hand; nothing if a newer one was there before it. */
async function keepAndPromote(pass: Pass, minted: GrantVersion): Promise<Ending | undefined> {
  const kept = await keep(pass, minted);
  pass.warnings.push(...kept.refusals);
  const detail = kept.refusals.join('; ');
  if (!kept.stored) return { outcome: { kind: kept.sealed ? 'kept' : 'lost', detail } };
  try {
    if ((await promote(pass, minted)) === 'overtaken') return undefined;
    await publish(pass, minted);
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    return { outcome: { kind: 'kept', detail: error.message } };
  }
  const token = factsOf(minted.grant);
  return { outcome: { kind: 'refreshed', token }, settled: positionOf(minted.grant) };
}

async function catchUp(pass: Pass, current: GrantVersion): Promise<boolean> {
  const published = await readPublished(pass.ports.accessToken);
  pass.published = published?.token;
  const behind = isBehind({ published: pass.published, current: current.grant });
  if (behind) await publish(pass, current);
  return behind;
}

function gateInputOf(pass: Pass, current: GrantVersion, rejected: Position | undefined): GateInput {
  const { journal } = pass.session;
  return {
    journal,
    published: pass.published,
    current: current.grant,
    nowMs: pass.session.nowMs(),
    // The canary spoke of what was published then; by now that may be another token.
    publishedRejected: rejected !== undefined && compare(rejected, current.grant) === 0,
    request: pass.request,
    settings: pass.settings,
  };
}

function isSpendDue(input: GateInput): boolean {
  return isUncertain(input.journal, input.current) || spendReason(input) !== undefined;
}

function nothingSpent(current: GrantVersion, kind: 'adopted' | 'recovered'): Outcome {
  return { kind, token: factsOf(current.grant) };
}

async function refusal(
  pass: Pass,
  current: GrantVersion,
  doubt: Doubt | undefined,
): Promise<Outcome> {
  const { owner, clock } = pass.ports;
  const nowMs = pass.session.nowMs();
  const position = positionOf(current.grant);
  const lastChance = isLastChance(current.grant, nowMs);
  const marked = await retryWhileUnavailable(clock, pass.endMs, () =>
    pass.session.amend((journal) =>
      markRefused(journal, { owner, current: position, nowMs, lastChance, doubt }),
    ),
  );
  if (marked === 'lease-lost') return { kind: 'busy', untilMs: nowMs };
  const { latch } = pass.session.journal;
  if (latch !== null) return { kind: 'latched', latch };
  return { kind: 'refused', position, ...(doubt && { doubt }) };
}
