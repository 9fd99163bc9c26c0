// Goal: all chance in a history comes from one number, so that the number replays it.
// Method: sfc32 streams; each user of chance has a stream of its own, so that one cannot disturb another.

/** A stream of pseudo-random numbers. */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) ^ 0x9e3779b9;
    this.#c = Math.imul(stream + 1, 0x85ebca6b);
    for (let round = 0; round < 12; round += 1) this.#word();
  }

  /** At least 0, below 1. */
  next(): number {
    return this.#word() / 2 ** 32;
  }

  /** A whole number of at least 0, below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** A whole number of `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  isChance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 4) {
      const word = this.#word();
      for (let byte = at; byte < Math.min(at + 4, count); byte += 1) {
        bytes[byte] = word >>> ((byte - at) * 8);
      }
    }
    return bytes;
  }

  #word(): number {
    const word = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + word) | 0;
    return word >>> 0;
  }
}
