import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Watching } from '../../src/config/metric-names.ts';
import { fullWatches } from './full-watches.ts';
import { smallWatches } from './small-watches.ts';
import type { Watch, Watched } from './watches.ts';

/** What is watched, how finely, and where alarms go. */
export interface AlarmsProps extends Watched {
  readonly watching: Watching;
  readonly connections: readonly string[];
  readonly topic: ITopic;
}

/** Alarms that say what is wrong and where the runbook says what to do; levels, not edges. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const isFull = props.watching === 'full';
    const watches = isFull ? fullWatches : smallWatches;
    for (const connection of props.connections) {
      const ofOne = new Construct(this, connection);
      for (const watch of watches.ofConnection(props, connection)) {
        this.#watch(ofOne, watch, props);
      }
    }
    // No connection can have this name. The separate alarms keep the ids that they had before there were others.
    const ofStack = isFull ? this : new Construct(this, '_stack');
    for (const watch of watches.ofStack(props)) this.#watch(ofStack, watch, props);
  }

  #watch(scope: Construct, watch: Watch, { prefix, topic }: AlarmsProps): void {
    const { entries, breaches, missing = TreatMissingData.NOT_BREACHING, periods = 1 } = watch;
    const action = new SnsAction(topic);
    const alarm = new Alarm(scope, watch.id, {
      alarmDescription: `Fresco (${prefix}): ${watch.says}. What to do: docs/runbook.md#${entries.join(', #')}`,
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
