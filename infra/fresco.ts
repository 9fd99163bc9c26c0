import { Annotations, Lazy, Stack } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type FrescoProps, type ResolvedProps, resolveProps } from './choices.ts';
import { HttpEntrance } from './http-entrance.ts';
import { Nightly } from './nightly/nightly.ts';
import { tellOutputs, writeParameter } from './outputs.ts';
import { refuseTooLarge } from './permissions/limits.ts';
import { grantOperators } from './permissions/operators.ts';
import { readingSecrets } from './permissions/permissions.ts';
import { keptQueue } from './queues.ts';
import { Reconnect } from './reconnect.ts';
import { Rotation } from './rotation.ts';
import { keepPrefix, Store } from './store.ts';
import { SubscriptionWatch } from './subscription-watch.ts';
import { Alarms } from './watching/alarms.ts';
import { dashboard } from './watching/dashboard.ts';
import { Webhook } from './webhook.ts';

export type { FrescoProps };

/**
 * Keeps the connections of a prefix fresh. Adds a second stack, `<prefix>-store`, for what outlives this
 * one. Nobody but the rotator and the operators reads a refresh token; a deploy never spends one.
 */
export class Fresco extends Construct {
  readonly prefix: string;
  readonly store: Store;
  readonly bus: IEventBus;
  readonly alarmTopic: ITopic;
  readonly rotation: Rotation;
  readonly webhook: Webhook | undefined;
  readonly nightly: Nightly | undefined;
  /** Base of the pages on which a person consents by a link; absent where there are none. */
  readonly connectUrl: string | undefined;
  readonly #chosen: ResolvedProps;

  constructor(scope: Construct, id: string, props: FrescoProps = {}) {
    super(scope, id);
    const chosen = resolveProps(props, Stack.of(this));
    this.#chosen = chosen;
    const { prefix, connections, operators } = chosen;
    this.prefix = prefix;
    keepPrefix(this, prefix);
    const { reconnect } = chosen;
    const kept = { prefix, connections, operators, reconnect, key: props.key };
    this.store = new Store(this, 'Store', kept);
    const { keyArn } = this.store.key;
    const key = Key.fromKeyArn(this, 'Key', keyArn);
    this.bus = props.bus ?? ownBus(this, key, prefix);
    this.alarmTopic = props.alarmTopic ?? alarmTopic(this, key);
    if (props.alarmEmail !== undefined) {
      this.alarmTopic.addSubscription(new EmailSubscription(props.alarmEmail));
    }
    const failures = keptQueue(this, 'Failures', keyArn);
    this.rotation = this.#rotate(failures);
    this.webhook = chosen.webhooks ? this.#listen() : undefined;
    this.connectUrl = this.#reconnect();
    this.#watchSubscriptions(failures);
    this.nightly = this.#atNight(failures);
    const { webhook, connectUrl, alarmTopic: topic } = this;
    const rotator = this.rotation.function.lambda;
    const hasNightlySync = chosen.nightlySync !== undefined;
    const watched = { prefix, rotator, failures, webhook, connectUrl, hasNightlySync };
    const { watching, alarms } = chosen;
    if (alarms) new Alarms(this, 'Alarms', { ...watched, watching, connections, topic });
    if (watching === 'full') dashboard(this, 'Dashboard', { prefix, connections, webhook });
    this.#letOperate();
    this.#warn();
    refuseTooLarge(this);
  }

