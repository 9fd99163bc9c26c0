import type { Scope } from '../../fatture-in-cloud/oauth/scopes.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../control/settings.ts';
import type { Mint } from './mint.ts';

/** What a person agreed to, and how. */
export interface Consent {
  readonly clientId: string;
  readonly scopes: readonly Scope[];
  readonly companyIds: readonly number[];
  readonly method: 'code' | 'device' | 'manual';
}

/** A consent that tokens have been issued for. */
export interface Grant extends Consent {
  readonly id: number;
  readonly createdAtMs: number;
  revoked: boolean;
}

/** The token endpoint's success (RFC 6749 §5.1), as it goes out. */
export interface TokenAnswer {
  readonly token_type: 'bearer';
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number | string;
}

/** Why a refresh was refused; only `reused` may have killed something. */
export type Refusal = 'unknown' | 'expired' | 'revoked' | 'reused' | 'other-client';

/** How a refresh ended. */
export type Refreshed =
  | { readonly kind: 'granted'; readonly answer: TokenAnswer }
  | { readonly kind: 'refused'; readonly why: Refusal };

interface AccessToken {
  readonly grant: Grant;
  expiresAtMs: number;
}

interface RefreshToken {
  readonly grant: Grant;
  expiresAtMs: number;
  replacedAtMs?: number;
}

const yearMs = 365 * 86_400_000;
const tokensMax = 100_000;

/** Every grant with its living and dead tokens. */
export class Grants {
  readonly #clock: Clock;
  readonly #mint: Mint;
  readonly #settings: () => Settings;
  readonly #grants: Grant[] = [];
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #refreshTokens = new Map<string, RefreshToken>();
  #lastId = 0;

  constructor(clock: Clock, mint: Mint, settings: () => Settings) {
    this.#clock = clock;
    this.#mint = mint;
    this.#settings = settings;
  }

  /** Makes a grant of a consent and answers with its first tokens; a manual one has no refresh token. */
  open(consent: Consent): TokenAnswer {
    const grant = this.#remember(consent);
    if (consent.method !== 'manual') return this.#answer(grant, this.#issueRefreshToken(grant));
    const token = this.#mint.token('a');
    this.#accessTokens.set(token, { grant, expiresAtMs: Number.POSITIVE_INFINITY });
    return { token_type: 'bearer', access_token: token };
  }

  /** Spends a refresh token as the rotation mode in force says. */
  refresh(refreshToken: string, clientId: string): Refreshed {
    const found = this.#refreshTokens.get(refreshToken);
    if (found === undefined) return { kind: 'refused', why: 'unknown' };
    const why = this.#refusal(found, clientId);
    if (why !== undefined) return { kind: 'refused', why };
    const { refreshKillsAccessToken, omitRefreshToken } = this.#settings();
    if (refreshKillsAccessToken) this.#expireWhere((token) => token.grant === found.grant);
    if (omitRefreshToken) {
      this.#extend(refreshToken, found);
      return { kind: 'granted', answer: this.#answer(found.grant) };
    }
    return {
      kind: 'granted',
      answer: this.#answer(found.grant, this.#rotate(refreshToken, found)),
    };
  }

  /** Whether a refresh token belongs to a device grant, whose client has no secret. */
  isOfDevice(refreshToken: string): boolean {
    return this.#refreshTokens.get(refreshToken)?.grant.method === 'device';
  }

  /** The grant behind a living access token. */
  authenticate(accessToken: string): Grant | undefined {
    const found = this.#accessTokens.get(accessToken);
    if (found === undefined || found.grant.revoked) return undefined;
    return this.#clock.nowMs() < found.expiresAtMs ? found.grant : undefined;
  }

  /** What a person does at *Applicazioni collegate*: nothing of any grant works from now on. */
  revokeAll(): number {
    const living = this.#grants.filter((grant) => !grant.revoked);
    for (const grant of living) grant.revoked = true;
    return living.length;
  }

  /** Ends every access token but the manual ones, without moving the clock. */
  expireAccessTokens(): void {
    this.#expireWhere((token) => token.expiresAtMs !== Number.POSITIVE_INFINITY);
  }

  /** The grants so far, newest last, without anything secret. */
  list(): readonly Grant[] {
    return this.#grants;
  }

  clear(): void {
    this.#grants.length = 0;
    this.#accessTokens.clear();
    this.#refreshTokens.clear();
  }

  #remember(consent: Consent): Grant {
    this.#lastId += 1;
    const grant = {
      ...consent,
      id: this.#lastId,
      createdAtMs: this.#clock.nowMs(),
      revoked: false,
    };
    this.#grants.push(grant);
    return grant;
  }

  #refusal(found: RefreshToken, clientId: string): Refusal | undefined {
    const nowMs = this.#clock.nowMs();
    if (found.grant.clientId !== clientId) return 'other-client';
    if (found.grant.revoked) return 'revoked';
    if (nowMs >= found.expiresAtMs) return 'expired';
    if (found.replacedAtMs === undefined) return undefined;
    const { rotationMode, graceSeconds } = this.#settings();
    switch (rotationMode) {
      case 'same':
      case 'keep-old':
        return undefined;
      case 'grace':
        return nowMs < found.replacedAtMs + graceSeconds * 1_000 ? undefined : 'reused';
      case 'single-use':
        return 'reused';
      case 'single-use-family':
        found.grant.revoked = true;
        return 'reused';
    }
  }

  #rotate(refreshToken: string, found: RefreshToken): string {
    if (this.#settings().rotationMode === 'same') {
      this.#extend(refreshToken, found);
      return refreshToken;
    }
    // Grace counts from the first use: a replay must not lengthen it.
    found.replacedAtMs ??= this.#clock.nowMs();
    return this.#issueRefreshToken(found.grant);
  }

  #extend(refreshToken: string, found: RefreshToken): void {
    found.expiresAtMs = this.#clock.nowMs() + yearMs;
    // To the young end of the map, since the oldest are evicted first.
    this.#refreshTokens.delete(refreshToken);
    this.#refreshTokens.set(refreshToken, found);
  }

  #issueRefreshToken(grant: Grant): string {
    const token = this.#mint.token('r');
    this.#refreshTokens.set(token, { grant, expiresAtMs: this.#clock.nowMs() + yearMs });
    evict(this.#refreshTokens, this.#clock.nowMs());
    return token;
  }

  #answer(grant: Grant, refreshToken?: string): TokenAnswer {
    const { accessTokenSeconds, expiresInAnswer = accessTokenSeconds } = this.#settings();
    const token = this.#mint.token('a');
    const expiresAtMs = this.#clock.nowMs() + accessTokenSeconds * 1_000;
    this.#accessTokens.set(token, { grant, expiresAtMs });
    evict(this.#accessTokens, this.#clock.nowMs());
    return {
      token_type: 'bearer',
      access_token: token,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...(expiresInAnswer === null ? {} : { expires_in: expiresInAnswer }),
    };
  }

  #expireWhere(isMeant: (token: AccessToken) => boolean): void {
    for (const token of this.#accessTokens.values()) {
      if (isMeant(token)) token.expiresAtMs = Math.min(token.expiresAtMs, this.#clock.nowMs());
    }
  }
}

function evict(tokens: Map<string, { readonly expiresAtMs: number }>, nowMs: number): void {
  if (tokens.size <= tokensMax) return;
  for (const [token, { expiresAtMs }] of tokens) if (expiresAtMs <= nowMs) tokens.delete(token);
  for (const token of tokens.keys()) {
    if (tokens.size <= tokensMax) return;
    tokens.delete(token);
  }
}
