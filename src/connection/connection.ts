import type { Config, Environment } from '../config/config.ts';
import type { NewTicket, TicketWish } from '../core/consent/ticket.ts';
import type { TokenSource } from '../core/consumers/token-source.ts';
import type { EventBus } from '../core/events/event.ts';
import type { JournalStore } from '../core/journal/journal-store.ts';
import type { Consent, LoggedIn } from '../core/operations/login.ts';
import type { LoggedOut } from '../core/operations/logout.ts';
import type { ManualToken } from '../core/operations/manual-token.ts';
import type { Outcome } from '../core/outcome/outcome.ts';
import type { Clock, PendingSecret, Random } from '../core/ports.ts';
import type { RotationPorts, RotationSettings } from '../core/rotation/pass.ts';
import type { SyncPorts } from '../core/sync/ports.ts';
import type { SenderStore } from '../core/webhooks/admission.ts';
import type { ExpectedSubscriptions } from '../core/webhooks/subscriptions.ts';
import type { DamagedFile } from '../local/file-store/file-store.ts';
import type { HeldLock } from '../local/file-store/held-lock.ts';
import type { Deployed } from './deployed.ts';
import type { Provider } from './provider.ts';

/** One connection as the command works on it, wherever it is stored. */
export interface Connection {
  readonly name: string;
  /** Where it is stored, in words for people. */
  readonly place: string;
  readonly provider: Provider;
  /** What its passes run with. */
  readonly settings: RotationSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly client: PendingSecret;
  readonly grant: PendingSecret;
  readonly accessToken: PendingSecret;
  readonly journal: JournalStore;
  readonly tokens: TokenSource;
  /** The webhook subscriptions that it should have. */
  readonly subscriptions: ExpectedSubscriptions;
  /** Names of all connections of the store; rejects with `StoreRefused`. */
  siblings(): Promise<readonly string[]>;
  /** Locks in a file store whose holder will hardly give them back; rejects with `StoreRefused`. */
  leftLocks?(): Promise<readonly HeldLock[]>;
  /** Whose webhooks it takes. */
  readonly senders: SenderStore;
  /** What makes the passes when nobody is at the keyboard. */
  readonly schedule: string;
  /** One pass of the protocol; in AWS it is the rotator that makes it. */
  rotate(request: PassRequest): Promise<PassResult>;
  login(consent: Consent): Promise<LoggedIn>;
  /** Has consumers served with a token that never expires, from now on. */
  putManualToken(manual: ManualToken): Promise<LoggedIn>;
  /** Forgets grant and access token where they are stored. */
  logout(): Promise<LoggedOut>;
  /** What a person does by hand in this process, under the lease, wherever the connection is stored. */
  readonly byHand: ByHand;
  /** Versions of grant and access token that are kept, without values; rejects with `StoreRefused`. */
  storedVersions(): Promise<readonly VersionFacts[]>;
  /** Whether its store takes writes, where that can be tried; rejects with `StoreRefused`. */
  checkWritable?(): Promise<void>;
  /** What of its files is damaged, where it is stored in files. Rejects with `StoreRefused`. */
  damagedFiles?(): Promise<readonly DamagedFile[]>;
  /** Where a sync keeps its records and publishes; to `bus` where the store has none. */
  syncStores(bus: EventBus): Promise<SyncStores>;
  /** The stack behind it, where there is one. */
  readonly deployed?: () => Promise<Deployed>;
  /** Where the provider sends webhooks, if an endpoint is deployed. */
  readonly sink?: string;
  /** The pages on which a person without rights consents, if they are deployed. */
  readonly consent?: ConsentByLink;
  /** Puts dead letters back into their queue, where there is one. */
  redrive?(): Promise<void>;
}

export type { DamagedFile };

/** What a sync writes to. */
export interface SyncStores extends Pick<SyncPorts, 'store' | 'published' | 'pauses' | 'bus'> {
  /** Where the events go, in words for people. */
  readonly place: string;
  /** Otherwise events go to the caller that opened the sync. */
  readonly hasBus: boolean;
}

/** A connection's page for consent. */
export interface ConsentByLink {
  /** Open while the connection needs a person. */
  readonly url: string;
  /** Where the provider sends browsers back to: a redirect of the application. */
  readonly callback: string;
  /** Makes a ticket with which the page opens in any case; rejects with `StoreRefused`. */
  issue(wish: TicketWish): Promise<NewTicket>;
}

/** One stored version of a secret, without its value. */
export interface VersionFacts {
  readonly secret: string;
  readonly versionId: string;
  readonly labels: readonly string[];
}

/** The means of a recovery by hand. */
export interface ByHand {
  /** Of one pass; each call is an owner of its own, so ask for each pass. */
  ports(): RotationPorts;
  /** Ids of every version of the grant that is still kept; rejects with `StoreRefused`. */
  grantVersionIds(): Promise<readonly string[]>;
}

/** What an operator asks of a pass. */
export interface PassRequest {
  readonly trigger: 'operator' | 'login';
  readonly onlyIfDue: boolean;
}

/** How a pass ended, and what went wrong on the way without stopping it. */
export interface PassResult {
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
}

/** Takes one event, as JSON; resolves with why it did not, or with nothing once it has. */
export type OnPersonNeeded = (event: string) => Promise<string | undefined>;

/** What opening a connection needs; `create` makes a file store that is not there yet. */
export interface OpenOptions {
  readonly config: Config<'cli'>;
  readonly env: Environment;
  readonly create?: boolean;
  /** Writes a damaged marker of a file store again. */
  readonly mend?: boolean;
  /** Gets an event, as JSON, where a pass over a file store needs a person; answers with why it was not taken. */
  readonly onPersonNeeded?: OnPersonNeeded;
  /** Hears that a pass of this process is about to write. */
  readonly onWrite?: () => void;
}
