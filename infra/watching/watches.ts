import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { type MetricName, metricNamespace, syncMetrics } from '../../src/config/metric-names.ts';
import type { Webhook } from '../webhook.ts';

/** A level at which an alarm rings. */
export interface Watch {
  /** The alarm's id. */
  readonly id: string;
  /** The entries of the runbook that say what to do. */
  readonly entries: readonly string[];
  readonly says: string;
  readonly metric: IMetric;
  readonly breaches: 'at or above' | 'below';
  readonly threshold: number;
  readonly periods?: number;
  /** @default not breaching: nothing is wrong where nothing happens */
  readonly missing?: TreatMissingData;
}

/** What the alarms of a stack look at. */
export interface Watched {
  readonly prefix: string;
  readonly rotator: Lambda;
  readonly failures: Queue;
  readonly webhook: Webhook | undefined;
  /** Base of the pages on which a person consents; absent where there are none. */
  readonly connectUrl: string | undefined;
  /** Whether there is a sync each night. */
  readonly hasNightlySync: boolean;
}

/** The alarms of one way of watching: of each connection, and of the stack. */
export interface Watches {
  readonly ofConnection: (watched: Watched, connection: string) => readonly Watch[];
  readonly ofStack: (watched: Watched) => readonly Watch[];
}

const fiveMinutes = Duration.minutes(5);

/** Of one connection that is synced each night; six hours after the next night's sync was to begin. */
export function nightWatch(prefix: string, connection: string): Watch {
  return {
    id: 'sync-not-complete',
    entries: ['sync-not-complete'],
    says: `no sync of ${connection} has been completed for thirty hours`,
    metric: sumOf({
      completed: [measured(syncMetrics.completed, 'Sum', { prefix, connection }), 0],
    }),
    breaches: 'below',
    threshold: 1,
    periods: 30,
    missing: TreatMissingData.BREACHING,
  };
}

/** Who mends an ended consent, and where. */
export function byLink({ connectUrl }: Watched, connection: string): string {
  return connectUrl === undefined
    ? ''
    : `. If the consent has ended, the owner of the account gives a new one at ${connectUrl}/${connection}`;
}

/** A metric of our own. */
export function measured(
  { name, dimensions }: MetricName,
  statistic: string,
  values: Readonly<Record<string, string>>,
  period = Duration.hours(1),
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: Object.fromEntries(dimensions.map((it) => [it, values[it] ?? ''])),
    statistic,
    period,
  });
}

/**
 * The sum of metrics, each with what stands for it where it is missing: CloudWatch gives a sum of which one is
 * missing no value, and before it counts a period as missing it goes back to an earlier one that is not.
 */
export function sumOf(
  metrics: Readonly<Record<string, readonly [metric: Metric, ifMissing: number]>>,
): MathExpression {
  const terms = Object.entries(metrics);
  const [[, [first]] = ['', [undefined]]] = terms;
  return new MathExpression({
    expression: terms.map(([id, [, ifMissing]]) => `FILL(${id}, ${ifMissing})`).join(' + '),
    usingMetrics: Object.fromEntries(terms.map(([id, [metric]]) => [id, metric])),
    period: first?.period ?? fiveMinutes,
  });
}

/** How often a function failed, and how often it was throttled, when nothing else is counted either. */
export function failuresOf(name: string, lambda: Lambda): Parameters<typeof sumOf>[0] {
  return {
    [`${name}Errors`]: [lambda.metricErrors({ period: fiveMinutes }), 0],
    [`${name}Throttles`]: [lambda.metricThrottles({ period: fiveMinutes }), 0],
  };
}

/** How many messages lie in a queue. */
export function visible(queue: Queue): Metric {
  const options = { period: fiveMinutes, statistic: 'Maximum' };
  return queue.metricApproximateNumberOfMessagesVisible(options);
}

/** How many seconds the oldest message has been in a queue. */
export function oldest(queue: Queue): Metric {
  const options = { period: fiveMinutes, statistic: 'Maximum' };
  return queue.metricApproximateAgeOfOldestMessage(options);
}

/** How often the webhook's address answered with an error of its own. */
export function serverErrors({ entrance }: Webhook): Metric {
  return entrance.api.metricServerError({ period: fiveMinutes, statistic: 'Sum' });
}
