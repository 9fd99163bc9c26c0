import type { Random } from '../ports.ts';

/** A new id for a version of a secret: 32 hexadecimal digits, as ClientRequestToken allows. */
export function newVersionId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex');
}
