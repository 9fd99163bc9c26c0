import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { parseConfig } from '../src/config.ts';
import {
  buildSubscriptionWatch,
  buildWebhookHandler,
  type SubscriptionWatch,
  type WebhookHandler,
} from '../src/wiring/webhook-handler.ts';

let handle: WebhookHandler | undefined;
let watch: SubscriptionWatch | undefined;

/** What the schedule sends once a day: whose subscriptions to look after. */
interface WatchEvent {
  readonly watch: string;
  readonly renew: boolean;
}

/**
 * Publishes what a batch of notifications speaks of, of which only messages that failed count as such; or
 * looks after the subscriptions of a connection.
 */
export async function handler(
  event: SQSEvent | WatchEvent,
  context: Context,
): Promise<SQSBatchResponse> {
  if ('watch' in event) {
    watch ??= buildSubscriptionWatch(parseConfig('webhook-handler', process.env));
    await watch(event.watch, event.renew);
    return { batchItemFailures: [] };
  }
  handle ??= buildWebhookHandler(parseConfig('webhook-handler', process.env));
  const messages = event.Records.map((record) => ({
    messageId: record.messageId,
    receiptHandle: record.receiptHandle,
    body: record.body,
    receiveCount: Number(record.attributes.ApproximateReceiveCount),
  }));
  const failed = await handle(messages, () => context.getRemainingTimeInMillis());
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
