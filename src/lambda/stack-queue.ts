import { type SqsNotificationQueue, sqsNotificationQueue } from '../aws/sqs/notification-queue.ts';
import { sqs } from '../aws/sqs/sqs.ts';
import { systemClock } from '../local/clock.ts';

/** The queue of notifications of the stack that a function belongs to. */
export function stackQueue(queueUrl: string): SqsNotificationQueue {
  return sqsNotificationQueue(sqs(), queueUrl, systemClock);
}
