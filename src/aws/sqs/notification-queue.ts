import {
  ChangeMessageVisibilityCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { encodeNotification, type QueuedNotification } from '../../core/webhooks/notification.ts';
import type { NotificationQueue } from '../../core/webhooks/ports.ts';
import { call } from '../failures.ts';

const delaySecondsMax = 900;
// SQS counts its twelve hours from the receipt, and a function may have run for fifteen minutes since.
const hiddenSecondsMax = 43_200 - 900;

/** The queue, with the two ways to see a message later. */
export interface SqsNotificationQueue extends NotificationQueue {
  /** Sends a copy to be seen after `delayMs`, 15 minutes at most; its receives count from 0 again. */
  postpone(message: QueuedNotification, delayMs: number): Promise<void>;
  /** Hides a received message for so long, nearly 12 hours at most; its receives go on counting. */
  hide(receiptHandle: string, hiddenMs: number): Promise<void>;
}

/** A standard queue of SQS; a message may arrive twice, and in any order. Rejects with `StoreRefused`. */
export function sqsNotificationQueue(client: SQSClient, queueUrl: string): SqsNotificationQueue {
  const sendOne = (message: QueuedNotification, delaySeconds?: number) =>
    call('send to the queue of notifications', () =>
      client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: encodeNotification(message),
          DelaySeconds: delaySeconds,
        }),
      ),
    );
  return {
    send: async (messages) => {
      await Promise.all(messages.map((message) => sendOne(message)));
    },
    postpone: async (message, delayMs) => {
      await sendOne(message, seconds(delayMs, delaySecondsMax));
    },
    hide: async (receiptHandle, hiddenMs) => {
      await call('hide a message of the queue of notifications', () =>
        client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: queueUrl,
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: seconds(hiddenMs, hiddenSecondsMax),
          }),
        ),
      );
    },
  };
}

function seconds(ms: number, most: number): number {
  return Math.min(most, Math.max(0, Math.ceil(ms / 1000)));
}
