import type { Secret } from './secret.ts';

/** Wall clock, a clock that never steps, and waiting: the core has no other notion of time. */
export interface Clock {
  /** Whole milliseconds since the epoch, as this machine believes. */
  nowMs(): number;
  /** Milliseconds since some fixed moment, with a fraction; never goes back and never jumps. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds. */
  wait(ms: number): Promise<void>;
}

/** Unpredictable bytes. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** One version of a secret, as stored. */
export interface SecretVersion {
  readonly versionId: string;
  readonly value: Secret;
}

/**
 * One secret with the two primitives of Secrets Manager that the protocol rests on: versions that are
 * created once, and a compare-and-set of the label `AWSCURRENT`. Both are linearizable with one another;
 * reads may be behind. Each call rejects with `StoreRefused` when the store refused it or did not answer,
 * and a call that was not answered may still have been carried out.
 */
export interface VersionedSecret {
  /** The version labelled current; possibly an older one. `undefined`: none was seen. */
  current(): Promise<SecretVersion | undefined>;
  /** The version with this id. `undefined`: not seen, which does not mean that it does not exist. */
  version(versionId: string): Promise<SecretVersion | undefined>;
  /**
   * Creates the version under the label `next`; current stays as it is, except that the first version of
   * an empty secret becomes current. Again with the same value: `stored`; with another: `taken`.
   */
  put(versionId: string, value: Secret): Promise<'stored' | 'taken'>;
  /** Makes `versionId` current if `from` is: `moved` if it was not, `absent` if that version does not exist. */
  promote(versionId: string, from: string): Promise<'promoted' | 'moved' | 'absent'>;
}

/** A secret that Secrets Manager's own rotation works on: `AWSPENDING` beside the label current. */
export interface PendingSecret extends VersionedSecret {
  /** Creates the version under `AWSPENDING`, or gives the label a value where the version is still empty. */
  putPending(versionId: string, value: Secret): Promise<'stored' | 'taken'>;
  /** Takes `AWSPENDING` off this version; done already is done. */
  dropPending(versionId: string): Promise<void>;
}

/** The application as registered with the provider; a device-flow application has no secret. */
export interface Client {
  readonly clientId: string;
  readonly clientSecret?: Secret;
  readonly redirectUri?: string;
}

/** Where the application's credentials come from; rejects with `StoreRefused`. */
export interface ClientSource {
  read(): Promise<StoredClient | undefined>;
}

/** The application's credentials; the version tells one set from the next. */
export interface StoredClient {
  readonly client: Client;
  readonly versionId: string;
}

/** What a token endpoint gave: RFC 6749 §5.1, with the lifetime made a number of seconds. */
export interface TokenResponse {
  readonly accessToken: Secret;
  /** Absent: the old one stays (RFC 6749 §6). */
  readonly refreshToken?: Secret;
  readonly expiresInSeconds: number;
  /** True where `expires_in` was missing or odd and the provider's default was taken. */
  readonly lifetimeAssumed: boolean;
  /** The provider's own clock at its answer, in epoch milliseconds; absent where it said none. */
  readonly dateMs?: number;
}

/** Every way in which a token request ends. Only `granted` and `uncertain` may have used up the token. */
export type TokenAnswer =
  | { readonly kind: 'granted'; readonly tokens: TokenResponse }
  /** Nothing left this machine: DNS, connect or TLS failed. */
  | { readonly kind: 'never-sent'; readonly cause: string }
  /** 429, or 403 or 503 with Retry-After: not processed. */
  | { readonly kind: 'throttled'; readonly status: number; readonly retryAfterMs: number }
  /** Sent, and no usable answer: reset, timeout, a broken 200, another 5xx. */
  | {
      readonly kind: 'uncertain';
      readonly cause: string;
      readonly status?: number;
      readonly contentType?: string;
    }
  /** `invalid_grant` (RFC 6749 §5.2): this token is not accepted; `said`: in words of its own, not by that code. */
  | { readonly kind: 'invalid-grant'; readonly said?: string }
  /** `invalid_client` and its kin: the application is at fault, the token is unspent. */
  | { readonly kind: 'invalid-client'; readonly error: string; readonly inWords?: true }
  /** A definite 4xx in JSON that does not say whether it means the token or the application. */
  | { readonly kind: 'refused'; readonly said: string }
  /** Anything else (3xx, HTML): not what a token endpoint says; `missing`: a field that it did not find in ours. */
  | {
      readonly kind: 'unexpected';
      readonly status: number;
      readonly contentType: string;
      readonly missing?: string;
    };

/** The provider's token endpoint; one request for each call, never repeated, never rejects. */
export interface TokenEndpoint {
  refresh(refreshToken: Secret, client: Client): Promise<TokenAnswer>;
}

/** What the provider says of an access token; `unknown` when it could not be asked. */
export type Verdict = 'accepted' | 'rejected' | 'unknown';

/** Asks the provider whether an access token still works (`GET /user/info`); never rejects. */
export interface Canary {
  check(accessToken: Secret): Promise<Verdict>;
}

/** Asks the provider what an access token may not do; never rejects. */
export interface Permissions {
  /** Those of `scopes` that it lacks in a company; none where it could not be asked. */
  lacking(
    accessToken: Secret,
    companyId: number,
    scopes: readonly string[],
  ): Promise<readonly string[]>;
}

/** Which process holds a lease. */
export interface Owner {
  readonly id: string;
  /** Whether another owner is known to be dead; always false where that can't be known. */
  isDead(owner: string): boolean;
}

/** Why a store refused. */
export type RefusalReason =
  | 'unavailable'
  | 'throttled'
  | 'denied'
  | 'key-disabled'
  | 'missing'
  | 'damaged';

/** Whether what a store refuses for this reason may work later, with nobody doing anything. */
export function healsByItself(reason: RefusalReason): boolean {
  return reason === 'unavailable' || reason === 'throttled';
}

/** A store refused a call or did not answer it; an unanswered call may still have been carried out. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
