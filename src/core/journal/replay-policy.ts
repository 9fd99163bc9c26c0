import { skewMaxMs } from '../time.ts';

/**
 * What a provider does with a refresh token that is presented again. Data, not code: `probe` measures it.
 * `reusable`: it stays valid. `grace`: it works for a while after its first use. `single-use`: reuse may
 * kill the whole family, the living access token with it. `unknown`: treated as single-use.
 */
export type ReplayPolicy =
  | { readonly kind: 'reusable' }
  | { readonly kind: 'grace'; readonly seconds: number }
  | { readonly kind: 'single-use' }
  | { readonly kind: 'unknown' };

/** How near to its end an access token is no longer put at risk by one more send. */
export const lastChanceMs = 2 * 60 * 60 * 1000;

// A server may still be working on a request whose answer was given up.
const settleMs = 10 * 60 * 1000;

/** What is known when an attempt was sent and no answer is on record. */
export interface UncertainAttempt {
  readonly firstSentAtMs: number;
  readonly lastSentAtMs: number;
  /** More than one send is open. */
  readonly replayed: boolean;
  /** The longest that a request may take to arrive. */
  readonly requestMs: number;
  readonly accessTokenExpiresAtMs: number;
  /** Since when the provider is known not to accept the access token any more. */
  readonly rejectedAtMs: number | undefined;
}

/**
 * Whether a token that may be spent can be sent again at once, with nothing at risk: a request that is on its way
 * for `requestMs` must still arrive within the grace.
 */
export function isSafeAgain(
  policy: ReplayPolicy,
  { firstSentAtMs, requestMs }: Pick<UncertainAttempt, 'firstSentAtMs' | 'requestMs'>,
  nowMs: number,
): boolean {
  switch (policy.kind) {
    case 'reusable':
      return true;
    case 'grace':
      // Of a send that a clock ahead has dated, nobody knows how long ago it was.
      return (
        firstSentAtMs - nowMs <= skewMaxMs &&
        nowMs <= firstSentAtMs + policy.seconds * 1000 - requestMs
      );
    case 'single-use':
    case 'unknown':
      return false; // guard: single-use waits
  }
}

/**
 * When the refresh token of an uncertain attempt may be sent again: a moment in epoch milliseconds, past
 * or to come. After the access token's end nothing is left to lose, so every check may.
 */
export function replayAtMs(policy: ReplayPolicy, attempt: UncertainAttempt, nowMs: number): number {
  return isSafeAgain(policy, attempt, nowMs) ? nowMs : guarded(attempt, nowMs);
}

function guarded(attempt: UncertainAttempt, nowMs: number): number {
  const endMs = attempt.accessTokenExpiresAtMs;
  if (nowMs >= endMs) return nowMs; // guard: replay after the end
  const chanceMs = Math.min(attempt.rejectedAtMs ?? endMs, endMs - lastChanceMs);
  if (attempt.replayed && attempt.lastSentAtMs >= chanceMs) return endMs;
  return Math.min(endMs, Math.max(chanceMs, attempt.lastSentAtMs + settleMs));
}
