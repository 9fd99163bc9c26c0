import type { SecretState } from './secret-state.ts';

/** How reads of a secret fall behind its writes. Without `reads` and `untilMs` it stays so until `freshen`. */
export interface StaleReads {
  /** Reads see the state that was so many writes ago when this was asked for, and nothing later; 0 if absent. */
  readonly writesBehind?: number;
  /** Instead: each read sees the state of so long ago. */
  readonly lagMs?: number;
  /** For how many reads. */
  readonly reads?: number;
  /** Until when, on the double's clock. */
  readonly untilMs?: number;
}

interface Entry {
  readonly atMs: number;
  /** `undefined`: no such secret. */
  readonly state: SecretState | undefined;
}

/** All states of one secret: writes always work on the newest, reads may be given an older one. */
export class SecretHistory {
  #entries: Entry[] = [{ atMs: Number.NEGATIVE_INFINITY, state: undefined }];
  #stale:
    | { readonly how: StaleReads; readonly frozen: Entry | undefined; left: number }
    | undefined;

  /** The state that writes work on. */
  newest(): SecretState | undefined {
    return this.#entries.at(-1)?.state;
  }

  /** Adds the next state; the same state again is no write. */
  write(state: SecretState | undefined, atMs: number): void {
    if (state !== this.newest()) this.#entries.push({ atMs, state });
  }

  /** The state that a read sees at `nowMs`; uses up one stale read. */
  read(nowMs: number): SecretState | undefined {
    const stale = this.#stale;
    if (stale === undefined) return this.newest();
    if (stale.left <= 0 || nowMs >= (stale.how.untilMs ?? Number.POSITIVE_INFINITY)) {
      this.#stale = undefined;
      return this.newest();
    }
    stale.left -= 1;
    if (stale.frozen !== undefined) return stale.frozen.state;
    const seenMs = nowMs - (stale.how.lagMs ?? 0);
    return this.#entries.findLast((entry) => entry.atMs <= seenMs)?.state;
  }

  makeStale(how: StaleReads): void {
    const behind = Math.max(0, this.#entries.length - 1 - (how.writesBehind ?? 0));
    const frozen = how.lagMs === undefined ? this.#entries[behind] : undefined;
    this.#stale = { how, frozen, left: how.reads ?? Number.POSITIVE_INFINITY };
  }

  freshen(): void {
    this.#stale = undefined;
  }
}
