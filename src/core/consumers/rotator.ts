import { classOf, type Outcome } from '../outcome/outcome.ts';
import { describeClosed, describeOutcome } from '../outcome/outcome-text.ts';
import type { StoreRefused } from '../ports.ts';
import { type Position, positionOf } from '../position.ts';
import { isPassing } from '../retry.ts';
import type { RotationRequest } from '../rotation/pass.ts';

/** What a consumer asks of the rotator; it never answers with a token. */
export interface RefreshWish {
  readonly minValidityMs?: number;
  readonly rejected?: Position;
}

/** The rotator's answer: what is published now, that another pass is at work, or why nothing better can be. */
export type RefreshAnswer =
  | { readonly kind: 'published'; readonly position: Position; readonly expiresAtMs: number | null }
  | { readonly kind: 'busy' }
  | {
      readonly kind: 'unavailable' | 'person-needed';
      readonly detail: string;
      /** The kind of outcome behind it. */
      readonly reason?: Outcome['kind'];
    };

/** What the end of a pass means to the consumer who asked for it. */
export function answerOf(outcome: Outcome): RefreshAnswer {
  if ('token' in outcome) {
    const { token } = outcome;
    return { kind: 'published', position: positionOf(token), expiresAtMs: token.expiresAtMs };
  }
  if (outcome.kind === 'busy') return { kind: 'busy' };
  return {
    kind: classOf(outcome) === 'person' ? 'person-needed' : 'unavailable',
    detail: describeOutcome(outcome),
  };
}

/** The same for a caller from another account or role: only fixed sentences, nothing quoted. */
export function closedAnswerOf(outcome: Outcome): RefreshAnswer {
  const answer = answerOf(outcome);
  if (!('detail' in answer)) return answer;
  return { ...answer, detail: describeClosed(outcome), reason: outcome.kind };
}

/** What a store's refusal means to a consumer. */
export function answerOfRefusal(refusal: StoreRefused) {
  const kind = isPassing(refusal) ? ('unavailable' as const) : ('person-needed' as const);
  return { kind, detail: refusal.message };
}

/** Asks the one rotator of a connection for a refresh; never rejects. */
export interface Rotator {
  ask(wish: RefreshWish): Promise<RefreshAnswer>;
}

/** The rotator in this process. */
export function ownRotator(rotate: (request: RotationRequest) => Promise<Outcome>): Rotator {
  return { ask: async (request) => answerOf(await rotate({ trigger: 'consumer', ...request })) };
}
