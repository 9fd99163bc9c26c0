import { createHash } from 'node:crypto';

const hidden = '[secret]';

/** A value that must stay out of logs, errors and events; `reveal` is the only way to read it. */
export class Secret {
  readonly #value: string;
  readonly #origin: string | undefined;

  constructor(value: string, origin?: string) {
    this.#value = value;
    this.#origin = origin;
  }

  /** The one origin (scheme, host, port) that it may be sent to; absent: it is not to leave for any. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** The same value for this origin; one that has an origin keeps it. */
  boundTo(origin: string | undefined): Secret {
    return this.#origin === undefined ? new Secret(this.#value, origin) : this;
  }

  /** The bare value, for the one place where it has to leave: a wire, a store, a child's environment. */
  reveal(): string {
    return this.#value;
  }

  /** Whether both hold the same value. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  /** Eight hex digits of its SHA-256: enough for people to tell two secrets apart, useless to anyone else. */
  fingerprint(): string {
    return this.sha256().toString('hex').slice(0, 8);
  }

  /** Its SHA-256, which may be shown for a value that nobody can guess (RFC 7636 §4.2). */
  sha256(): Buffer {
    return createHash('sha256').update(this.#value).digest();
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hidden;
  }
}
