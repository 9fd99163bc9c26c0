import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parseConfig } from '../src/config.ts';
import { buildWebhookReceiver, type WebhookReceiver } from '../src/wiring/webhook-receiver.ts';

let receiver: WebhookReceiver | undefined;

/** Answers what reaches the sinks through an HTTP API; what it throws is a 500, which the provider repeats. */
export async function handler(
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  receiver ??= buildWebhookReceiver(parseConfig('webhook-receiver', process.env));
  const { body = '', isBase64Encoded } = event;
  const { status, body: answer } = await receiver({
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: event.rawQueryString,
    headers: event.headers,
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
  });
  return { statusCode: status, headers: { 'content-type': 'application/json' }, body: answer };
}
