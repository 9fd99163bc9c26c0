import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parseConfig } from '../src/config/config.ts';
import {
  buildWebhookReceiver,
  requestIn,
  type WebhookReceiver,
} from '../src/lambda/webhook-receiver.ts';

let receiver: WebhookReceiver | undefined;

/** Answers what reaches the sinks through an HTTP API; what it throws is a 500, which the provider repeats. */
export async function handler(event: unknown): Promise<APIGatewayProxyStructuredResultV2> {
  receiver ??= buildWebhookReceiver(parseConfig('webhook-receiver', process.env));
  const { status, body } = await receiver(requestIn(event));
  return { statusCode: status, headers: { 'content-type': 'application/json' }, body };
}
