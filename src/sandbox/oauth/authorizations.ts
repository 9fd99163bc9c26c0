import { createHash } from 'node:crypto';
import type { Scope } from '../../fatture-in-cloud/oauth/scopes.ts';
import type { Clock } from '../clock.ts';
import type { Consent } from './grants.ts';
import type { Mint } from './mint.ts';

/** An authorization request that passed every check and waits for a person's decision. */
export interface PendingAuthorization {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly Scope[];
  readonly state: string;
  /** S256 (RFC 7636 §4.2). */
  readonly codeChallenge?: string | undefined;
}

interface IssuedCode {
  readonly consent: Consent;
  readonly redirectUri: string;
  readonly codeChallenge: string | undefined;
  readonly expiresAtMs: number;
}

const codeLifeMs = 60_000;
const decisionTimeMs = 600_000;
const waitingMax = 1_000;

/** Authorization requests before their decision, and authorization codes after it. */
export class Authorizations {
  readonly #clock: Clock;
  readonly #mint: Mint;
  readonly #pending = new Map<string, PendingAuthorization & { readonly expiresAtMs: number }>();
  readonly #codes = new Map<string, IssuedCode>();

  constructor(clock: Clock, mint: Mint) {
    this.#clock = clock;
    this.#mint = mint;
  }

  /** Keeps a request for ten minutes and answers with the id that the consent page sends back. */
  wait(request: PendingAuthorization): string {
    const id = this.#mint.hex(16);
    put(this.#pending, id, { ...request, expiresAtMs: this.#clock.nowMs() + decisionTimeMs });
    return id;
  }

  /** The request with this id, once: a decision is not made twice. */
  decide(id: string): PendingAuthorization | undefined {
    const found = take(this.#pending, id);
    return found !== undefined && this.#clock.nowMs() < found.expiresAtMs ? found : undefined;
  }

  /** A code for one exchange within 60 seconds, bound to client, redirect and challenge. */
  issueCode(consent: Consent, redirectUri: string, codeChallenge?: string): string {
    const code = this.#mint.token('c');
    const expiresAtMs = this.#clock.nowMs() + codeLifeMs;
    put(this.#codes, code, { consent, redirectUri, codeChallenge, expiresAtMs });
    return code;
  }

  /** The consent behind a code, or why there is none. A code works once, for any caller. */
  redeem(
    code: string,
    clientId: string,
    redirectUri: string,
    codeVerifier: string | undefined,
  ): Consent | 'unknown' | 'expired' | 'mismatch' | 'verifier' {
    const found = take(this.#codes, code);
    if (found === undefined) return 'unknown';
    if (this.#clock.nowMs() >= found.expiresAtMs) return 'expired';
    const isOurs = found.consent.clientId === clientId && found.redirectUri === redirectUri;
    if (!isOurs) return 'mismatch';
    return challengeOf(codeVerifier) === found.codeChallenge ? found.consent : 'verifier';
  }

  clear(): void {
    this.#pending.clear();
    this.#codes.clear();
  }
}

/** A verifier without a challenge is refused as well (RFC 9700 §2.1.1). */
function challengeOf(codeVerifier: string | undefined): string | undefined {
  return codeVerifier && createHash('sha256').update(codeVerifier).digest('base64url');
}

function put<T>(waiting: Map<string, T>, id: string, value: T): void {
  waiting.set(id, value);
  const [oldest] = waiting.keys();
  if (waiting.size > waitingMax && oldest !== undefined) waiting.delete(oldest);
}

function take<T>(waiting: Map<string, T>, id: string): T | undefined {
  const found = waiting.get(id);
  waiting.delete(id);
  return found;
}
