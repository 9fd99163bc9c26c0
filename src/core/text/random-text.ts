import type { Random } from '../ports.ts';

/** A text that nobody can guess, for a state, a code verifier, a cookie or a ticket: 32 bytes in base64url. */
export function randomText(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url');
}
