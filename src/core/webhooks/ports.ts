import type { Sender } from './admission.ts';
import type { EntityId, Notification, QueuedNotification } from './notification.ts';

/** What came with a request to show that the provider sent it. */
export interface Proof {
  /** The signed token; absent: the request came without one. */
  readonly token: string | undefined;
  /** The address that the provider sends to. */
  readonly sink: string;
  /** What the token must name, where the request says it. */
  readonly eventId?: string;
  readonly subject?: string;
}

/** Why a request is not taken for the provider's. */
export type Forgery =
  | 'unsigned'
  | 'malformed'
  | 'signature'
  | 'expired'
  | 'issuer'
  | 'audience'
  | 'event-id'
  | 'subject';

/** Whether a request is the provider's. */
export type Verification =
  /** Of the provider, for whomever it was made. */
  | { readonly kind: 'genuine'; readonly sender: Sender }
  | { readonly kind: 'forged'; readonly reason: Forgery };

/** Tells the provider's requests from forged ones, without any secret; never rejects. */
export interface NotificationVerifier {
  verify(proof: Proof): Promise<Verification>;
}

/** The queue between receiver and handler; rejects with `StoreRefused` unless every message was taken. */
export interface NotificationQueue {
  send(messages: readonly QueuedNotification[]): Promise<void>;
}

/** The result of claiming an event for processing. */
export type Claim =
  /** It is ours until the claim ends; `settled` are the ids that an earlier claim has dealt with. */
  | { readonly kind: 'claimed'; readonly settled: readonly EntityId[] }
  /** It was published before. */
  | { readonly kind: 'published' }
  /** Under this key is another content: one of the two was not sent by the provider. */
  | { readonly kind: 'differs' }
  /** Somebody else is at it, or died over it. */
  | { readonly kind: 'held'; readonly untilMs: number };

/**
 * Which events were published. A claim is one conditional write; it ends by itself, so that a crash between
 * claim and confirmation leaves the event to the next delivery. Its end names it: releasing a claim that somebody
 * else has taken over since does nothing. Rejects with `StoreRefused`.
 */
export interface SeenEvents {
  /** `content` stands for what the event says; where none is given or none is on record, it is the same. */
  claim(key: string, nowMs: number, untilMs: number, content?: string): Promise<Claim>;
  /** The whole event is published, even if another has claimed it since. */
  confirm(key: string, untilMs: number, content?: string): Promise<void>;
  /** Gives the claim back at once, and notes which ids need no more work. */
  release(key: string, untilMs: number, settled: readonly EntityId[]): Promise<void>;
  /** Counts so many reads under a key; `false`, and nothing is counted, where that makes more than `max`. */
  countReads(key: string, reads: number, max: number, untilMs: number): Promise<boolean>;
}

/** Since the provider's quota is one for all, so is the waiting for it; rejects with `StoreRefused`. */
export interface QuotaPauses {
  /** Until when nothing of this company may be asked; `undefined`: go on. */
  untilMs(companyId: number): Promise<number | undefined>;
  /** Extends the pause, never shortens it. */
  raise(companyId: number, untilMs: number): Promise<void>;
}

/** An entity that was read, or why not. */
export type EntityRead =
  /** `quotaLeft`: how many requests more the provider answers for this company now, where it said so. */
  | { readonly kind: 'entity'; readonly entity: unknown; readonly quotaLeft?: number }
  /** The provider does not have it (any more). */
  | { readonly kind: 'absent' }
  /** 429, or a quota used up: nothing of this company for so long. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** The connection may not read it; names the scope or the company that is missing. */
  | { readonly kind: 'forbidden'; readonly detail: string }
  /** The company's licence at the provider has expired. */
  | { readonly kind: 'licence-expired' }
  | { readonly kind: 'no-token'; readonly person: boolean; readonly detail: string }
  /** Reading again may help. */
  | { readonly kind: 'failed'; readonly detail: string };

/** Reads entities with an access token that is fresh; never rejects. */
export interface EntityReader {
  read(notification: Notification, id: EntityId): Promise<EntityRead>;
}
