import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import {
  type MetricName,
  metricNamespace,
  rotatorMetrics,
  syncMetrics,
  webhookMetrics,
} from '../../src/config/metric-names.ts';
import type { Webhook } from '../webhook.ts';

/** A level at which an alarm rings. */
export interface Watch {
  /** The entry of the runbook, and the alarm's id. */
  readonly entry: string;
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

const hour = Duration.hours(1);

/** Of one connection, by what its passes say. */
export function connectionWatches(
  { prefix, connectUrl }: Pick<Watched, 'prefix' | 'connectUrl'>,
  connection: string,
): readonly Watch[] {
  const link =
    connectUrl === undefined
      ? ''
      : `. If the consent has ended, the owner of the account gives a new one at ${connectUrl}/${connection}`;

  const of = (name: MetricName, statistic: string, outcome?: string) =>
    measured(name, statistic, { prefix, connection, ...(outcome && { outcome }) });
  return [
    {
      entry: 'no-check-is-made',
      says: `no check of ${connection} has ended for three hours`,
      metric: of(rotatorMetrics.checks, 'Sum'),
      breaches: 'below',
      threshold: 1,
      periods: 3,
      missing: TreatMissingData.BREACHING,
    },
    {
      entry: 'access-token-near-its-end',
      says: `the access token of ${connection} has less than six hours left and is not refreshed`,
      metric: of(rotatorMetrics.hoursLeft, 'Minimum'),
      breaches: 'below',
      threshold: 6,
    },
    {
      entry: 'person-needed',
      says: `${connection} cannot be refreshed until a person acts${link}`,
      metric: of(rotatorMetrics.personNeeded, 'Maximum'),
      breaches: 'at or above',
      threshold: 1,
    },
    {
      entry: 'uncertain-attempt',
      says: `a refresh token of ${connection} was sent an hour ago and no answer is on record`,
      metric: of(rotatorMetrics.uncertainHours, 'Maximum'),
      breaches: 'at or above',
      threshold: 1,
    },
    {
      entry: 'refresh-token-idle',
      says: `the refresh token of ${connection} has not been used for 300 days: unused for a year, it dies`,
      metric: of(rotatorMetrics.idleDays, 'Maximum'),
      breaches: 'at or above',
      threshold: 300,
    },
    {
      entry: 'token-lost',
      says: `a new token of ${connection} could not be stored anywhere`,
      metric: of(rotatorMetrics.passes, 'Sum', 'lost'),
      breaches: 'at or above',
      threshold: 1,
    },
  ];
}

/** Of one connection's notifications. */
export function sinkWatches(prefix: string, connection: string): readonly Watch[] {
  return [
    {
      entry: 'forged-notifications',
      says: `many requests to the webhook of ${connection} had no valid signature`,
      metric: measured(webhookMetrics.receipts, 'Sum', { prefix, connection, receipt: 'forged' }),
      breaches: 'at or above',
      threshold: 100,
    },
    {
      entry: 'notifications-wait',
      says: `a notification of ${connection} has waited for six hours for a token, a quota or a licence`,
      metric: measured(webhookMetrics.waiting, 'Maximum', { prefix, connection }),
      breaches: 'at or above',
      threshold: 6,
    },
  ];
}

/** Of one connection that is synced each night; six hours after the next night's sync was to begin. */
export function nightWatch(prefix: string, connection: string): Watch {
  return {
    entry: 'sync-not-complete',
    says: `no sync of ${connection} has been completed for thirty hours`,
    metric: measured(syncMetrics.completed, 'Sum', { prefix, connection }),
    breaches: 'below',
    threshold: 1,
    periods: 30,
    missing: TreatMissingData.BREACHING,
  };
}

/** Of the functions and queues of a stack. */
export function stackWatches({ rotator, failures, webhook }: Watched): readonly Watch[] {
  return [
    {
      entry: 'rotator-fails',
      says: 'the rotator has failed or was throttled',
      metric: failuresOf(rotator),
      breaches: 'at or above',
      threshold: 1,
    },
    {
      entry: 'failed-invocations',
      says: 'a check, a watch over subscriptions or a sync was given up and is kept in the queue of failures',
      metric: visible(failures),
      breaches: 'at or above',
      threshold: 1,
    },
    ...(webhook === undefined ? [] : webhookWatches(webhook)),
  ];
}

function webhookWatches(webhook: Webhook): readonly Watch[] {
  const { entrance, receiver, handler, queue, deadLetterQueue } = webhook;
  return [
    {
      entry: 'dead-letters',
      says: 'a notification could not be handled and is kept in the dead-letter queue',
      metric: visible(deadLetterQueue),
      breaches: 'at or above',
      threshold: 1,
    },
    {
      entry: 'notifications-wait',
      says: 'the oldest notification has been in the queue for six hours',
      metric: queue.metricApproximateAgeOfOldestMessage({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      breaches: 'at or above',
      threshold: Duration.hours(6).toSeconds(),
    },
    {
      entry: 'notifications-not-kept',
      says: 'the receiver answered with an error: the provider tries each notification four times',
      metric: entrance.api.metricServerError({ period: Duration.minutes(5), statistic: 'Sum' }),
      breaches: 'at or above',
      threshold: 1,
    },
    {
      entry: 'webhook-functions-fail',
      says: 'a function behind the webhook has failed or was throttled',
      metric: new MathExpression({
        expression: 'receiver + handler',
        usingMetrics: {
          receiver: failuresOf(receiver.lambda, 'r'),
          handler: failuresOf(handler.lambda, 'h'),
        },
        period: Duration.minutes(5),
      }),
      breaches: 'at or above',
      threshold: 1,
      periods: 3,
    },
  ];
}

function measured(
  { name, dimensions }: MetricName,
  statistic: string,
  values: Readonly<Record<string, string>>,
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: Object.fromEntries(dimensions.map((it) => [it, values[it] ?? ''])),
    statistic,
    period: hour,
  });
}

function failuresOf(lambda: Lambda, id = ''): MathExpression {
  const period = Duration.minutes(5);
  return new MathExpression({
    expression: `errors${id} + throttles${id}`,
    usingMetrics: {
      [`errors${id}`]: lambda.metricErrors({ period }),
      [`throttles${id}`]: lambda.metricThrottles({ period }),
    },
    period,
  });
}

function visible(queue: Queue): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({
    period: Duration.minutes(5),
    statistic: 'Maximum',
  });
}
