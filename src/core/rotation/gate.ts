import type { Journal } from '../journal/journal.ts';
import { replacedBy } from '../operations/login.ts';
import { factsOf, type Outcome } from '../outcome/outcome.ts';
import { compare, isNewer, newest } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import { decodeGrant, type Grant } from '../records/grant.ts';
import { isDatedAhead, longestWishMs, skewMaxMs } from '../time.ts';
import { checkRejected } from './canary.ts';
import { isRefused, standingLatch } from './latch.ts';
import { checkManualToken, manualIn } from './manual-check.ts';
import type { Pass, RejectedToken, RotationRequest, RotationSettings } from './pass.ts';
import { lookAtPublished } from './promote.ts';

const nativeEveryMs = 10 * 60_000;

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

/**
 * Step 0: the outcome of a pass that goes no further than this. What it reads may be behind, so nothing is
 * decided here but whether to take the lease.
 */
export async function gate(pass: Pass): Promise<Outcome | undefined> {
  const { clock, grant } = pass.ports;
  const { session } = pass;
  const dateMs = await session.read();
  const skewMs = dateMs === undefined ? 0 : clock.nowMs() - dateMs;
  if (Math.abs(skewMs) > skewMaxMs) return { kind: 'clock-skewed', skewMs };

  const [published, version] = await Promise.all([lookAtPublished(pass), grant.current()]);
  // One that is damaged, or logged out, lies under a manual token as any other.
  const found = version && replacedBy(version).grant;
  const manual = manualIn(pass.published, found);
  if (manual !== undefined) return checkManualToken(pass, manual);
  const current = found ?? (version && decodeGrant(version.value));
  if (current === undefined) {
    // Of a manual token alone a logout has no grant to put its mark in.
    if (published?.loggedOut !== undefined) throw published.loggedOut;
    if (session.journal.known === null) return { kind: 'not-connected', missing: 'grant' };
    pass.rejected = 'not-visible-yet';
    return undefined;
  }
  const shut = foreignGrant(pass, current) ?? (await notDue(pass, current));
  if (shut !== undefined) return shut;
  return clock.monotonicMs() > pass.sendByMs ? { kind: 'out-of-time' } : undefined;
}

async function notDue(pass: Pass, current: Grant): Promise<Outcome | undefined> {
  const { published } = pass;
  if (published && isReplaced(pass, published)) return { kind: 'fresh', token: factsOf(published) };
  pass.rejected = await checkRejected(pass);
  if (
    published === undefined ||
    dueReason(gateInputOf(pass, current, pass.rejected)) !== undefined
  ) {
    return undefined;
  }
  const latch = await standingLatch(pass, current);
  return latch ? { kind: 'latched', latch } : { kind: 'fresh', token: factsOf(published) };
}

/** Whether a consumer complains of a token that has a successor, which lasts. */
function isReplaced({ request, session }: Pass, published: AccessToken): boolean {
  const { expiresAtMs } = published;
  const nowMs = session.nowMs();
  const isOver = expiresAtMs !== null && (nowMs >= expiresAtMs || isDatedAhead(published, nowMs));
  return request.rejected !== undefined && isNewer(published, request.rejected) && !isOver;
}

/** Whether a grant belongs to another place or provider, where this rotator must not spend it. */
export function foreignGrant(pass: Pass, grant: Grant): Outcome | undefined {
  const { environment, provider } = pass.settings;
  if (grant.environment !== environment)
    return { kind: 'elsewhere', environment: grant.environment };
  return grant.provider === provider
    ? undefined
    : { kind: 'elsewhere', environment: grant.provider };
}

/** What a pass goes by when the grant `current` is. */
export function gateInputOf(pass: Pass, current: Grant, rejected: RejectedToken): GateInput {
  const { session, published, request, settings } = pass;
  // The canary spoke of what was published then; by now that may be another token.
  const publishedRejected =
    rejected !== undefined && rejected !== 'not-visible-yet' && compare(rejected, current) === 0; // guard: dead though nobody could note it
  const { journal } = session;
  return {
    journal,
    published,
    current,
    nowMs: session.nowMs(),
    publishedRejected,
    request,
    settings,
  };
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
  // A login that could not reach the journal has left there what was answered before it.
  if (journal.badAnswer !== null && isOfEarlierGrant(input)) return 'unsettled';
  if (isBehind(input)) return 'behind'; // guard: due when published is behind
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

/** Whether the journal knows only an earlier grant: what a login has just made current was never sent. */
function isOfEarlierGrant({ journal: { known }, current }: GateInput): boolean {
  return known !== null && known.grant < current.grant;
}

/**
 * Somebody wanted a refresh, and the provider's answer is one that a check has to hear again; or it may be another
 * once the application was stored again.
 */
function isUnanswered(input: GateInput): boolean {
  const { journal, current, request } = input;
  const { badAnswer, latch } = journal;
  if (request.trigger === 'consumer') return false;
  if (badAnswer !== null && badAnswer.kind !== 'unusable' && !isOfEarlierGrant(input)) return true;
  if (isRefused(journal, current)) return true;
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
