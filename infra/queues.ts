import { Duration, Names } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { EventInvokeConfigOptions, EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IConstruct } from 'constructs';
import { usingKeyThrough } from './permissions/permissions.ts';
import type { ServiceFunction } from './service-function.ts';

/** A queue as all of Fresco's: encrypted, over TLS alone, and keeping a message for two weeks. */
export function keptQueue(
  scope: Construct,
  id: string,
  keyArn: string,
  props: {
    readonly visibilityTimeout?: Duration;
    readonly deadLetterQueue?: { readonly queue: Queue; readonly maxReceiveCount: number };
  } = {},
): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.KMS,
    // By its ARN: the key's own policy is of another stack, and has what it needs.
    encryptionMasterKey: Key.fromKeyArn(scope, `${id}Key`, keyArn),
    dataKeyReuse: Duration.minutes(5),
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    ...props,
  });
}

/** Sends to a queue of ours. */
export function sendingTo(scope: Construct, keyArn: string, queue: Queue): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
    usingKeyThrough(scope, keyArn, 'sqs'),
  ];
}

/**
 * Has a function take from a queue, which it opens with what it has for `sendingTo`: CDK's own grant would let
 * it decrypt whatever the key has encrypted. Lambda takes one mapping alone for a queue, so its id never changes.
 */
export function takeFrom(
  queue: Queue,
  { lambda }: ServiceFunction,
  { namedAfter, ...options }: EventSourceMappingOptions & { readonly namedAfter: IConstruct },
): void {
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: [
        'sqs:ReceiveMessage',
        'sqs:ChangeMessageVisibility',
        'sqs:GetQueueUrl',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
      ],
      resources: [queue.queueArn],
    }),
  );
  const id = `SqsEventSource:${Names.nodeUniqueId(namedAfter.node)}`;
  lambda.addEventSourceMapping(id, { eventSourceArn: queue.queueArn, ...options });
}

/**
 * Asynchronous calls are made once, or again as often as is said; what fails is kept in the queue, for which the
 * caller grants `sendingTo`.
 */
export function failingInto(queue: Queue, retryAttempts = 0): EventInvokeConfigOptions {
  return {
    retryAttempts,
    maxEventAge: Duration.minutes(30),
    onFailure: { bind: () => ({ destination: queue.queueArn }) },
  };
}
