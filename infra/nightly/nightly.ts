import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
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
import { type Config, toEnvironment } from '../../src/config/config.ts';
import { changingItems, readingSecrets, usingKeyThrough } from '../permissions/permissions.ts';
import { failingInto, keptQueue, sendingTo, takeFrom } from '../queues.ts';
import { type FunctionDefaults, ServiceFunction } from '../service-function.ts';
import { type Store, syncKeys } from '../store.ts';
import { aheadMinutes, everyNightAt, preparationFor } from './night.ts';

/** A job at night, so that its token lasts. */
export interface NightlyJob {
  /** When it starts, as the clock in Italy shows: `03:30`. The token is asked for before, on every night of a year. */
  readonly at: string;
  /** How long it takes at most. */
  readonly lasts: Duration;
  /** @default - the first connection */
  readonly connection?: string;
}

/** What happens at night, and with whose token. */
export interface NightlyProps {
  readonly store: Store;
  readonly settings: Omit<Config<'sync'>, 'queueUrl'>;
  readonly busArn: string;
  readonly consumersAlias: IFunction;
  readonly failures: Queue;
  readonly defaults: FunctionDefaults;
  /** When the sync starts, as the clock in Italy shows. Absent: there is none. */
  readonly syncAt: string | undefined;
  readonly jobs: readonly NightlyJob[];
}

const syncTimeout = Duration.minutes(15);
/** A token lives for a day; a job may take 23 hours of it. */
const longestWish = Duration.hours(23).plus(Duration.minutes(aheadMinutes));

/** A sync of what changed, and a token that lasts ready before each job. */
export class Nightly extends Construct {
  readonly sync: ServiceFunction | undefined;
  readonly #schedulerRole: Role;

  constructor(scope: Construct, id: string, props: NightlyProps) {
    super(scope, id);
    this.#schedulerRole = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    for (const statement of sendingTo(this, props.store.key.keyArn, props.failures)) {
      this.#schedulerRole.addToPolicy(statement);
    }
    this.sync = props.syncAt === undefined ? undefined : this.#sync(props, props.syncAt);
    for (const [index, job] of props.jobs.entries()) this.#prepare(props, job, index);
  }

  #sync(props: NightlyProps, at: string): ServiceFunction {
    const { store, settings, failures } = props;
    const { keyArn } = store.key;
    const queue = keptQueue(this, 'Continuations', keyArn, {
      visibilityTimeout: Duration.seconds(6 * syncTimeout.toSeconds()),
      deadLetterQueue: { queue: failures, maxReceiveCount: 5 },
    });
    const sync = new ServiceFunction(this, 'Sync', {
      edge: 'sync',
      description: 'Fresco: tells on the bus what has changed since the last sync',
      defaults: props.defaults,
      environment: toEnvironment('sync', { ...settings, queueUrl: queue.queueUrl }),
      timeout: syncTimeout,
    });
    const { prefix, connections } = settings;
    sync.allow(
      ...readingSecrets(this, keyArn, { prefix, kinds: ['access-token'] }),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [props.consumersAlias.functionArn],
      }),
      changingItems(store.table.tableArn, syncKeys, ['GetItem', 'UpdateItem']),
      usingKeyThrough(this, keyArn, 'dynamodb'),
      ...sendingTo(this, keyArn, queue),
      ...sendingTo(this, keyArn, failures),
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [props.busArn] }),
    );
    // An alias, so that its invoker may invoke that alone and not every version there ever is.
    const nightly = new Alias(this, 'Alias', {
      aliasName: 'nightly',
      version: sync.lambda.currentVersion as IVersion,
      // It only leaves word in the queue, which brings each pass again.
      ...failingInto(failures, 2),
    });
    takeFrom(queue, sync, { batchSize: 1, namedAfter: queue });
    const minutes = everyNightAt(at);
    for (const connection of connections) {
      this.#every(`sync-${connection}`, minutes, nightly as IFunction, { connection }, failures);
    }
    return sync;
  }

  /** Asks the rotator as a consumer would, a little ahead, so that the job finds its token ready on every night. */
  #prepare({ settings, consumersAlias, failures }: NightlyProps, job: NightlyJob, index: number) {
    const { connection = settings.connections[0] ?? '', lasts } = job;
    if (!settings.connections.includes(connection)) {
      throw new Error(`there is no connection '${connection}' for the job at ${job.at}`);
    }
    const { minutes, aheadMinutesMax } = preparationFor(job.at);
    const minValidityMs = lasts.toMilliseconds() + aheadMinutesMax * 60_000;
    if (minValidityMs > longestWish.toMilliseconds()) {
      const longest = longestWish.minus(Duration.minutes(aheadMinutesMax));
      throw new Error(
        `the job at ${job.at} may last ${longest.toHumanString()} at most, got ${lasts.toHumanString()}: no token lasts longer, let it ask again while it runs`,
      );
    }
    const input = { connection, minValidityMs };
    this.#every(`job-${index + 1}`, minutes, consumersAlias, input, failures);
  }

  #every(id: string, minutes: number, target: IFunction, input: object, failures: Queue): void {
    new Schedule(this, id, {
      description: `Fresco: ${id}`,
      schedule: ScheduleExpression.cron({
        hour: String(Math.floor(minutes / 60)),
        minute: String(minutes % 60),
        timeZone: TimeZone.EUROPE_ROME,
      }),
      timeWindow: TimeWindow.off(),
      target: new LambdaInvoke(target, {
        role: this.#schedulerRole,
        input: ScheduleTargetInput.fromObject(input),
        deadLetterQueue: failures,
        retryAttempts: 2,
        maxEventAge: Duration.minutes(15),
      }),
    });
  }
}
