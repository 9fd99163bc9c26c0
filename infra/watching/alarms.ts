import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  connectionWatches,
  nightWatch,
  sinkWatches,
  stackWatches,
  type Watch,
  type Watched,
} from './watches.ts';

/** What is watched, and where alarms go. */
export interface AlarmsProps extends Watched {
  readonly connections: readonly string[];
  readonly topic: ITopic;
}

/** Alarms that say what is wrong and where the runbook says what to do; levels, not edges. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    for (const connection of props.connections) {
      const ofOne = new Construct(this, connection);
      const { prefix, webhook, hasNightlySync } = props;
      for (const watch of [
        ...connectionWatches(props, connection),
        ...(webhook === undefined ? [] : sinkWatches(prefix, connection)),
        ...(hasNightlySync ? [nightWatch(prefix, connection)] : []),
      ]) {
        this.#watch(ofOne, watch, props);
      }
    }
    for (const watch of stackWatches(props)) this.#watch(this, watch, props);
  }

  #watch(scope: Construct, watch: Watch, { prefix, topic }: AlarmsProps): void {
    const { breaches, missing = TreatMissingData.NOT_BREACHING, periods = 1 } = watch;
    const action = new SnsAction(topic);
    const alarm = new Alarm(scope, watch.entry, {
      alarmDescription: `Fresco (${prefix}): ${watch.says}. What to do: docs/runbook.md#${watch.entry}`,
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator:
        breaches === 'below'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData: missing,
    });
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
