// Goal: nobody is asked more often than is needed, and no token leaves a process that must not send it.
// Method: the page's limits applied at the moment of the call to what is true, and to what the caller has seen.

import type { Journal } from '../../../src/core/journal/journal.ts';
import type { TokenAnswer } from '../../../src/core/ports.ts';
import { compare, type Position } from '../../../src/core/position.ts';
import type { Grant } from '../../../src/core/records/grant.ts';
import { beginningMs, skewMaxMs, times } from '../histories/history.ts';
import { type Deed, ownerOf } from '../world/deeds.ts';
import { place } from '../world/rotator-ports.ts';
import type { Process } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import type { Ledger } from './ledger.ts';
import { keyOf, type Presentation } from './pairs.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const minuteMs = 60_000;
/** Stored times are whole seconds, and a login's are its own machine's. */
const toleranceMs = skewMaxMs + 1000;

/** The limits of one history. */
export class Limits {
  readonly #world: World;
  readonly #ledger: Ledger;
  /**
   * Until when a process that was throttled has asked all others to wait, by generation; by its own clock, for
   * who was suspended knows no other.
   */
  readonly #waits: { readonly process: Process; readonly untilMs: number; parent: string }[] = [];

  readonly #lifted = new Set<string>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** A refresh token is about to leave its process. */
  onSend(process: Process): void {
    const deed = this.#ledger.deeds.of(process);
    const { dispatch } = deed;
    if (dispatch === undefined) return;
    const grant = this.#ledger.pairAt(dispatch.parent)?.grant;
    this.#checkLease(process, deed);
    this.#checkHolds(deed, dispatch.parent);
    this.#checkPatience(keyOf(dispatch.parent), deed.lease?.atMs ?? 0);
    const isSealed = deed.seen?.seals.some(
      (seal) => seal.grant === dispatch.parent.grant && compare(seal, dispatch.parent) > 0,
    );
    if (isSealed) this.#ledger.violated('G2', 'a token was sent although a newer one is sealed');
    if (grant === undefined) return;
    if (grant.environment !== place.environment) {
      this.#ledger.violated('G2', "another environment's token was sent");
    }
    this.#checkNeed(process, deed, grant);
    this.#checkQuota(process, deed, grant);
  }

  /** The answer to a refresh is in the hands of its process. */
  onAnswer(process: Process, answer: TokenAnswer): void {
    const { dispatch } = this.#ledger.deeds.of(process);
    if (answer.kind !== 'throttled' || dispatch === undefined) return;
    const untilMs = this.#world.nowMs - process.lagMs + Math.min(answer.retryAfterMs, hourMs);
    this.#waits.push({ process, untilMs, parent: keyOf(dispatch.parent) });
  }

  /** An access token is about to be tried. */
  onCanary(process: Process, accessToken: string): void {
    const issue = this.#world.provider.issueOf(accessToken);
    const pair = issue && this.#ledger.pairs.get(issue);
    if (pair?.state === 'in hand') {
      this.#ledger.violated('G1', 'a token was used before it was kept');
    }
    const { request, seen, published } = this.#ledger.deeds.of(process);
    if (request?.rejected === undefined || pair?.holder === process) return;
    if (published && compare(request.rejected, published) < 0) {
      this.#ledger.violated('limits', 'the canary was asked about a token that nobody has now');
    }
    const known = seen?.canary;
    if (!known || !pair?.grant || compare(known.position, pair.grant) !== 0) return;
    // A look that found all well, as after each refresh, says nothing of what came later.
    if (known.verdict === 'accepted' && known.fromFirst && known.sinceMs === known.atMs) return;
    if (this.#world.nowMs < known.atMs + minuteMs - 2000) {
      this.#ledger.violated('limits', 'the canary was asked twice within a minute');
    }
  }

  #checkLease(process: Process, { skewMs, endsAtMs }: Deed): void {
    const { nowMs, history } = this.#world;
    const isHolder = this.#world.journal.lease?.owner === ownerOf(process);
    // Who was suspended cannot know that its term is over, only that another has taken its place.
    if (!isHolder || (process.lagMs === 0 && this.#ledger.isLate(process))) {
      this.#ledger.violated('G2', 'a token was sent without the lease');
    }
    const spareMs = times.requestMs + times.storeMs;
    if (nowMs - process.lagMs > (endsAtMs ?? 0) - spareMs) {
      this.#ledger.violated('G2', 'a token was sent too late to keep what it brings');
    }
    if (history.host === 'lambda' && Math.abs(skewMs ?? 0) > skewMaxMs + 1000) {
      this.#ledger.violated('G5', 'a clock that is far off was not spoken of');
    }
  }

