import type { CanaryRecord, Journal } from '../journal/journal.ts';
import { readReplaced } from '../operations/login.ts';
import { factsOf, type Outcome } from '../outcome/outcome.ts';
import type { Verdict } from '../ports.ts';
import { compare, isNewer, type Position } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import { orWarn } from '../store-refusal.ts';
import { askCanary, isRejectedByCanary } from './canary.ts';
import type { Pass, RotationPorts } from './pass.ts';
import { readPublished } from './promote.ts';
import { failingSinceMs, withEntry } from './settle.ts';

const checkEveryMs = 86_400_000;

/** The manual token that consumers read; none where a grant is what is served, or has come after it. */
export function manualIn(
  published: AccessToken | undefined,
  current: Position | undefined,
): AccessToken | undefined {
  if (published?.expiresAtMs !== null) return undefined;
  return current !== undefined && isNewer(current, published) ? undefined : published;
}

/** The same, as it is stored; a damaged grant is none. Rejects with `StoreRefused`. */
export async function readManual({
  accessToken,
  grant,
}: Pick<RotationPorts, 'accessToken' | 'grant'>): Promise<AccessToken | undefined> {
  const [published, current] = await Promise.all([readPublished(accessToken), readReplaced(grant)]);
  return manualIn(published?.token, current?.grant);
}

/**
 * The pass of a connection with a manual token: nothing is refreshed. Once a day, however often consumers
 * complain, and at each pass while something is wrong, the provider is asked whether it still works and for what.
 */
export async function checkManualToken(pass: Pass, published: AccessToken): Promise<Outcome> {
  const fresh: Outcome = { kind: 'fresh', token: factsOf(published) };
  const { rejected } = pass.request;
  const isOfOlder = rejected !== undefined && compare(rejected, published) < 0;
  if (isOfOlder || !isCheckDue(pass, published)) return fresh;
  const outcome = await look(pass, published, fresh);
  // A consumer's complaint looks at no permission: that all is well, only a check can say.
  const isKnown = outcome.kind !== 'fresh' || pass.request.trigger !== 'consumer';
  if (outcome.kind !== 'unavailable' && isKnown) await note(pass, published, outcome);
  return outcome;
}

function isCheckDue(pass: Pass, published: AccessToken): boolean {
  const { request, session } = pass;
  const { canary, failingSinceMs: troubledSinceMs } = session.journal;
  const isAsked = request.trigger === 'operator' && request.onlyIfDue !== true;
  if (isAsked || request.rejected !== undefined) return true;
  if (canary === null || canary.verdict === 'unknown') return true;
  if (compare(canary.position, published) !== 0) return true;
  const { checkedAtMs } = canary;
  if (troubledSinceMs !== null || checkedAtMs === undefined) return true;
  return Math.abs(session.nowMs() - checkedAtMs) >= checkEveryMs;
}

async function look(pass: Pass, published: AccessToken, fresh: Outcome): Promise<Outcome> {
  switch (await verdictOn(pass, published)) {
    case 'unknown': {
      const detail = 'the manual token could not be checked; it is still served';
      return { kind: 'unavailable', detail, retryAtMs: null };
    }
    case 'rejected':
      return {
        kind: 'token-rejected',
        sinceMs: pass.session.journal.canary?.sinceMs ?? pass.session.nowMs(),
      };
    case 'accepted': {
      const missing = pass.request.trigger === 'consumer' ? [] : await lacking(pass, published);
      return missing.length > 0 ? { kind: 'permission-missing', missing } : fresh;
    }
  }
}

/** A consumer's complaint is answered from memory for a minute, so that it costs the provider nothing. */
async function verdictOn(pass: Pass, published: AccessToken): Promise<Verdict> {
  if (pass.request.rejected === undefined) return askCanary(pass, published);
  return (await isRejectedByCanary(pass, published)) ? 'rejected' : 'accepted';
}

async function lacking(pass: Pass, published: AccessToken): Promise<readonly string[]> {
  const { permissions } = pass.ports;
  const { accessToken, companies, scopes = [] } = published;
  if (permissions === undefined || scopes.length === 0) return [];
  const missing: string[] = [];
  for (const { id } of companies) {
    const lacked = await permissions.lacking(accessToken, id, scopes);
    missing.push(...lacked.map((scope) => `${scope} in company ${id}`));
  }
  return missing;
}

async function note(pass: Pass, published: AccessToken, outcome: Outcome): Promise<void> {
  const atMs = pass.session.nowMs();
  const { generation } = published;
  const isInFull = pass.request.trigger !== 'consumer';
  await orWarn(pass, 'the check was not noted in the journal: ', () =>
    pass.session.amend((journal) => ({
      ...journal,
      canary: isInFull ? checked(journal, published, atMs) : journal.canary,
      failingSinceMs: failingSinceMs(journal, outcome, atMs),
      history: withEntry(journal.history, { atMs, outcome: outcome.kind, generation }),
    })),
  );
}

function checked({ canary }: Journal, published: AccessToken, atMs: number): CanaryRecord | null {
  const isOfThis = canary !== null && compare(canary.position, published) === 0;
  return isOfThis ? { ...canary, checkedAtMs: atMs } : canary;
}
