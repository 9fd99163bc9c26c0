import type { EventBus } from '../../core/events/event.ts';
import { alarmLevels, type Watching } from '../../core/outcome/attention.ts';
import { meaningOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import {
  eventOf,
  type PublishedFacts,
  type Report,
  type Reporter,
} from '../../core/outcome/report.ts';
import { StoreRefused } from '../../core/ports.ts';
import type { Log, LogFields } from './log.ts';
import { metricLine } from './metric-line.ts';

/** Where reports go. */
export interface ReporterOptions {
  readonly prefix: string;
  readonly watching: Watching;
  readonly bus: EventBus;
  readonly log: Log;
  /** Writes one line that CloudWatch reads metrics from, with nothing before or after it. */
  readonly emit: (line: string) => void;
  /** Base of the pages for consent, where there are any. */
  readonly connectUrl?: string | undefined;
}

/** Reports each pass as a log line, a line of metrics and an event; what did not get out is logged too. */
export function reporter({
  prefix,
  watching,
  bus,
  log,
  emit,
  connectUrl,
}: ReporterOptions): Reporter {
  return {
    report: async (report) => {
      try {
        log[levelOf(report.outcome)](describeOutcome(report.outcome), fieldsOf(report));
        const metrics = watching === 'full' ? gauges(report, prefix) : oneGauge(report, prefix);
        if (metrics !== undefined) emit(metrics);
        const event = eventOf(report, connectUrl);
        if (event !== undefined) await bus.publish([event]);
      } catch (error) {
        const why = error instanceof Error ? error.message : 'unknown error';
        log.error('the report of a pass did not get out', { connection: report.connection, why });
        throw new StoreRefused('unavailable', why, { cause: error });
      }
    },
  };
}

function levelOf(outcome: Outcome): keyof Log {
  const meaning = meaningOf(outcome);
  if (meaning.class === 'done') return 'info';
  return meaning.class === 'person' && meaning.isFailing ? 'error' : 'warn';
}

function fieldsOf(report: Report): LogFields {
  const left = hoursLeft(report);
  return {
    connection: report.connection,
    door: report.trigger,
    outcome: report.outcome.kind,
    ...(report.published && {
      grant: report.published.grant,
      generation: report.published.generation,
    }),
    ...(left === undefined ? {} : { hoursLeft: left }),
    ...(report.turn && { turn: report.turn }),
    ...(report.warnings.length > 0 ? { warnings: report.warnings } : {}),
  };
}

/** Told by each check, so that silence tells too; by another pass only where somebody should hear of it. */
function oneGauge(report: Report, prefix: string): string | undefined {
  const level = attentionOf(report);
  if (report.trigger !== 'schedule' && level === 0) return undefined;
  const { connection, atMs } = report;
  return metricLine(atMs, { prefix, connection }, [
    { dimensions: ['prefix', 'connection'], unit: 'None', values: { Attention: level } },
  ]);
}

function attentionOf(report: Report): number {
  const { HoursLeft, IdleDays, PersonNeeded, UncertainHours } = levelsOf(report);
  const isNearItsEnd = HoursLeft !== undefined && HoursLeft < alarmLevels.hoursLeft;
  const isIdle = IdleDays !== undefined && IdleDays >= alarmLevels.idleDays;
  const isUncertain = UncertainHours >= alarmLevels.uncertainHours;
  return (isNearItsEnd || isIdle || isUncertain ? 1 : 0) + (PersonNeeded > 0 ? 2 : 0);
}

function gauges(report: Report, prefix: string): string {
  const { connection, outcome, atMs } = report;
  const dimensions = ['prefix', 'connection'];
  return metricLine(atMs, { prefix, connection, outcome: outcome.kind }, [
    { dimensions: [...dimensions, 'outcome'], unit: 'Count', values: { Passes: 1 } },
    ...(report.trigger === 'schedule'
      ? [{ dimensions, unit: 'Count' as const, values: { Checks: 1 } }]
      : []),
    { dimensions, unit: 'None', values: levelsOf(report) },
  ]);
}

/** A type, since a group of metrics takes no interface. */
type Levels = {
  readonly HoursLeft?: number;
  readonly IdleDays?: number;
  readonly PersonNeeded: number;
  readonly UncertainHours: number;
};

function levelsOf(report: Report): Levels {
  const { outcome, published, atMs } = report;
  const left = hoursLeft(report);
  return {
    ...(left === undefined ? {} : { HoursLeft: left }),
    // A manual token has no refresh token that could die of disuse.
    ...(published && left !== undefined ? { IdleDays: idleDays(published, atMs) } : {}),
    PersonNeeded: meaningOf(outcome).isAlarming ? 1 : 0,
    UncertainHours: outcome.kind === 'uncertain' ? hours(atMs - outcome.sinceMs) : 0,
  };
}

/** Absent where nothing is published or it never ends. */
function hoursLeft({ published, atMs }: Report): number | undefined {
  if (published === undefined || published.expiresAtMs === null) return undefined;
  return Math.max(0, hours(published.expiresAtMs - atMs));
}

function idleDays({ issuedAtMs }: PublishedFacts, atMs: number): number {
  return Math.max(0, Math.round((atMs - issuedAtMs) / 864_000) / 100);
}

function hours(ms: number): number {
  return Math.round(ms / 36_000) / 100;
}
