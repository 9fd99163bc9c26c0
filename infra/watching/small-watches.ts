import { Duration } from 'aws-cdk-lib';
import { MathExpression, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { attention } from '../../src/config/metric-names.ts';
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

/**
 * The same conditions by few alarms: one for each thing that a person would do, most of them over what Lambda,
 * SQS and the HTTP API measure for nothing. Each metric of an alarm costs as much as an alarm does.
 */
export const smallWatches: Watches = {
  ofConnection: (watched, connection) => [
    actWatch(watched, connection),
    lookWatch(watched, connection),
    ...(watched.hasNightlySync ? [nightWatch(watched.prefix, connection)] : []),
  ],
  ofStack: (watched) => [
    functionsWatch(watched),
    keptWatch(watched),
    ...(watched.webhook === undefined
      ? []
      : [handlingWatch(watched.webhook), refusalsWatch(watched.webhook)]),
  ],
};

function actWatch(watched: Watched, connection: string): Watch {
  const { prefix } = watched;
  return {
    id: 'person-needed',
    entries: ['person-needed', 'token-lost'],
    says: `${connection} cannot be refreshed until a person acts; fresco doctor says why${byLink(watched, connection)}`,
    metric: measured(attention, 'Maximum', { prefix, connection }),
    breaches: 'at or above',
    threshold: 2,
  };
}

/** Two hours hold a check at least, also where one was lost: silence counts as much as what a check says. */
function lookWatch({ prefix, webhook }: Watched, connection: string): Watch {
  const level = measured(attention, 'Maximum', { prefix, connection }, Duration.hours(2));
  return {
    id: 'needs-a-look',
    entries: [
      'no-check-is-made',
      'access-token-near-its-end',
      'uncertain-attempt',
      'refresh-token-idle',
      ...(webhook === undefined ? [] : ['notifications-wait']),
    ],
    says: `${connection} needs a look, or was not checked for two hours; fresco doctor says which`,
    // Of a person who has to act the other alarm tells.
    metric: new MathExpression({
      expression: 'IF(FILL(attention, 1) == 1 OR FILL(attention, 1) == 3, 1, 0)',
      usingMetrics: { attention: level },
      period: Duration.hours(2),
    }),
    breaches: 'at or above',
    threshold: 1,
    missing: TreatMissingData.BREACHING,
  };
}

function functionsWatch({ rotator, webhook }: Watched): Watch {
  const { rotatorErrors } = failuresOf('rotator', rotator);
  const errors = rotatorErrors === undefined ? {} : { rotatorErrors };
  if (webhook === undefined) {
    const says = 'the rotator has failed; fresco doctor says what it cannot do';
    return { ...once('functions-fail', ['rotator-fails'], sumOf(errors)), says };
  }
  const metric = sumOf({ ...errors, answers: [serverErrors(webhook), 0] });
  const entries = ['rotator-fails', 'notifications-not-kept', 'webhook-functions-fail'] as const;
  return {
    ...once('functions-fail', entries, metric),
    says: 'the rotator has failed, or the webhook has answered with an error; fresco doctor says what the rotator cannot do',
  };
}

function keptWatch({ failures, webhook }: Watched): Watch {
  const given = { failures: [visible(failures), 0] } as const;
  if (webhook === undefined) {
    const says = 'a check or a sync was given up and is kept in the queue of failures';
    return { ...once('given-up', ['failed-invocations'], sumOf(given)), says };
  }
  const metric = sumOf({ ...given, letters: [visible(webhook.deadLetterQueue), 0] });
  return {
    ...once('given-up', ['failed-invocations', 'dead-letters'], metric),
    says: 'a check, a watch over subscriptions, a sync or a notification was given up and is kept in the queue of failures or of dead letters',
  };
}

/** The age is that of six hours less the three periods. */
function handlingWatch({ handler, queue }: Webhook): Watch {
  const failures = failuresOf('handler', handler.lambda);
  const waitsSeconds = Duration.hours(6).toSeconds() - 3 * Duration.minutes(5).toSeconds();
  const { expression } = sumOf(failures);
  return {
    id: 'notifications-not-handled',
    entries: ['webhook-functions-fail', 'notifications-wait'],
    says: 'the handler of notifications has failed or was throttled for a quarter of an hour, or the oldest notification has been in the queue for six hours',
    metric: new MathExpression({
      expression: `${expression} + IF(FILL(age, 0) >= ${waitsSeconds}, 1, 0)`,
      usingMetrics: {
        ...Object.fromEntries(Object.entries(failures).map(([id, [it]]) => [id, it])),
        age: oldest(queue),
      },
      period: Duration.minutes(5),
    }),
    breaches: 'at or above',
    threshold: 1,
    periods: 3,
  };
}

/** An alarm by itself: a stranger can ring it, and must not be able to hide another condition behind it. */
function refusalsWatch({ entrance }: Webhook): Watch {
  return {
    id: 'forged-notifications',
    entries: ['forged-notifications'],
    says: 'a hundred requests to the webhook were refused within an hour: most likely they had no valid signature',
    metric: entrance.api.metricClientError({ period: Duration.hours(1), statistic: 'Sum' }),
    breaches: 'at or above',
    threshold: 100,
  };
}

function once(
  id: string,
  entries: Watch['entries'],
  metric: MathExpression | Metric,
): Omit<Watch, 'says'> {
  return { id, entries, metric, breaches: 'at or above', threshold: 1 };
}
