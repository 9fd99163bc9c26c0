import type { Context, SQSBatchResponse } from 'aws-lambda';
import { parseConfig } from '../src/config/config.ts';
import {
  buildSubscriptionWatch,
  buildWebhookHandler,
  handlerCallIn,
  type SubscriptionWatch,
  type WebhookHandler,
} from '../src/lambda/webhook-handler.ts';

let handle: WebhookHandler | undefined;
let watch: SubscriptionWatch | undefined;

/**
 * Publishes what a batch of notifications speaks of, and answers which messages failed; or
 * looks after the subscriptions of a connection.
 */
export async function handler(event: unknown, context: Context): Promise<SQSBatchResponse> {
  const call = handlerCallIn(event);
  if (call.kind === 'watch') {
    watch ??= await buildSubscriptionWatch(parseConfig('webhook-handler', process.env));
    await watch(call.connection, call.renew);
    return { batchItemFailures: [] };
  }
  handle ??= buildWebhookHandler(parseConfig('webhook-handler', process.env));
  const failed = await handle(call.messages, () => context.getRemainingTimeInMillis());
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
