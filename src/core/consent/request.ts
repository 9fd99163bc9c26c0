import type { Secret } from '../secret.ts';

/** What the page in front of the door asks for; everything in it may come from a stranger. */
export type ConsentRequest =
  | { readonly step: 'look'; readonly connection: string; readonly ticket?: Secret }
  | {
      readonly step: 'begin';
      readonly connection: string;
      readonly ticket?: Secret;
      readonly browser: Secret;
    }
  | FinishRequest;

/** The provider's redirect, with a code or with the error of RFC 6749 §4.1.2.1. */
export interface FinishRequest {
  readonly step: 'finish';
  /** As the state begins: `<connection>.<random>`. */
  readonly connection: string;
  readonly state: string;
  readonly browser: Secret;
  readonly code?: Secret;
  readonly error?: string;
}

/** What the door answers; never with a token, a verifier or the application's secret. */
export type ConsentAnswer =
  /** A person may begin. `expects`: the name of the account to log in with; `untilMs`: the end of the ticket. */
  | { readonly kind: 'open'; readonly expects?: string; readonly untilMs?: number }
  /** No person is needed, or the connection does not exist: the public cannot see which. */
  | { readonly kind: 'nothing-to-do' }
  /** The ticket opens nothing: unknown, expired, used, or of a connection that there is not. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'begun'; readonly authorizeUrl: string }
  /** Too many people have begun in the last ten minutes; those are not disturbed. */
  | { readonly kind: 'busy' }
  /** The new grant is current. */
  | { readonly kind: 'connected'; readonly generation: number; readonly account?: string }
  /** The consent does not reach all companies that the connection had; nothing stored has changed. */
  | { readonly kind: 'other-account'; readonly expects: string }
  /** No start waits for this state: it is older than ten minutes, or was never made here. */
  | { readonly kind: 'expired' }
  /** Another browser has begun; its start goes on waiting. */
  | { readonly kind: 'not-this-browser' }
  | { readonly kind: 'already-used' }
  /** Somebody has logged in or out since this person began; that stays. */
  | { readonly kind: 'too-late' }
  /** The person refused on the provider's page. */
  | { readonly kind: 'declined' }
  /** Nothing was installed. `again`: begin again now. `later`: in a while. `operator`: only an operator can help. */
  | { readonly kind: 'failed'; readonly next: 'again' | 'later' | 'operator' };

/** The door itself, in this process or behind the rotator's alias `consent`; rejects with `StoreRefused`. */
export type ConsentDoor = (request: ConsentRequest) => Promise<ConsentAnswer>;
