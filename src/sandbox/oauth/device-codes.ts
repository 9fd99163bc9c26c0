import type { Scope } from '../../fatture-in-cloud/oauth/scopes.ts';
import type { Clock } from '../clock.ts';
import type { Mint } from './mint.ts';

/** One device authorization (RFC 8628 §3.2). */
export interface DeviceCode {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly clientId: string;
  readonly scopes: readonly Scope[];
  readonly expiresAtMs: number;
}

/** Why a poll brings no tokens (RFC 8628 §3.5). */
export const pollTexts = {
  authorization_pending: 'The authorization request is still pending.',
  slow_down: 'The device polls too often; wait five seconds longer.',
  expired_token: 'The device code is expired.',
  access_denied: 'The user refused the request.',
  invalid_grant: 'The device code is not valid or was already used.',
} as const;

/** What a poll finds. */
export type Poll =
  | {
      readonly kind: 'approved';
      readonly scopes: readonly Scope[];
      readonly companyIds: readonly number[];
    }
  | { readonly kind: keyof typeof pollTexts };

interface Entry extends DeviceCode {
  decision?: 'denied' | readonly number[];
  intervalMs: number;
  lastPollAtMs: number;
}

/** The life of a device code. */
export const deviceCodeSeconds = 300;

const waitingMax = 1_000;

/** Device codes and what people said to them. */
export class DeviceCodes {
  readonly #clock: Clock;
  readonly #mint: Mint;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, mint: Mint) {
    this.#clock = clock;
    this.#mint = mint;
  }

  issue(clientId: string, scopes: readonly Scope[], intervalSeconds: number): DeviceCode {
    const entry: Entry = {
      deviceCode: this.#mint.token('d'),
      userCode: this.#mint.userCode(),
      clientId,
      scopes,
      expiresAtMs: this.#clock.nowMs() + deviceCodeSeconds * 1_000,
      intervalMs: intervalSeconds * 1_000,
      lastPollAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#entries.set(entry.deviceCode, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > waitingMax && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }

  /** The undecided, living code that a person typed; spaces, case and a missing hyphen don't matter. */
  findByUserCode(typed: string): DeviceCode | undefined {
    const wanted = bare(typed);
    for (const entry of this.#entries.values()) {
      const isOpen = entry.decision === undefined && this.#clock.nowMs() < entry.expiresAtMs;
      if (isOpen && bare(entry.userCode) === wanted) return entry;
    }
    return undefined;
  }

  /** Records a person's decision; false if there is nothing to decide. */
  decide(userCode: string, decision: 'denied' | readonly number[]): boolean {
    const found = this.findByUserCode(userCode);
    const entry = found && this.#entries.get(found.deviceCode);
    if (entry !== undefined) entry.decision = decision;
    return entry !== undefined;
  }

  /** One poll of a device; approval is handed out once. */
  poll(deviceCode: string, clientId: string): Poll {
    const entry = this.#entries.get(deviceCode);
    const nowMs = this.#clock.nowMs();
    if (entry === undefined || entry.clientId !== clientId) return { kind: 'invalid_grant' };
    if (nowMs >= entry.expiresAtMs) return { kind: 'expired_token' };
    const isTooSoon = nowMs < entry.lastPollAtMs + entry.intervalMs;
    entry.lastPollAtMs = nowMs;
    if (entry.decision === undefined && isTooSoon) {
      entry.intervalMs += 5_000;
      return { kind: 'slow_down' };
    }
    if (entry.decision === undefined) return { kind: 'authorization_pending' };
    this.#entries.delete(deviceCode);
    if (entry.decision === 'denied') return { kind: 'access_denied' };
    return { kind: 'approved', scopes: entry.scopes, companyIds: entry.decision };
  }

  clear(): void {
    this.#entries.clear();
  }
}

function bare(userCode: string): string {
  return userCode.toUpperCase().replaceAll(/[^A-Z]/g, '');
}