  /** What stood in the journal when the lease was taken, and still did when the send was journalled. */
  #checkHolds({ lease, seen, clientVersionId, request }: Deed, parent: Position): void {
    const latch = lease?.journal.latch;
    if (latch && latch === seen?.latch) {
      const isAnother = latch.doubt && latch.doubt.clientVersionId !== clientVersionId;
      if (!isAnother && compare(latch.position, parent) === 0) {
        this.#ledger.violated('G2', 'a token was sent in spite of a latch');
      }
    }
    const answer = lease?.journal.badAnswer;
    const isRefused =
      answer?.kind === 'application-refused' &&
      answer === seen?.badAnswer &&
      answer.clientVersionId === clientVersionId;
    const isCheck =
      request?.trigger === 'schedule' ||
      request?.trigger === 'consumer' ||
      request?.onlyIfDue === true;
    if (
      isRefused &&
      isCheck &&
      Math.abs(this.#world.nowMs - answer.atMs) < 55 * minuteMs - toleranceMs
    ) {
      this.#ledger.violated('limits', 'a refused application was used again within the hour');
    }
    const isPaused = lease?.journal.pausedAtMs !== null && seen?.pausedAtMs !== null;
    if (isPaused) this.#ledger.violated('limits', 'a token was sent in spite of a pause');
  }

  #checkPatience(parent: string, leaseAtMs: number): void {
    for (const wait of this.#waits) {
      if (wait.parent !== parent || this.#world.nowMs >= wait.untilMs - toleranceMs) continue;
      const reported = this.#ledger.reports.find(({ process }) => process === wait.process);
      if (reported?.report.outcome.kind !== 'waiting' || reported.atMs > leaseAtMs) continue;
      this.#ledger.violated('limits', 'a token was sent before the time that Retry-After named');
    }
  }

  #checkNeed(process: Process, { request, seen }: Deed, grant: Grant): void {
    const world = this.#world;
    const { nowMs } = world;
    if (request === undefined || world.happened.has('canary is wrong')) return;
    const isResent = (world.journal.dispatch?.sends.length ?? 0) > 1;
    const lifeMs = grant.expiresAtMs - grant.issuedAtMs;
    const agesAtMs = grant.issuedAtMs + Math.min(lifeMs / 2, times.rotateEveryMs);
    const wishMs = request.minValidityMs ?? 0;
    const isNeeded =
      isResent ||
      // Somebody wanted a refresh, and got another answer.
      (request.trigger !== 'consumer' && isOpen(seen)) ||
      // Dated by a clock that is ahead, as far as one who was suspended can know.
      grant.issuedAtMs > nowMs - process.lagMs ||
      // What was adopted has no access token, whatever clock dated it.
      grant.accessToken === null ||
      isAsked(request.trigger, nowMs >= grant.issuedAtMs + 10 * minuteMs - toleranceMs) ||
      nowMs >= agesAtMs - toleranceMs ||
      grant.expiresAtMs - nowMs < wishMs + toleranceMs ||
      !world.provider.isAccessAccepted(grant.accessToken.reveal(), nowMs);
    if (!isNeeded) this.#ledger.violated('limits', 'a token was spent that nobody needed');
  }

  #checkQuota(sender: Process, { request }: Deed, grant: Grant): void {
    const { nowMs, history } = this.#world;
    const sent = this.#sent(nowMs - dayMs);
    const sentBefore = nowMs < sentBeforeAtMs(0) + dayMs ? history.sentBefore : 0;
    const isOnDemand = request?.trigger === 'consumer';
    if (sent.length + sentBefore >= (isOnDemand ? 12 : 40)) {
      this.#ledger.violated('limits', 'more tokens were spent in a day than versions allow');
    }
    // What is sent again at once is one attempt.
    if (!isOnDemand || sent.some(({ process }) => process === sender)) return;
    const everyMs = Math.min(45 * minuteMs, (grant.expiresAtMs - grant.issuedAtMs) / 2);
    // Who was suspended dates its send by a clock that has stood still.
    const before = sent.filter(({ process }) => process !== sender);
    const last = Math.max(...before.map(({ atMs, process }) => atMs - process.lagMs));
    if (nowMs >= last + everyMs - toleranceMs) return;
    if (this.#isLifted(grant)) return;
    this.#ledger.violated('limits', 'tokens were spent on demand too soon after one another');
  }

  /** A token that died lifts the limit once, unless it never worked; the last verdict may not have been noted. */
  #isLifted(grant: Grant): boolean {
    const { journal, provider, nowMs } = this.#world;
    const { canary } = journal;
    if (canary === null || compare(canary.position, grant) !== 0) return false;
    const isOnceMore = this.#lifted.has(keyOf(grant));
    this.#lifted.add(keyOf(grant));
    const isDead =
      canary.verdict === 'rejected'
        ? !canary.fromFirst
        : grant.accessToken !== null &&
          !provider.isAccessAccepted(grant.accessToken.reveal(), nowMs);
    return isDead && !isOnceMore;
  }

  #sent(sinceMs: number): Presentation[] {
    return [...this.#ledger.presentations.values()]
      .flat()
      .filter(({ atMs, state }) => atMs > sinceMs && state !== 'unspent');
  }
}

/** Whether an answer of the provider has to be heard again. */
function isOpen(seen: Journal | undefined): boolean {
  return Boolean(seen?.badAnswer ?? seen?.refusal ?? seen?.latch?.doubt);
}

/** When the n-th of the refreshes before the beginning was sent. */
export function sentBeforeAtMs(index: number): number {
  return beginningMs - 20 * hourMs + index * minuteMs;
}

function isAsked(trigger: string, isOldEnough: boolean): boolean {
  return trigger === 'operator' || trigger === 'login' || (trigger === 'native' && isOldEnough);
}
