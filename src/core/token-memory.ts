import { type AccessToken, decodeAccessToken } from './access-token.ts';
import type { Clock, VersionedSecret } from './ports.ts';
import { isNewer, type Position } from './position.ts';

/** What a caller needs of a token: that it lasts, and that it is newer than one that was rejected. */
export interface TokenNeed {
  readonly minValidityMs?: number;
  readonly rejected?: Position;
}

/** The newest published token that one process has seen, and the reads of its secret. */
export class TokenMemory {
  readonly #secret: Pick<VersionedSecret, 'current'>;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #newest: AccessToken | undefined;

  constructor(secret: Pick<VersionedSecret, 'current'>, clock: Pick<Clock, 'nowMs'>) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** As last remembered, good or not. */
  get newest(): AccessToken | undefined {
    return this.#newest;
  }

  /** What is published, and remembers it: unless what is remembered is newer and good, since reads may be behind. */
  async read(): Promise<AccessToken | undefined> {
    const version = await this.#secret.current();
    if (version === undefined) return undefined;
    const token = decodeAccessToken(version.value);
    if (this.good({ rejected: token }) === undefined) this.#newest = token;
    return token;
  }

  /** What is remembered, if it will do. */
  good(need: TokenNeed): AccessToken | undefined {
    return this.#newest && suits(this.#newest, need, this.#clock.nowMs())
      ? this.#newest
      : undefined;
  }
}

/** Whether a token will do. */
export function suits(token: AccessToken, need: TokenNeed, nowMs: number): boolean {
  const newEnough = need.rejected === undefined || isNewer(token, need.rejected);
  return newEnough && lasts(token.expiresAtMs, need, nowMs);
}

/** Whether something that ends then lasts as long as is needed; `null`: for ever. */
export function lasts(expiresAtMs: number | null, need: TokenNeed, nowMs: number): boolean {
  return expiresAtMs === null || expiresAtMs - nowMs >= Math.max(need.minValidityMs ?? 0, 1);
}
