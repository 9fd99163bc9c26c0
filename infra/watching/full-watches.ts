import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName } from '../../src/config/metric-names.ts';
import { alarmLevels, rotatorMetrics, webhookMetrics } from '../../src/config/metric-names.ts';
import type { Webhook } from '../webhook.ts';
import {
  byLink,
  failuresOf,
  measured,
  nightWatch,
  oldest,
  serverErrors,
  sumOf,
  visible,
  type Watch,
  type Watched,
  type Watches,
} from './watches.ts';

/** An alarm of its own for each condition. */
export const fullWatches: Watches = {
  ofConnection: (watched, connection) => [
    ...connectionWatches(watched, connection),
    ...(watched.webhook === undefined ? [] : sinkWatches(watched.prefix, connection)),
    ...(watched.hasNightlySync ? [nightWatch(watched.prefix, connection)] : []),
  ],
  ofStack: (watched) => [
    ...stackWatches(watched),
    ...(watched.webhook === undefined ? [] : webhookWatches(watched.webhook)),
  ],
};

/** By what its passes say. */
function connectionWatches(watched: Watched, connection: string): readonly Watch[] {
  const { prefix } = watched;
  const of = (name: MetricName, statistic: string, outcome?: string) =>
    measured(name, statistic, { prefix, connection, ...(outcome && { outcome }) });
  return [
    {
      ...named('no-check-is-made'),
      says: `no check of ${connection} has ended for three hours`,
      metric: sumOf({ checks: [of(rotatorMetrics.checks, 'Sum'), 0] }),
      breaches: 'below',
      threshold: 1,
      periods: 3,
      missing: TreatMissingData.BREACHING,
    },
    {
      ...named('access-token-near-its-end'),
      says: `the access token of ${connection} has less than six hours left and is not refreshed`,
      metric: of(rotatorMetrics.hoursLeft, 'Minimum'),
      breaches: 'below',
      threshold: alarmLevels.hoursLeft,
    },
    {
      ...named('person-needed'),
      says: `${connection} cannot be refreshed until a person acts${byLink(watched, connection)}`,
      metric: of(rotatorMetrics.personNeeded, 'Maximum'),
      ...atLeast(1),
    },
    {
      ...named('uncertain-attempt'),
      says: `a refresh token of ${connection} was sent an hour ago and no answer is on record`,
      metric: of(rotatorMetrics.uncertainHours, 'Maximum'),
      ...atLeast(alarmLevels.uncertainHours),
    },
    {
      ...named('refresh-token-idle'),
      says: `the refresh token of ${connection} has not been used for 300 days: unused for a year, it dies`,
      metric: of(rotatorMetrics.idleDays, 'Maximum'),
      ...atLeast(alarmLevels.idleDays),
    },
    {
      ...named('token-lost'),
      says: `a new token of ${connection} could not be stored anywhere`,
      metric: of(rotatorMetrics.passes, 'Sum', 'lost'),
      ...atLeast(1),
    },
  ];
}

function sinkWatches(prefix: string, connection: string): readonly Watch[] {
  return [
    {
      ...named('forged-notifications'),
      says: `many requests to the webhook of ${connection} had no valid signature`,
      metric: measured(webhookMetrics.receipts, 'Sum', { prefix, connection, receipt: 'forged' }),
      ...atLeast(100),
    },
    {
      ...named('notifications-wait'),
      says: `a notification of ${connection} has waited for six hours for a token, a quota or a licence`,
      metric: measured(webhookMetrics.waiting, 'Maximum', { prefix, connection }),
      ...atLeast(alarmLevels.waitingHours),
    },
  ];
}

function stackWatches({ rotator, failures }: Watched): readonly Watch[] {
  return [
    {
      ...named('rotator-fails'),
      says: 'the rotator has failed or was throttled',
      metric: sumOf(failuresOf('rotator', rotator)),
      ...atLeast(1),
    },
    {
      ...named('failed-invocations'),
      says: 'a check, a watch over subscriptions or a sync was given up and is kept in the queue of failures',
      metric: visible(failures),
      ...atLeast(1),
    },
  ];
}

function webhookWatches(webhook: Webhook): readonly Watch[] {
  const { receiver, handler, queue, deadLetterQueue } = webhook;
  return [
    {
      ...named('dead-letters'),
      says: 'a notification could not be handled and is kept in the dead-letter queue',
      metric: visible(deadLetterQueue),
      ...atLeast(1),
    },
    {
      ...named('notifications-wait'),
      says: 'the oldest notification has been in the queue for six hours',
      metric: oldest(queue),
      ...atLeast(Duration.hours(6).toSeconds()),
    },
    {
      ...named('notifications-not-kept'),
      says: 'the receiver answered with an error: the provider tries each notification four times',
      metric: serverErrors(webhook),
      ...atLeast(1),
    },
    {
      ...named('webhook-functions-fail'),
      says: 'a function behind the webhook has failed or was throttled',
      metric: sumOf({
        ...failuresOf('receiver', receiver.lambda),
        ...failuresOf('handler', handler.lambda),
      }),
      ...atLeast(1),
      periods: 3,
    },
  ];
}

function named(entry: string): Pick<Watch, 'id' | 'entries'> {
  return { id: entry, entries: [entry] };
}

function atLeast(threshold: number): Pick<Watch, 'breaches' | 'threshold'> {
  return { breaches: 'at or above', threshold };
}
