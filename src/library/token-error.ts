import type { Obtained } from '../core/consumers/token-source.ts';
import { healsByItself, StoreRefused } from '../core/ports.ts';
import { toRfc3339 } from '../core/time.ts';
import { WrongOrigin } from '../fatture-in-cloud/http/reveal-to.ts';

/**
 * Why there is no token. The list is closed: new codes come with a new major version.
 *
 * - `too-long`: no token of this provider lasts as long as was asked for; `expiresAt` says how long the newest does.
 * - `unavailable`: no token now; asking again in a minute may help.
 * - `person-needed`: no token until somebody has acted; the message says what to do.
 */
export type TokenErrorCode = 'too-long' | 'unavailable' | 'person-needed';

/** There is no token to give; `code` says whether asking again can help. Its message holds nothing secret. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: TokenErrorCode;
  /** When the newest token ends; only with the code `too-long`. */
  readonly expiresAt?: Date;

  constructor(
    code: TokenErrorCode,
    message: string,
    options?: ErrorOptions & { expiresAt?: Date },
  ) {
    super(message, options);
    this.code = code;
    if (options?.expiresAt !== undefined) this.expiresAt = options.expiresAt;
  }
}

/** An outcome without a token as the error that users of the library catch. */
export function tokenErrorOf(obtained: Exclude<Obtained, { kind: 'token' }>): TokenError {
  switch (obtained.kind) {
    case 'too-long':
      return new TokenError(
        'too-long',
        `no token lasts that long: the newest ends at ${toRfc3339(obtained.expiresAtMs)}, ask for less`,
        { expiresAt: new Date(obtained.expiresAtMs) },
      );
    case 'unavailable':
    case 'person-needed':
      return new TokenError(obtained.kind, obtained.detail);
  }
}

/** What opening a store threw, as the error that users of the library catch; anything else stays what it is. */
export function asTokenError(error: unknown): unknown {
  if (error instanceof WrongOrigin) return new TokenError('person-needed', error.message);
  if (!(error instanceof StoreRefused)) return error;
  const passing = healsByItself(error.reason);
  return new TokenError(passing ? 'unavailable' : 'person-needed', error.message, { cause: error });
}
