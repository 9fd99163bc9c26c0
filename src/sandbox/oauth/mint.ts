/** Where the sandbox takes its random bytes from. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** Makes every identifier that the sandbox hands out. */
export class Mint {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A token of the provider's looks: access `a/`, refresh `r/`, authorization code `c/`, device code `d/`. */
  token(prefix: 'a' | 'r' | 'c' | 'd'): string {
    return `${prefix}/${this.#buffer(33).toString('base64url')}`;
  }

  /** Lower-case hex digits, two for each byte. */
  hex(byteCount: number): string {
    return this.#buffer(byteCount).toString('hex');
  }

  /** A code for people to type, such as `ABCD-EFGH`; no letters that are easily confused. */
  userCode(): string {
    const letters = [...this.#buffer(8)].map((byte) => 'BCDFGHJKLMNPQRSTVWXZ'[byte % 20]);
    return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
  }

  /** A version 4 UUID (RFC 9562 §5.4). */
  uuid(): string {
    const hex = this.hex(16);
    const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.#buffer(4).readUInt32BE() % limit;
  }

  #buffer(count: number): Buffer {
    return Buffer.from(this.#random.bytes(count));
  }
}

/** The same bytes for the same seed, for runs that must repeat; not for secrets that matter. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const byte = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) & 0xff;
  };
  return { bytes: (count) => Uint8Array.from({ length: count }, byte) };
}
