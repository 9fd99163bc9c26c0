import type { Clock } from '../clock.ts';
import type { Settings } from '../control/settings.ts';
import { nextRomeMonthMs } from './rome-time.ts';

/** What a company's request is answered with before anything else is looked at. */
export type QuotaVerdict =
  | { readonly kind: 'within'; readonly headers: Readonly<Record<string, string>> }
  /** 429: too many in five minutes. */
  | { readonly kind: 'short-term'; readonly retryAfterSeconds: number }
  /** 403: the hour's or the month's requests are used up. */
  | { readonly kind: 'long-term'; readonly retryAfterSeconds: number };

interface Usage {
  /** The moments of the requests of the last five minutes, oldest first. */
  recentMs: number[];
  hour: Window;
  month: Window;
}

interface Window {
  endsAtMs: number;
  count: number;
}

const hourMs = 3_600_000;
const shortTermMs = 300_000;

/** Counts requests by company; the sandbox has one application, so the pair of both is the company. */
export class Quotas {
  readonly #clock: Clock;
  readonly #settings: () => Settings;
  readonly #usages = new Map<number, Usage>();

  constructor(clock: Clock, settings: () => Settings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Counts one request, unless it is refused. */
  take(companyId: number): QuotaVerdict {
    const nowMs = this.#clock.nowMs();
    const usage = this.#current(companyId, nowMs);
    const { hourlyLimit, monthlyLimit, shortTermLimit } = this.#settings();
    const oldestMs = usage.recentMs.at(-shortTermLimit) ?? nowMs;
    if (usage.recentMs.length >= shortTermLimit) {
      return { kind: 'short-term', retryAfterSeconds: secondsUntil(oldestMs + shortTermMs, nowMs) };
    }
    for (const [window, limit] of [
      [usage.month, monthlyLimit],
      [usage.hour, hourlyLimit],
    ] as const) {
      if (window.count >= limit) {
        return { kind: 'long-term', retryAfterSeconds: secondsUntil(window.endsAtMs, nowMs) };
      }
    }
    usage.recentMs.push(nowMs);
    usage.hour.count += 1;
    usage.month.count += 1;
    return { kind: 'within', headers: headersOf(usage, this.#settings()) };
  }

  clear(): void {
    this.#usages.clear();
  }

  #current(companyId: number, nowMs: number): Usage {
    const found = this.#usages.get(companyId);
    const usage = found ?? { recentMs: [], hour: emptyWindow(), month: emptyWindow() };
    const firstRecent = usage.recentMs.findIndex((atMs) => atMs > nowMs - shortTermMs);
    if (firstRecent !== 0)
      usage.recentMs = firstRecent < 0 ? [] : usage.recentMs.slice(firstRecent);
    if (nowMs >= usage.hour.endsAtMs) usage.hour = { endsAtMs: nextHourMs(nowMs), count: 0 };
    if (nowMs >= usage.month.endsAtMs) usage.month = { endsAtMs: nextRomeMonthMs(nowMs), count: 0 };
    this.#usages.set(companyId, usage);
    return usage;
  }
}

function headersOf(usage: Usage, settings: Settings): Readonly<Record<string, string>> {
  return {
    'RateLimit-HourlyRemaining': String(settings.hourlyLimit - usage.hour.count),
    'RateLimit-HourlyLimit': String(settings.hourlyLimit),
    'RateLimit-MonthlyRemaining': String(settings.monthlyLimit - usage.month.count),
    'RateLimit-MonthlyLimit': String(settings.monthlyLimit),
  };
}

function emptyWindow(): Window {
  return { endsAtMs: Number.NEGATIVE_INFINITY, count: 0 };
}

/** Italy is whole hours from UTC, so that its hours begin with everyone's. */
function nextHourMs(nowMs: number): number {
  return (Math.floor(nowMs / hourMs) + 1) * hourMs;
}

function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((atMs - nowMs) / 1_000));
}
