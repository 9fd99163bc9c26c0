import type { Clock, VersionedSecret } from '../ports.ts';
import { compare, isNewer, type Position, positionOf } from '../position.ts';
import { type AccessToken, decodeAccessToken } from '../records/access-token.ts';
import { isDatedAhead } from '../time.ts';

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
  #vouched: Position | undefined;

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
    return this.#newest && this.suits(this.#newest, need) ? this.#newest : undefined;
  }

  /** Whether a token will do; one that is dated ahead only if the rotator stands by it. */
  suits(token: AccessToken, need: TokenNeed): boolean {
    const nowMs = this.#clock.nowMs();
    const isVouched = this.#vouched !== undefined && compare(this.#vouched, token) === 0;
    const isBelieved = token.expiresAtMs === null || isVouched || !isDatedAhead(token, nowMs);
    return isBelieved && suits(token, need, nowMs);
  }

  /** The rotator stands by this token: if it is dated ahead, it is this machine's clock that is behind. */
  vouch(token: Position): void {
    this.#vouched = positionOf(token);
  }
}

function suits(token: AccessToken, need: TokenNeed, nowMs: number): boolean {
  const newEnough = need.rejected === undefined || isNewer(token, need.rejected);
  return newEnough && lasts(token.expiresAtMs, need, nowMs);
}

/** Whether something that ends then lasts as long as is needed; `null`: for ever. */
export function lasts(expiresAtMs: number | null, need: TokenNeed, nowMs: number): boolean {
  return expiresAtMs === null || expiresAtMs - nowMs >= Math.max(need.minValidityMs ?? 0, 1);
}
