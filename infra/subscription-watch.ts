import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, type IFunction, type IVersion } from 'aws-cdk-lib/aws-lambda';
import {
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { failingInto, sendingTo } from './queues.ts';
import type { ServiceFunction } from './service-function.ts';

/** Whose subscriptions are looked after, and by which function. */
export interface SubscriptionWatchProps {
  readonly handler: ServiceFunction;
  readonly keyArn: string;
  readonly connections: readonly string[];
  readonly failures: Queue;
  /** Whether a subscription that the provider has ended is created again. */
  readonly renew: boolean;
}

/** Once a day the handler of webhooks asks the provider whether it still has what was subscribed. */
export class SubscriptionWatch extends Construct {
  constructor(scope: Construct, id: string, props: SubscriptionWatchProps) {
    super(scope, id);
    const { handler, keyArn, failures, renew } = props;
    handler.allow(...sendingTo(this, keyArn, failures));
    const alias = new Alias(this, 'Alias', {
      aliasName: 'watch',
      // CDK's classes say of a missing property what its interfaces do not.
      version: handler.lambda.currentVersion as IVersion,
      ...failingInto(failures),
    });
    const role = new Role(this, 'Invoker', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    for (const statement of sendingTo(this, keyArn, failures)) role.addToPolicy(statement);
    for (const connection of props.connections) {
      new Schedule(this, `watch-${connection}`, {
        description: `Fresco: looks after the subscriptions of ${connection}`,
        schedule: ScheduleExpression.rate(Duration.days(1)),
        timeWindow: TimeWindow.flexible(Duration.hours(1)),
        target: new LambdaInvoke(alias as IFunction, {
          role,
          input: ScheduleTargetInput.fromObject({ watch: connection, renew }),
          deadLetterQueue: failures,
          retryAttempts: 2,
          maxEventAge: Duration.hours(1),
        }),
      });
    }
  }
}
