import { admittedSendersTable } from '../aws/dynamodb/admitted-senders.ts';
import { dynamoDb } from '../aws/dynamodb/table-item.ts';
import type { SqsNotificationQueue } from '../aws/sqs/notification-queue.ts';
import type { Config } from '../config/config.ts';
import type { SenderStore } from '../core/webhooks/admission.ts';
import { stackQueue } from './stack-queue.ts';

/** Queue and table of the receiver, in a file of their own: a forged request never loads AWS's clients. */
export interface ReceiverStores {
  readonly queue: SqsNotificationQueue;
  readonly sendersOf: (connection: string) => SenderStore;
}

/** Makes them. */
export function receiverStores({ queueUrl, table }: Config<'webhook-receiver'>): ReceiverStores {
  const dynamo = dynamoDb();
  return {
    queue: stackQueue(queueUrl),
    sendersOf: (connection) => admittedSendersTable(dynamo, table, connection),
  };
}
