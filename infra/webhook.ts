import { Duration } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Config, toEnvironment } from '../src/config/config.ts';
import { HttpEntrance } from './http-entrance.ts';
import { changingItems, readingSecrets, usingKeyThrough } from './permissions/permissions.ts';
import { keptQueue, sendingTo, takeFrom } from './queues.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';
import { type Store, senderKeys, subscriptionKeys } from './store.ts';

/** What notifications become, and with whose token. */
export interface WebhookProps {
  readonly store: Store;
  readonly settings: Omit<Config<'webhook-handler'>, 'queueUrl' | 'webhookSink'>;
  readonly receiving: Pick<Config<'webhook-receiver'>, 'applicationId' | 'webhookPublicKeys'>;
  readonly busArn: string;
  /** How long they may wait for others. */
  readonly wait: Duration | undefined;
  readonly defaults: FunctionDefaults;
}

const handlerTimeout = Duration.seconds(60);
const receivesMax = 20;

/**
 * From the provider's notification to an event on the bus: a public receiver that can read no secret, a
 * queue that keeps what is genuine, and a handler that reads what changed with the access token alone.
 */
export class Webhook extends Construct {
  readonly receiver: ServiceFunction;
  readonly handler: ServiceFunction;
  readonly entrance: HttpEntrance;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  /** Base of the sinks: a slash and the connection's name follow. */
  readonly sink: string;

  constructor(scope: Construct, id: string, props: WebhookProps) {
    super(scope, id);
    const { keyArn } = props.store.key;
    this.deadLetterQueue = keptQueue(this, 'DeadLetters', keyArn);
    this.queue = keptQueue(this, 'Notifications', keyArn, {
      visibilityTimeout: Duration.seconds(
        6 * handlerTimeout.toSeconds() + (props.wait?.toSeconds() ?? 0),
      ),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: receivesMax },
    });
    this.entrance = new HttpEntrance(this, props.defaults.logRetention);
    this.sink = `${this.entrance.api.apiEndpoint}/webhooks`;
    this.receiver = this.#receive(props);
    // GET is the handshake, POST a notification.
    this.entrance.open(this.receiver, 'Receiver', [
      { path: '/webhooks/{connection}', methods: [HttpMethod.GET, HttpMethod.POST] },
    ]);
    this.handler = this.#handle(props);
  }

  #receive({ store, settings, receiving, defaults }: WebhookProps): ServiceFunction {
    const receiver = new ServiceFunction(this, 'Receiver', {
      edge: 'webhook-receiver',
      description: 'Fresco: keeps genuine notifications of the provider',
      defaults,
      environment: toEnvironment('webhook-receiver', {
        ...receiving,
        prefix: settings.prefix,
        connections: settings.connections,
        watching: settings.watching,
        table: settings.table,
        queueUrl: this.queue.queueUrl,
        webhookSink: this.sink,
      }),
    });
    receiver.allow(
      ...sendingTo(this, store.key.keyArn, this.queue),
      changingItems(store.table.tableArn, [senderKeys], ['GetItem', 'UpdateItem']),
      usingKeyThrough(this, store.key.keyArn, 'dynamodb'),
    );
    return receiver;
  }

  #handle(props: WebhookProps): ServiceFunction {
    const { store, settings } = props;
    const { prefix } = settings;
    const { keyArn } = store.key;
    const handler = new ServiceFunction(this, 'Handler', {
      edge: 'webhook-handler',
      description: 'Fresco: tells on the bus what has changed',
      defaults: props.defaults,
      environment: toEnvironment('webhook-handler', {
        ...settings,
        queueUrl: this.queue.queueUrl,
        webhookSink: this.sink,
      }),
      timeout: handlerTimeout,
    });
    handler.allow(
      ...readingSecrets(this, keyArn, { prefix, kinds: ['access-token'] }),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [settings.consumersAlias],
      }),
      changingItems(
        store.table.tableArn,
        ['seen#*', 'pause#*', 'told#*', subscriptionKeys],
        ['GetItem', 'UpdateItem'],
      ),
      changingItems(store.table.tableArn, ['seen#*', 'told#*'], ['BatchWriteItem']),
      usingKeyThrough(this, keyArn, 'dynamodb'),
      ...sendingTo(this, keyArn, this.queue),
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [props.busArn] }),
    );
    takeFrom(this.queue, handler, {
      // SQS gives ten at once; for more Lambda has to gather them, for a second at least.
      ...(props.wait ? { batchSize: 50, maxBatchingWindow: props.wait } : { batchSize: 10 }),
      reportBatchItemFailures: true,
      namedAfter: new Construct(this, 'NotificationsByArn'),
    });
    return handler;
  }
}
