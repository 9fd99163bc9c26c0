import type { Change, EntityId } from '../webhooks/notification.ts';

/** The source of all of Fresco's events on a bus. */
export const eventSource = 'fresco';

/** What every event's `detail` has; never a token. */
export interface EventDetail {
  readonly v: 1;
  readonly connection: string;
}

/** `Entity Changed`: what happened to one entity. Apply it if its `updated_at` is not older than what you have. */
export interface EntityChangedDetail extends EventDetail {
  /** As in CloudEvents: `company:<id>`. */
  readonly subject: string;
  /** Id of the company. */
  readonly company: number;
  /** Kind of entity, such as `clients` or `issued_documents`; ids are unique within one kind and company. */
  readonly resource: string;
  readonly id: EntityId;
  /** A hint: take `create` and `update` alike. */
  readonly change: Change;
  /** Told by a notification of the provider, or found by a sync. */
  readonly origin: 'webhook' | 'sync';
  /** Id and type of the provider's notification; only of origin `webhook`. */
  readonly eventId?: string;
  readonly type?: string;
  /** RFC 3339; only where the provider said it. */
  readonly time?: string;
  /** `updated_at` as the provider wrote it; only of origin `sync`, and not after a deletion. */
  readonly updatedAt?: string;
  /** The entity as the provider gave it; absent after a deletion, or where the stack tells references only. */
  readonly entity?: unknown;
  /** The entity was left out because it does not fit an event: read it from the API. */
  readonly entityOmitted?: 'too large';
}

/** `Token Refreshed`, `Token Refresh Recovered` and `Token Refresh Failed`: how a pass of the rotator ended. */
export interface TokenRefreshDetail extends EventDetail {
  readonly outcome: string;
  /** Nothing to do, another check will do, or a person has to act. */
  readonly class: 'done' | 'retry' | 'person';
  readonly generation?: number;
  /** Hours for which the published access token is still good. */
  readonly hoursLeft?: number;
  readonly warnings?: readonly string[];
}

/** `Reauthorization Required`: no refresh until a person has acted. */
export interface ReauthorizationRequiredDetail extends TokenRefreshDetail {
  readonly why: string;
  /** RFC 3339. */
  readonly since: string;
  /** The command to run. */
  readonly command: string;
  /** The command to run where that one did not help: the provider did not say what it refuses. */
  readonly otherwise?: string;
  /** Where the owner of the account consents, with no rights in AWS; absent where no page for it is deployed. */
  readonly reconnectUrl?: string;
}

/** The counts of a sync; at least so many if it was interrupted. */
export interface SyncCounts {
  /** Requests to the provider, those that failed among them. */
  readonly requests: number;
  /** Pages of lists that were read whole. */
  readonly pages: number;
  /** Entities found changed and told. */
  readonly changed: number;
  /** Deletions told. */
  readonly deleted: number;
  /** Changes that a webhook had already published. */
  readonly alreadyTold: number;
}

/** `Sync Completed`: every list that the token may read was read, and everything that had changed when the sync began is published. */
export interface SyncCompletedDetail extends EventDetail, SyncCounts {
  /** Of the sync; the same for all of its passes. */
  readonly id: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly companies: number;
  /** What was published of each kind of entity. */
  readonly resources: Readonly<Record<string, number>>;
  /** Lists that the token has no permission for. */
  readonly skipped: readonly { readonly list: string; readonly why: string }[];
}

/** `Webhook Subscription Lost`: the provider does not send what it was asked to; said each day until it does. */
export interface SubscriptionLostDetail extends EventDetail {
  readonly subject: string;
  readonly company: number;
  /** Id of the subscription at the provider. */
  readonly subscription: string;
  readonly sink: string;
  readonly types: readonly string[];
  /** `another address`: it sends to an earlier deployment, or to where somebody has moved it. */
  readonly why: 'gone' | 'not verified' | 'types missing' | 'another address';
  /** Id of the subscription that was made in its place. */
  readonly renewedAs?: string;
  /** Why none could be made in its place, where the stack wants one. */
  readonly refused?: string;
}

/** The `detail` of each event by its `detail-type`. */
export interface EventDetails {
  readonly 'Entity Changed': EntityChangedDetail;
  readonly 'Sync Completed': SyncCompletedDetail;
  readonly 'Webhook Subscription Lost': SubscriptionLostDetail;
  readonly 'Token Refreshed': TokenRefreshDetail;
  readonly 'Token Refresh Recovered': TokenRefreshDetail;
  readonly 'Token Refresh Failed': TokenRefreshDetail;
  readonly 'Reauthorization Required': ReauthorizationRequiredDetail;
}

/** An event for the bus, in the words of `docs/`: `detail` never holds a token. */
export interface FrescoEvent {
  readonly detailType:
    | 'Token Refreshed'
    | 'Token Refresh Failed'
    | 'Token Refresh Recovered'
    | 'Reauthorization Required'
    | 'Entity Changed'
    | 'Webhook Subscription Lost'
    | 'Sync Completed';
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Where events for other people's code go; rejects with `StoreRefused` unless every one was accepted. */
export interface EventBus {
  publish(events: readonly FrescoEvent[]): Promise<void>;
}
