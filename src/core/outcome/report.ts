import type { FrescoEvent } from '../events/event.ts';
import { eventSource } from '../events/event.ts';
import { toRfc3339 } from '../time.ts';
import { meaningOf, type Outcome, type OutcomeClass, type TokenFacts } from './outcome.ts';
import { commandsFor } from './outcome-text.ts';

/** Who asked for a pass. */
export type Trigger = 'schedule' | 'consumer' | 'operator' | 'native' | 'login';

/** What is published, without secrets; its refresh token was last used when it was issued. */
export interface PublishedFacts extends TokenFacts {
  readonly issuedAtMs: number;
}

/** The one account of a pass, for an event, a metric and a log line; it holds no secret. */
export interface Report {
  readonly connection: string;
  readonly trigger: Trigger;
  readonly atMs: number;
  readonly outcome: Outcome;
  /** What consumers have now; absent before the first login, or where it could not be read. */
  readonly published?: PublishedFacts;
  /** What this pass changed for people: failing has ended, or a person is needed from now on. */
  readonly turn?: 'recovered' | 'reauthorization-required';
  /** Things that went wrong on the way without stopping the pass. */
  readonly warnings: readonly string[];
}

/** An event as one line of JSON, the way the bus would carry it. */
export function eventLine({ detailType, detail }: FrescoEvent): string {
  return JSON.stringify({ source: eventSource, 'detail-type': detailType, detail });
}

/**
 * Where the one report of each pass goes: an event, a metric, a log line. Rejects with `StoreRefused` where it did
 * not get out; the pass has ended by then.
 */
export interface Reporter {
  report(report: Report): Promise<void>;
}

const hourMs = 3_600_000;

/** The event that a report calls for; none where nothing happened. `connectUrl`: base of the pages for consent. */
export function eventOf(report: Report, connectUrl?: string): FrescoEvent | undefined {
  const { outcome } = report;
  const { class: outcomeClass, isNews } = meaningOf(outcome);
  if (!isNews) return undefined;
  const detail = { v: 1, connection: report.connection, ...facts(report, outcomeClass) };
  const why = reauthorization(outcome);
  if (report.turn === 'reauthorization-required' && why !== undefined) {
    const isByLink = connectUrl !== undefined && outcome.kind === 'latched';
    const link = isByLink ? { reconnectUrl: `${connectUrl}/${report.connection}` } : {};
    return { detailType: 'Reauthorization Required', detail: { ...detail, ...why, ...link } };
  }
  if (outcomeClass !== 'done') return { detailType: 'Token Refresh Failed', detail };
  const recovered = report.turn === 'recovered';
  return { detailType: recovered ? 'Token Refresh Recovered' : 'Token Refreshed', detail };
}

function facts(report: Report, outcomeClass: OutcomeClass): Record<string, unknown> {
  const { published } = report;
  const left =
    published === undefined || published.expiresAtMs === null
      ? undefined
      : Math.max(0, Math.round(((published.expiresAtMs - report.atMs) / hourMs) * 10) / 10);
  return {
    outcome: report.outcome.kind,
    class: outcomeClass,
    generation: published?.generation,
    hoursLeft: left,
    warnings: report.warnings.length > 0 ? report.warnings : undefined,
  };
}

function reauthorization(outcome: Outcome): Record<string, unknown> | undefined {
  if (outcome.kind === 'token-rejected') {
    return {
      why: 'the provider no longer accepts the manual token',
      since: toRfc3339(outcome.sinceMs),
      command: 'fresco rotate',
    };
  }
  const [command, otherwise] = commandsFor(outcome);
  if (outcome.kind === 'latched') {
    const { sinceMs, doubt } = outcome.latch;
    const why =
      doubt === undefined
        ? 'the provider no longer accepts the refresh token'
        : `the provider no longer accepts the refresh token, or refuses the application: ${doubt.said}`;
    return { why, since: toRfc3339(sinceMs), command, otherwise };
  }
  if (outcome.kind !== 'application-refused') return undefined;
  const { said, inDoubt, sinceMs } = outcome;
  const why = inDoubt
    ? `the provider refuses the application, or no longer accepts the refresh token: ${said}`
    : `the provider refuses the application: ${said}`;
  return { why, since: toRfc3339(sinceMs), command, otherwise };
}
