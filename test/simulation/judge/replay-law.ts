// Goal: G2, a refresh token is presented again only where the policy allows it, or nothing is left to lose.
// Method: the policy's words applied to true times and true deeds, with no regard to what any process knew.

import type { ReplayPolicy } from '../../../src/core/journal/replay-policy.ts';
import { compare } from '../../../src/core/position.ts';
import { times } from '../histories/history.ts';
import type { RotationMode } from '../world/provider.ts';
import type { World } from '../world/world.ts';
import type { Ledger } from './ledger.ts';
import { type Presentation, storedEndMs } from './pairs.ts';

/** Two clocks may be off by 30 s each, and stored times are whole seconds. */
const toleranceMs = 61_000;
const lastChanceMs = 2 * 3_600_000;

/** Whether the policy promises no more than the provider keeps. */
export function isHonest(policy: ReplayPolicy, mode: RotationMode, graceSeconds: number): boolean {
  switch (policy.kind) {
    case 'reusable':
      return mode === 'same' || mode === 'keep-old';
    case 'grace':
      if (mode === 'grace') return policy.seconds <= graceSeconds;
      return mode === 'same' || mode === 'keep-old';
    case 'single-use':
    case 'unknown':
      return true;
  }
}

/** Judges one presentation against those of the same generation before it. */
export function checkPresentation(
  world: World,
  ledger: Ledger,
  presentation: Presentation,
  earlier: readonly Presentation[],
): void {
  const { parentIssue, refreshToken, versionId, isLate } = presentation;
  if (parentIssue !== undefined && parentIssue.refreshToken !== refreshToken) {
    ledger.violated('G2', 'the token sent is not that of the journalled parent');
  }
  const { dispatch, known } = world.journal;
  const isNamed = dispatch?.sends.some((send) => send.versionId === versionId);
  const isReplaced = (known?.grant ?? 0) > presentation.parent.grant;
  if (!isLate && !isNamed && !isReplaced)
    ledger.violated('G4', 'a token was sent that no dispatch names');
  if (isLate) return;
  const spent = earlier.filter((one) => one.state !== 'unspent');
  for (const one of spent) checkAgainst(world, ledger, presentation, one);
  const first = spent[0];
  if (first !== undefined && !isAllowed(world, ledger, presentation, spent, first)) {
    ledger.violated('G2', 'a token was presented again that may be spent');
  }
}

function checkAgainst(
  world: World,
  ledger: Ledger,
  presentation: Presentation,
  earlier: Presentation,
): void {
  const pair = earlier.issue && ledger.pairs.get(earlier.issue);
  if (earlier.isLate) return;
  if (pair?.state === 'kept' || pair?.state === 'superseded') {
    const { dispatch, lease } = ledger.deeds.of(presentation.process);
    // It was kept only after the last look at seals, and at versions, by one who had stood still until then.
    const isHeldLate =
      (pair.sealedAtMs ?? Number.POSITIVE_INFINITY) > (dispatch?.atMs ?? 0) &&
      (pair.keptAtMs ?? 0) > (lease?.atMs ?? 0);
    if (isHeldLate && isOverdue(world, earlier)) ledger.count('held late', earlier.parent);
    else {
      ledger.violated('G2', 'a token was presented again although its successor is kept');
    }
    return;
  }
  const isOpen = earlier.state === 'in flight' || pair?.state === 'in hand';
  // Who sends again has given the answer up; whether it may is the policy's business.
  const isOwn = earlier.process === presentation.process && pair?.state !== 'in hand';
  if (!isOpen || isOwn || earlier.process.state !== 'running') return;
  if (isOverdue(world, earlier)) ledger.count('held late', earlier.parent);
  else ledger.violated('G2', 'a token was presented while another has it under way');
}

/** Its host should have killed it by now. */
function isOverdue(world: World, { process }: Presentation): boolean {
  return world.nowMs > process.startsAtMs + lifeMsOf(world);
}

function lifeMsOf({ history }: World): number {
  return history.host === 'lambda' ? times.lifeMs : times.leaseTermMs;
}

function isAllowed(
  world: World,
  ledger: Ledger,
  presentation: Presentation,
  spent: readonly Presentation[],
  first: Presentation,
): boolean {
  const { policy } = world;
  if (policy.kind === 'reusable' || world.hasClockJumped) return true;
  if (policy.kind === 'grace') {
    // It must arrive within the grace, which the server counts from the first that came.
    if (presentation.atMs <= first.atMs + policy.seconds * 1000) return true;
  }
  if (spent.some((one) => one.process === presentation.process)) return false;
  const parent = presentation.parentIssue && ledger.pairs.get(presentation.parentIssue);
  const endMs = storedEndMs(parent) - toleranceMs;
  if (presentation.atMs >= endMs) return true;
  const isNearEnd = presentation.atMs >= endMs - lastChanceMs;
  const chanceMs = isNearEnd ? endMs + 2 * toleranceMs - lastChanceMs : Number.NEGATIVE_INFINITY;
  // Who was suspended dates its send by a clock that has stood still.
  const replays = spent.slice(1).filter((one) => one.atMs - one.process.lagMs >= chanceMs);
  return (isNearEnd || isKnownDead(world, presentation)) && replays.length === 0;
}

function isKnownDead(world: World, presentation: Presentation): boolean {
  const { canary } = world.journal;
  return canary?.verdict === 'rejected' && compare(canary.position, presentation.parent) === 0;
}
