import { originOf } from '../../core/origin.ts';
import type { Secret } from '../../core/secret.ts';

/** A secret was asked to go where it does not belong; nothing was sent. */
export class WrongOrigin extends Error {
  override readonly name = 'WrongOrigin';
}

/** Gives the values of secrets for one request. */
export type Reveal = (secret: Secret) => string;

/**
 * The one way by which a secret leaves for the network: for the origin that it was written with and no other.
 * Throws `WrongOrigin`.
 */
export function revealTo(url: string): Reveal {
  const target = originOf(url);
  return (secret) => {
    if (secret.origin !== undefined && secret.origin === target) return secret.reveal();
    throw new WrongOrigin(
      `what is stored is for ${secret.origin ?? 'no origin'}, not for ${target}: run fresco login for the second, or set FRESCO_PROVIDER_URL to the first`,
    );
  };
}
