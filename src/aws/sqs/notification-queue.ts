import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../core/ports.ts';
import { encodeNotification, type QueuedNotification } from '../../core/webhooks/notification.ts';
import type { NotificationQueue } from '../../core/webhooks/ports.ts';
import { batchedCalls } from '../batched-calls.ts';
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
export function sqsNotificationQueue(
  client: SQSClient,
  QueueUrl: string,
  clock: Pick<Clock, 'wait'>,
): SqsNotificationQueue {
  const send = batchedCalls<{ readonly MessageBody: string; readonly DelaySeconds?: number }>({
    clock,
    what: (count) => `send ${count} messages to the queue of notifications`,
    itemsMax: 10,
    bytesOf: ({ MessageBody }) => Buffer.byteLength(MessageBody),
    send: (messages) => {
      const Entries = messages.map((message, at) => ({ Id: String(at), ...message }));
      return undone('send to the queue of notifications', Entries, () =>
        client.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
      );
    },
  });
  const hide = batchedCalls<{ readonly ReceiptHandle: string; readonly VisibilityTimeout: number }>(
    {
      clock,
      what: (count) => `hide ${count} messages of the queue of notifications`,
      itemsMax: 10,
      bytesOf: () => 0,
      send: (handles) => {
        const Entries = handles.map((handle, at) => ({ Id: String(at), ...handle }));
        return undone('hide messages of the queue of notifications', Entries, () =>
          client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
        );
      },
    },
  );
  return {
    send: (messages) => send(messages.map((it) => ({ MessageBody: encodeNotification(it) }))),
    postpone: (message, delayMs) =>
      send([
        {
          MessageBody: encodeNotification(message),
          DelaySeconds: seconds(delayMs, delaySecondsMax),
        },
      ]),
    hide: (ReceiptHandle, hiddenMs) =>
      hide([{ ReceiptHandle, VisibilityTimeout: seconds(hiddenMs, hiddenSecondsMax) }]),
  };
}

/** Why each entry of a batch was left undone. */
async function undone(
  what: string,
  entries: readonly { readonly Id: string }[],
  send: () => Promise<{
    Failed?: { Id?: string | undefined; Code?: string | undefined }[] | undefined;
  }>,
): Promise<(string | undefined)[]> {
  const { Failed = [] } = await call(what, send);
  const codes = new Map(Failed.map(({ Id, Code = 'no code' }) => [Id, Code]));
  return entries.map(({ Id }) => codes.get(Id));
}

function seconds(ms: number, most: number): number {
  return Math.min(most, Math.max(0, Math.ceil(ms / 1000)));
}
