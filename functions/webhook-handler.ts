import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { parseConfig } from '../src/config.ts';
import { buildWebhookHandler, type WebhookHandler } from '../src/wiring/webhook-handler.ts';

let handle: WebhookHandler | undefined;

/** Publishes what a batch of notifications speaks of; only messages that failed count as such. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
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
