import type { SeenGrant } from '../operations/login.ts';
import type { Client, TokenAnswer } from '../ports.ts';
import type { Company } from '../records/company.ts';
import type { RotationPorts } from '../rotation/pass.ts';
import type { Secret } from '../secret.ts';
import type { SenderStore } from '../webhooks/admission.ts';

/** A person on their way to the provider and back. */
export interface ConsentStart {
  /** SHA-256 of the state, in hex. */
  readonly stateHash: string;
  /** SHA-256 of what the browser's cookie holds, in hex. */
  readonly browserHash: string;
  /** With the browser's cookie it gives the PKCE verifier: neither alone does. */
  readonly verifierSalt: Secret;
  readonly over: SeenGrant;
  /** Of the ticket that opened; absent: the connection needed a person. */
  readonly ticket?: Pick<Ticket, 'anyCompany'>;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
}

/** A link for somebody without rights; any login makes it void, the one that it brings too. */
export interface Ticket {
  readonly over: SeenGrant;
  /** The new consent need not reach the companies of the old one. */
  readonly anyCompany: boolean;
  /** What to ask for; absent: what is on record. */
  readonly scopes?: readonly string[];
  readonly expiresAtMs: number;
}

/** Starts and tickets of one connection, read consistently; rejects with `StoreRefused`. */
export interface ConsentStore {
  /** Keeps a start in the slot of its state's hash (`slotOf`); false: another waits there, and stays. */
  keepStart(start: ConsentStart, nowMs: number): Promise<boolean>;
  /** The start of this state, used or not. */
  start(stateHash: string): Promise<ConsentStart | undefined>;
  /** Whether this call is the one that uses the start up: one call ever is. */
  takeStart(stateHash: string): Promise<boolean>;
  keepTicket(ticketHash: string, ticket: Ticket): Promise<void>;
  ticket(ticketHash: string): Promise<Ticket | undefined>;
}

/** What a consent asks of the provider; never rejects. */
export interface ConsentProvider {
  /** The page for consent (RFC 6749 §4.1.1, RFC 7636 §4.3); `undefined`: the provider has none. */
  authorizeUrl(request: {
    readonly client: Client;
    readonly scopes: readonly string[];
    readonly state: string;
    readonly codeVerifier: Secret;
  }): string | undefined;
  /** RFC 6749 §4.1.3; the client's redirect URI is the one of the request. */
  exchange(code: Secret, client: Client, codeVerifier: Secret): Promise<TokenAnswer>;
  /** The companies that a token reaches; `undefined`: they could not be read. */
  companies(accessToken: Secret): Promise<readonly Company[] | undefined>;
}

/** Everything that the door touches. */
export interface ConsentPorts {
  /** Of a login: client, grant, access token, journal, clock and reporter. */
  readonly rotation: RotationPorts;
  readonly store: ConsentStore;
  readonly provider: ConsentProvider;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  /** What login asks for where nothing is on record. Rejects with `StoreRefused`. */
  readonly defaultScopes: () => Promise<readonly string[]>;
  /** Whose webhooks are taken: the receiver hears of the companies of a consent. */
  readonly senders: SenderStore;
  /** For the operator's log: why a consent failed. No secret is in it. */
  readonly note: (why: string) => void;
}

/** Where a start lies: a connection has 4096 slots, so no flood takes more room than that. */
export function slotOf(stateHash: string): string {
  return stateHash.slice(0, 3);
}