  /**
   * Lets a consumer read the access token of a connection and ask the rotator for a refresh; nothing else.
   * Throws for a connection that is not one of this construct's.
   */
  grantReadToken(grantee: IGrantable, connection = this.#chosen.connections[0] ?? ''): void {
    const { prefix, connections } = this.#chosen;
    if (!connections.includes(connection)) {
      throw new Error(
        `there is no connection '${connection}' to read a token of: name one of ${connections.join(', ')}`,
      );
    }
    const selection = { prefix, connection, kinds: ['access-token'] as const };
    for (const statement of [
      ...readingSecrets(this, this.store.key.keyArn, selection),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [this.rotation.consumersAlias.functionArn],
      }),
    ]) {
      grantee.grantPrincipal.addToPrincipalPolicy(statement);
    }
  }

  #rotate(failures: Queue): Rotation {
    const { tracing, logRetention, ...chosen } = this.#chosen;
    return new Rotation(this, 'Rotation', {
      store: this.store,
      settings: {
        ...this.#stackWide(),
        environment: this.#environment(),
        rotateEveryMs: chosen.rotateEvery.toMilliseconds(),
        // The API is made later, and under the webhooks where there are any.
        ...(chosen.reconnect && { connectUrl: Lazy.string({ produce: () => this.connectUrl }) }),
      },
      busArn: this.bus.eventBusArn,
      failures,
      defaults: { tracing, logRetention },
      reservedConcurrency: chosen.reservedConcurrency,
      reconnect: chosen.reconnect,
      rotateNativelyEvery: chosen.rotateNativelyEvery,
    });
  }

  #listen(): Webhook {
    const { tracing, logRetention, entity, applicationId, webhookPublicKeys, webhookWait } =
      this.#chosen;
    return new Webhook(this, 'Webhook', {
      store: this.store,
      settings: {
        ...this.#stackWide(),
        entity,
        consumersAlias: this.rotation.consumersAlias.functionArn,
      },
      receiving: { applicationId, webhookPublicKeys },
      wait: webhookWait,
      busArn: this.bus.eventBusArn,
      defaults: { tracing, logRetention },
    });
  }

  #reconnect(): string | undefined {
    const { consentAlias } = this.rotation;
    if (consentAlias === undefined) return undefined;
    const { connections, providerUrl, reservedConcurrency, tracing, logRetention } = this.#chosen;
    // The address stays where webhooks come or go later.
    const entrance =
      this.webhook?.entrance ?? new HttpEntrance(new Construct(this, 'Webhook'), logRetention);
    new Reconnect(this, 'Reconnect', {
      entrance,
      settings: { connections, providerUrl, consentAlias: consentAlias.functionArn },
      defaults: { tracing, logRetention },
      reserves: reservedConcurrency !== undefined,
    });
    return `${entrance.api.apiEndpoint}/connect`;
  }

  #atNight(failures: Queue): Nightly | undefined {
    const { tracing, logRetention, entity, nightlySync, nightlyJobs = [] } = this.#chosen;
    if (nightlySync === undefined && nightlyJobs.length === 0) return undefined;
    const { consumersAlias } = this.rotation;
    return new Nightly(this, 'Nightly', {
      store: this.store,
      settings: { ...this.#stackWide(), entity, consumersAlias: consumersAlias.functionArn },
      busArn: this.bus.eventBusArn,
      consumersAlias: consumersAlias as IFunction,
      failures,
      defaults: { tracing, logRetention },
      syncAt: nightlySync,
      jobs: nightlyJobs,
    });
  }

  #watchSubscriptions(failures: Queue): void {
    if (this.webhook === undefined) return;
    const { connections, renewSubscriptions: renew } = this.#chosen;
    new SubscriptionWatch(this, 'SubscriptionWatch', {
      handler: this.webhook.handler,
      keyArn: this.store.key.keyArn,
      connections,
      failures,
      renew,
    });
  }

  #stackWide() {
    const { prefix, connections, watching, providerUrl } = this.#chosen;
    const table = this.store.table.tableName;
    return { prefix, connections, watching, providerUrl, table, bus: this.bus.eventBusArn };
  }

  /** Two stages of one account differ in their prefix. */
  #environment(): string {
    const { account, region } = Stack.of(this);
    return `${account}/${region}/${this.#chosen.prefix.replaceAll('/', '-')}`;
  }

  #letOperate(): void {
    const { prefix, connections, operators } = this.#chosen;
    const { store, rotation, webhook, connectUrl, bus, alarmTopic } = this;
    const environment = this.#environment();
    const parts = { prefix, store, rotation, webhook };
    const told = { ...parts, environment, connections, connectUrl, bus, alarmTopic };
    const { parameterArn } = writeParameter(this, 'Facts', told);
    tellOutputs(this, told);
    const busArn = bus.eventBusArn;
    grantOperators(this, 'OperatorRights', { ...parts, operators, parameterArn, busArn });
  }

  #warn(): void {
    const { operators, alarms, alarmEmail, alarmTopic } = this.#chosen;
    if (operators.length === 0) {
      Annotations.of(this).addWarningV2(
        'fresco:no-operators',
        'no operators configured: set "operators" (prop, or -c operators=<ARN>) to the roles or users allowed to log in',
      );
    }
    if (alarms && alarmEmail === undefined && alarmTopic === undefined) {
      Annotations.of(this).addWarningV2(
        'fresco:no-alarm-email',
        'nobody gets the alarms: set "alarmEmail" (prop, or -c alarmEmail=<address>), or subscribe somebody to the topic of the output AlarmTopicArn',
      );
    }
  }
}

// CDK's class says of a missing property what its interface does not.
function ownBus(scope: Construct, key: IKey, prefix: string): IEventBus {
  return new EventBus(scope, 'Bus', {
    kmsKey: key,
    description: `Fresco (${prefix})`,
  }) as IEventBus;
}

/** An encrypted topic that CloudWatch alone may publish to. */
function alarmTopic(scope: Construct, key: IKey): Topic {
  const topic = new Topic(scope, 'AlarmTopic', { masterKey: key, enforceSSL: true });
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  return topic;
}
