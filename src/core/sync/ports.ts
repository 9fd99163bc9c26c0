import type { TokenSource } from '../consumers/token-source.ts';
import type { EventBus } from '../events/event.ts';
import type { Clock, Random } from '../ports.ts';
import type { EntityId } from '../webhooks/notification.ts';
import type { EntityRead, QuotaPauses } from '../webhooks/ports.ts';

/**
 * When an entity was last changed, as its provider writes it. Two of one provider are ordered as texts; there
 * may be no zone in it, so it is never made a moment.
 */
export type Stamp = string;

/** One list of a provider that can be asked for what has changed. */
export interface ChangeList {
  /** Unique within the provider, such as `issued_documents/invoice`. */
  readonly name: string;
  /** As in notifications: entities of one resource share their ids. */
  readonly resource: string;
}

/** From where a list is read: everything from a stamp on, with or without that stamp itself. */
export interface Since {
  readonly at: Stamp;
  readonly inclusive: boolean;
}

/** One page of what has changed, in the order of stamps; entities of one stamp in the order of their ids. */
export interface ChangePageQuery {
  readonly since: Since | null;
  /** Nothing that changed after this. */
  readonly until: Stamp;
  /** Counts from 1. */
  readonly page: number;
  /** Whether the entities themselves are wanted. */
  readonly entity: 'full' | 'reference';
}

/** An entity as a list shows it. */
export interface ListedChange {
  readonly id: EntityId;
  readonly stamp: Stamp;
  readonly isNew: boolean;
  /** Absent where only references were asked for. */
  readonly entity?: unknown;
}

/** How many requests are left, as far as the provider says. */
export interface QuotaLeft {
  readonly hourly?: { readonly remaining: number; readonly limit: number };
  readonly monthly?: { readonly remaining: number; readonly limit: number };
}

/** Why a request brought nothing. */
export type ReadFailure =
  | Exclude<EntityRead, { readonly kind: 'entity' | 'absent' }>
  /** The token does not reach this company at all. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** The provider does not take the question: asking again is of no use. */
  | { readonly kind: 'refused'; readonly detail: string };

/** A page of a list, or why there is none. */
export type PageRead =
  | {
      readonly kind: 'page';
      readonly changes: readonly ListedChange[];
      /** How many more there were, without an id or a stamp; absent: none. */
      readonly unreadable?: number;
      /** Entities in all pages of this query. */
      readonly total: number;
      readonly isLast: boolean;
      readonly quota: QuotaLeft;
    }
  | ReadFailure;

/** A bin, or why there is none. */
export type BinRead =
  | { readonly kind: 'bin'; readonly ids: readonly EntityId[]; readonly quota: QuotaLeft }
  | ReadFailure;

/** What a provider tells of its changes, one request for each call; its calls never reject. */
export interface ChangeFeed {
  readonly lists: readonly ChangeList[];
  /** Resources whose deleted entities can be seen. */
  readonly bins: readonly string[];
  readonly pageSize: number;
  page(companyId: number, list: ChangeList, query: ChangePageQuery): Promise<PageRead>;
  bin(companyId: number, resource: string): Promise<BinRead>;
  entity(companyId: number, resource: string, id: EntityId): Promise<EntityRead>;
  /** The stamp of an entity that is changed now. */
  stampAt(nowMs: number): Stamp;
  /** A stamp so much earlier that whatever appears late, or on a clock set back, is not before it. */
  overlapped(stamp: Stamp): Stamp;
  /** Whether so much time lies between that nothing can appear at or before `stamp` any more. */
  isSettled(stamp: Stamp, now: Stamp): boolean;
  /** Whether two moments have this stamp, an hour apart: summer time ends. */
  isAmbiguous(stamp: Stamp): boolean;
  /** The stamp in an entity that was read; `undefined` if there is none. */
  stampOf(entity: unknown): Stamp | undefined;
}

/** What is remembered between passes: texts by key, each with the number of its writes. Rejects with `StoreRefused`. */
export interface SyncStore {
  /** Revision 0 where nothing was ever written. */
  read(key: string): Promise<{ readonly text: string | undefined; readonly revision: number }>;
  /** Writes if the revision is still the same. */
  write(key: string, text: string, revision: number): Promise<'written' | 'conflict'>;
}

/** The last state of an entity that a notification has told of. */
export type PublishedState =
  | { readonly kind: 'stamp'; readonly stamp: Stamp }
  | { readonly kind: 'deleted' };

/** What notifications have published of entities, for some days; what is not on record may have been published too. */
export interface PublishedStates {
  read(
    companyId: number,
    resource: string,
    ids: readonly EntityId[],
  ): Promise<ReadonlyMap<EntityId, PublishedState>>;
  /** Only after it was published. */
  note(companyId: number, resource: string, id: EntityId, state: PublishedState): Promise<void>;
  /** Ids that notification and API did not agree on, until a sync has looked at them. */
  doubted(companyId: number, resource: string): Promise<readonly EntityId[]>;
  doubt(companyId: number, resource: string, ids: readonly EntityId[]): Promise<void>;
  /** A sync has looked at them. */
  settle(companyId: number, resource: string, ids: readonly EntityId[]): Promise<void>;
}

/** Everything that a sync touches; all of one connection. */
export interface SyncPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly tokens: TokenSource;
  readonly feed: ChangeFeed;
  readonly store: SyncStore;
  readonly published: PublishedStates;
  readonly pauses: QuotaPauses;
  readonly bus: EventBus;
}
