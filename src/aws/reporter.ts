import { classOf, type OutcomeClass } from '../core/outcome.ts';
import { describeOutcome } from '../core/outcome-text.ts';
import type { EventBus, Reporter } from '../core/ports.ts';
import { eventOf, type Report } from '../core/report.ts';

/** Writes one structured log line; a logger of Powertools is one. */
export type Log = Readonly<
  Record<
    'info' | 'warn' | 'error',
    (message: string, fields: Record<string, string | number | readonly string[]>) => void
  >
>;

/** Where reports go. */
export interface ReporterOptions {
  readonly prefix: string;
  readonly bus: EventBus;
  readonly log: Log;
  /** Writes one line that CloudWatch reads metrics from, with nothing before or after it. */
  readonly emit: (line: string) => void;
}

/** Reports each pass as a log line, a line of metrics and an event; what fails in it goes to the log alone. */
export function reporter({ prefix, bus, log, emit }: ReporterOptions): Reporter {
  return {
    report: async (report) => {
      try {
        log[levelOf[classOf(report.outcome)]](describeOutcome(report.outcome), fieldsOf(report));
        emit(JSON.stringify(metricsOf(report, prefix)));
        const event = eventOf(report);
        if (event !== undefined) await bus.publish([event]);
      } catch (error) {
        const why = error instanceof Error ? error.message : 'unknown error';
        log.error('the report of a pass did not get out', { connection: report.connection, why });
      }
    },
  };
}

const levelOf = { done: 'info', retry: 'warn', person: 'error' } as const satisfies Readonly<
  Record<OutcomeClass, keyof Log>
>;

function fieldsOf(report: Report): Record<string, string | number | readonly string[]> {
  const left = hoursLeft(report);
  return {
    connection: report.connection,
    door: report.door,
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

/** CloudWatch's embedded metric format; names and dimensions as in `metric-names.ts`, which a test compares. */
function metricsOf(report: Report, prefix: string): Record<string, unknown> {
  const { outcome, atMs } = report;
  const left = hoursLeft(report);
  const gauges = {
    ...(left === undefined ? {} : { HoursLeft: left }),
    PersonNeeded: classOf(outcome) === 'person' ? 1 : 0,
    UncertainHours: outcome.kind === 'uncertain' ? hours(atMs - outcome.sinceMs) : 0,
  };
  const dimensions = ['prefix', 'connection'];
  return {
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [
        directive([...dimensions, 'outcome'], [{ Name: 'Passes', Unit: 'Count' }]),
        directive(
          dimensions,
          Object.keys(gauges).map((Name) => ({ Name, Unit: 'None' })),
        ),
      ],
    },
    prefix,
    connection: report.connection,
    outcome: outcome.kind,
    Passes: 1,
    ...gauges,
  };
}

function directive(dimensions: string[], metrics: { Name: string; Unit: string }[]) {
  return { Namespace: 'Fresco', Dimensions: [dimensions], Metrics: metrics };
}

/** Absent where nothing is published or it never ends. */
function hoursLeft({ published, atMs }: Report): number | undefined {
  if (published === undefined || published.expiresAtMs === null) return undefined;
  return Math.max(0, hours(published.expiresAtMs - atMs));
}

function hours(ms: number): number {
  return Math.round(ms / 36_000) / 100;
}
