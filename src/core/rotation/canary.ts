import type { CanaryRecord, Journal } from '../journal/journal.ts';
import type { Verdict } from '../ports.ts';
import { compare, isNewer, positionOf } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import { orWarn } from '../store-refusal.ts';
import type { Pass, RejectedToken } from './pass.ts';

const verdictHoldsMs = 60_000;

/**
 * A consumer's 401 about what is published: the canary decides. Where that does not show yet, as a read may be
 * behind, the complaint is to be heard again.
 */
export async function checkRejected(pass: Pass): Promise<RejectedToken> {
  const { request, published } = pass;
  if (request.rejected === undefined) return undefined;
  if (published === undefined || isNewer(request.rejected, published)) return 'not-visible-yet'; // guard: a complaint is not heard of an older token that shows
  if (isNewer(published, request.rejected)) return undefined;
  return (await isRejectedByCanary(pass, published)) ? positionOf(published) : undefined;
}

/**
 * Whether the published token is dead. A 401 also means a wrong company, so the provider is asked; what it
 * says of a token holds for a minute, for all who complain.
 */
export async function isRejectedByCanary(pass: Pass, published: AccessToken): Promise<boolean> {
  const { canary } = pass.session.journal;
  const nowMs = pass.session.nowMs();
  const remembered =
    canary !== null &&
    compare(canary.position, published) === 0 &&
    Math.abs(nowMs - canary.atMs) < verdictHoldsMs &&
    !isUntroubled(canary);
  const verdict = remembered ? canary.verdict : await askCanary(pass, published);
  return verdict === 'rejected';
}

/** A first look that found all well, as after each refresh: whatever is complained of came later. */
function isUntroubled({ verdict, fromFirst, sinceMs, atMs }: CanaryRecord): boolean {
  return verdict === 'accepted' && fromFirst && sinceMs === atMs;
}

/** Asks about a published token and remembers the verdict; a journal that refuses is only a warning. */
export async function askCanary(pass: Pass, published: AccessToken): Promise<Verdict> {
  const verdict = await pass.ports.canary.check(published.accessToken);
  const atMs = pass.session.nowMs();
  await orWarn(pass, "the canary's verdict was not kept: ", () =>
    pass.session.amend((journal) => withVerdict(journal, published, verdict, atMs)),
  );
  if (verdict === 'rejected') pass.warnings.push('the canary rejected the published access token');
  return verdict;
}

function withVerdict(
  journal: Journal,
  published: AccessToken,
  verdict: Verdict,
  atMs: number,
): Journal {
  const { canary } = journal;
  const earlier = canary !== null && compare(canary.position, published) === 0 ? canary : undefined;
  const same = earlier?.verdict === verdict;
  const next: CanaryRecord = {
    position: positionOf(published),
    verdict,
    sinceMs: same ? earlier.sinceMs : atMs,
    atMs,
    fromFirst: same ? earlier.fromFirst : earlier === undefined,
    ...(earlier?.checkedAtMs !== undefined && { checkedAtMs: earlier.checkedAtMs }),
  };
  return { ...journal, canary: next };
}
