import type { WebhookRequest } from '../fatture-in-cloud/webhooks/request.ts';
import type { Message } from './queue-messages.ts';

/** An event that none of a function's callers sends: nothing was done. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
}

/** What the webhook handler was called for. */
export type HandlerCall =
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  /** What the schedule sends once a day: whose subscriptions to look after. */
  | { readonly kind: 'watch'; readonly connection: string; readonly renew: boolean };

/** Reads an event of the webhook handler; throws `EventRefused`. */
export function handlerCallIn(event: unknown): HandlerCall {
  const { watch, renew, Records: records } = fieldsOf(event);
  if (isText(watch)) return { kind: 'watch', connection: watch, renew: renew === true };
  const messages = Array.isArray(records) ? records.map(messageIn) : [undefined];
  const whole = messages.filter((message) => message !== undefined);
  if (whole.length === messages.length) return { kind: 'messages', messages: whole };
  throw new EventRefused('the webhook handler is called by its queue, or with {"watch": …}');
}

function messageIn(record: unknown): Message | undefined {
  const { messageId, receiptHandle, body, attributes } = fieldsOf(record);
  const { ApproximateReceiveCount: count } = fieldsOf(attributes);
  if (!isText(messageId) || !isText(receiptHandle) || !isText(body)) return undefined;
  if (!isText(count) || !/^[1-9]\d{0,9}$/.test(count)) return undefined;
  return { messageId, receiptHandle, body, receiveCount: Number(count) };
}

/** A request as it reached the sinks; the last part of its path names the connection. */
export type SinkRequest = WebhookRequest & { readonly path: string };

/** The request in an event of an HTTP API (payload format 2.0); throws `EventRefused`. */
export function requestIn(event: unknown): SinkRequest {
  const { requestContext, rawPath, rawQueryString, headers, cookies, body, isBase64Encoded } =
    fieldsOf(event);
  const { method } = fieldsOf(fieldsOf(requestContext)['http']);
  if (!isText(method) || !isText(rawPath)) {
    throw new EventRefused('this function is called by an HTTP API alone');
  }
  const named = Object.entries(fieldsOf(headers)).filter(([, value]) => isText(value));
  // An HTTP API takes them out of the headers.
  const cookie = Array.isArray(cookies) ? { cookie: cookies.filter(isText).join('; ') } : {};
  const text = isText(body) ? body : '';
  return {
    method,
    path: rawPath,
    query: isText(rawQueryString) ? rawQueryString : '',
    headers: { ...(Object.fromEntries(named) as Record<string, string>), ...cookie },
    body: isBase64Encoded === true ? Buffer.from(text, 'base64').toString('utf8') : text,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
