import type { Clock } from '../ports.ts';
import type { QuotaLeft } from './ports.ts';

/** The bounds of one pass. */
export interface SyncBounds {
  /** Monotonic moment after which no request begins. */
  readonly endMs: number;
  /** Requests are so far apart on the average, so that others find room in the provider's quota of minutes. */
  readonly spacingMs: number;
  /** So many requests may come without that distance. */
  readonly burst: number;
  /** The part of the hourly and the monthly quota that is left for others. */
  readonly reserve: number;
  /** A wait that is no longer than this is waited for; a longer one ends the pass for this company. */
  readonly waitMaxMs: number;
}

/** Why a pass stops before it is done, and when it may go on; `null`: not by itself. */
export interface Halt {
  readonly reason: 'time' | 'quota' | 'token' | 'failed';
  readonly resumeAtMs: number | null;
  readonly detail: string;
}

const hourMs = 3_600_000;

// A quota that stays used up for longer is the month's: the next sync will see.
const quotaWaitMaxMs = 6 * hourMs;

/** Keeps a pass within its time and the provider's quotas; of one company after the other. */
export class SyncBudget {
  readonly #clock: Clock;
  readonly #bounds: SyncBounds;
  #allowance: number;
  #countedMs: number;
  #quota: Halt | undefined;
  #isHeard = false;
  #hasGivenUp = false;

  constructor(clock: Clock, bounds: SyncBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#allowance = bounds.burst;
    this.#countedMs = clock.monotonicMs();
  }

  /** Forgets what was heard of the quota: it is another company's turn. */
  nextCompany(): void {
    this.#quota = undefined;
  }

  /** The provider has answered something. */
  noteAnswer(): void {
    this.#isHeard = true;
  }

  /** It has failed at a list as often as it was tried. */
  noteFailure(): void {
    this.#hasGivenUp = true;
  }

  /** Nothing was answered in this pass, and not for want of trying. */
  get isSilent(): boolean {
    return this.#hasGivenUp && !this.#isHeard;
  }

  /** Waits until a request may go out; says why none may. */
  async acquire(): Promise<Halt | undefined> {
    if (this.#quota !== undefined) return this.#quota;
    this.#refill();
    const waitMs = Math.max(0, Math.ceil((1 - this.#allowance) * this.#bounds.spacingMs));
    if (this.#clock.monotonicMs() + waitMs >= this.#bounds.endMs) return this.#outOfTime();
    if (waitMs > 0) await this.#clock.wait(waitMs);
    this.#refill();
    this.#allowance -= 1;
    return undefined;
  }

  /** Hears what is left of the quota: with no more than the reserve, no further request is admitted. */
  noteQuota({ hourly, monthly }: QuotaLeft): void {
    const nowMs = this.#clock.nowMs();
    if (hourly !== undefined && this.#isSpent(hourly)) {
      const resumeAtMs = (Math.floor(nowMs / hourMs) + 1) * hourMs + 5000;
      this.#quota = { reason: 'quota', resumeAtMs, detail: 'the hourly quota is nearly used up' };
    }
    if (monthly !== undefined && this.#isSpent(monthly)) {
      const detail = 'the monthly quota is nearly used up: ask the provider for more, or sync less';
      this.#quota = { reason: 'quota', resumeAtMs: null, detail };
    }
  }

  /** After a 429 or its kin: waits if that is short, else says when to go on. */
  async waitOrStop(waitMs: number): Promise<Halt | undefined> {
    const fits = this.#clock.monotonicMs() + waitMs < this.#bounds.endMs;
    if (fits && waitMs <= this.#bounds.waitMaxMs) {
      await this.#clock.wait(waitMs);
      return undefined;
    }
    const resumeAtMs = waitMs > quotaWaitMaxMs ? null : this.#clock.nowMs() + waitMs;
    return { reason: 'quota', resumeAtMs, detail: 'the provider asks to wait' };
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const gained = (nowMs - this.#countedMs) / Math.max(1, this.#bounds.spacingMs);
    this.#allowance = Math.min(this.#bounds.burst, this.#allowance + gained);
    this.#countedMs = nowMs;
  }

  #isSpent({ remaining, limit }: { readonly remaining: number; readonly limit: number }): boolean {
    return remaining <= limit * this.#bounds.reserve;
  }

  #outOfTime(): Halt {
    return { reason: 'time', resumeAtMs: this.#clock.nowMs() + 1000, detail: 'time is up' };
  }
}
