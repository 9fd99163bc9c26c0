import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  CfnPermission,
  type EventInvokeConfigOptions,
  type IFunction,
  type IVersion,
} from 'aws-cdk-lib/aws-lambda';
import {
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Config, toEnvironment } from '../src/config/config.ts';
import { rotationTimes } from '../src/config/rotation-times.ts';
import { secretName } from '../src/config/stack-outputs.ts';
import { secretArns } from './permissions/permissions.ts';
import { failingInto, sendingTo } from './queues.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';
import type { Store } from './store.ts';

/** What rotates, and how often. */
export interface RotationProps {
  readonly store: Store;
  readonly settings: Omit<Config<'rotator'>, 'leaseTermMs'>;
  readonly busArn: string;
  readonly failures: Queue;
  readonly defaults: FunctionDefaults;
  readonly reservedConcurrency: number | undefined;
  /** Whether a person may consent by a link. */
  readonly reconnect: boolean;
  /** Rotation by Secrets Manager's own schedule. */
  readonly rotateNativelyEvery: Duration | undefined;
}

const timeout = Duration.millis(rotationTimes.functionMs);

// A call of this door holds a code, and perhaps a ticket: it is kept nowhere, even where nobody waits for the call.
const droppingFailures: EventInvokeConfigOptions = {
  retryAttempts: 0,
  maxEventAge: Duration.minutes(1),
};

/**
 * The rotator behind its doors, an alias each: what may go through one is decided by who may invoke it.
 * Each connection is checked every hour. A deploy invokes nothing.
 */
export class Rotation extends Construct {
  readonly function: ServiceFunction;
  readonly scheduleAlias: Alias;
  readonly consumersAlias: Alias;
  readonly nativeAlias: Alias;
  readonly operatorAlias: Alias;
  /** What the pages for consent may ask; absent where there are none. */
  readonly consentAlias: Alias | undefined;
  /** Holds the schedule of each connection's check, under the connection's name. */
  readonly checks: ScheduleGroup;

  constructor(scope: Construct, id: string, props: RotationProps) {
    super(scope, id);
    const { store, failures } = props;
    this.function = new ServiceFunction(this, 'Rotator', {
      edge: 'rotator',
      description: 'Fresco: refreshes access tokens',
      defaults: props.defaults,
      environment: toEnvironment('rotator', {
        ...props.settings,
        leaseTermMs: rotationTimes.leaseTermMs,
      }),
      timeout,
      role: Role.fromRoleName(this, 'Role', store.rotatorRole.roleName),
      reservedConcurrency: props.reservedConcurrency,
    });
    this.function.allow(
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [props.busArn] }),
      ...sendingTo(this, store.key.keyArn, failures),
    );
    this.scheduleAlias = this.#door('schedule', failingInto(failures));
    this.consumersAlias = this.#door('consumers', failingInto(failures));
    this.nativeAlias = this.#door('native', failingInto(failures));
    this.operatorAlias = this.#door('operator', failingInto(failures));
    this.consentAlias = props.reconnect ? this.#door('consent', droppingFailures) : undefined;
    this.checks = new ScheduleGroup(this, 'Checks', { removalPolicy: RemovalPolicy.DESTROY });
    this.#check(props);
    this.#rotateNatively(props);
  }

  #door(aliasName: string, failures: EventInvokeConfigOptions): Alias {
    return new Alias(this, aliasName, {
      aliasName,
      // Here and below: CDK's classes say of a missing property what its interfaces do not.
      version: this.function.lambda.currentVersion as IVersion,
      // What an alias is invoked with counts for that alias alone.
      ...failures,
    });
  }

  #check({ settings, store, failures }: RotationProps): void {
    const role = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    for (const statement of sendingTo(this, store.key.keyArn, failures)) {
      role.addToPolicy(statement);
    }
    for (const connection of settings.connections) {
      new Schedule(this, `check-${connection}`, {
        scheduleGroup: this.checks,
        scheduleName: connection,
        description: `Fresco: checks ${settings.prefix}/${connection}`,
        schedule: ScheduleExpression.rate(Duration.hours(1)),
        timeWindow: TimeWindow.flexible(Duration.minutes(10)),
        target: new LambdaInvoke(this.scheduleAlias as IFunction, {
          role,
          input: ScheduleTargetInput.fromObject({ connection }),
          deadLetterQueue: failures,
          retryAttempts: 2,
          maxEventAge: Duration.minutes(15),
        }),
      });
    }
  }

  /** Secrets Manager may use its door at any time; it does so on demand, or as `rotateNativelyEvery` says. */
  #rotateNatively({ settings, rotateNativelyEvery }: RotationProps): void {
    const { prefix, connections } = settings;
    const [sourceArn = ''] = secretArns(this, { prefix, kinds: ['grant'] });
    const permission = new CfnPermission(this, 'Native', {
      action: 'lambda:InvokeFunction',
      functionName: this.nativeAlias.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Stack.of(this).account,
      sourceArn,
    });
    if (rotateNativelyEvery === undefined) return;
    for (const connection of connections) {
      new CfnRotationSchedule(this, `rotate-${connection}`, {
        secretId: secretName(prefix, connection, 'grant'),
        rotationLambdaArn: this.nativeAlias.functionArn,
        rotationRules: { scheduleExpression: `rate(${rotateNativelyEvery.toHours()} hours)` },
        // A deploy must never spend a refresh token.
        rotateImmediatelyOnUpdate: false,
      }).addResourceDependency(permission);
    }
  }
}
