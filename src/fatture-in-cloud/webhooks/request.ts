import { jsonObject } from '../../core/text/json.ts';
import { fromRfc3339, toRfc3339 } from '../../core/time.ts';
import { type EntityId, isEntityId } from '../../core/webhooks/notification.ts';
import type { IncomingRequest } from '../../core/webhooks/receive.ts';
import { findEventType, welcomeEventType } from './event-types.ts';

/** A request to the sink, as HTTP has it. */
export interface WebhookRequest {
  readonly method: string;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What follows the `?`, still encoded. */
  readonly query: string;
  /** As text; a function has taken Base64 off. */
  readonly body: string;
}

/** What a request says, and the token that is to prove it. */
export interface ParsedWebhook {
  readonly token: string | undefined;
  readonly request: IncomingRequest;
}

/** The largest body that is read; that of a bulk import of 20,000 entities fits. */
export const webhookBodyBytesMax = 256 * 1024;

/** The most ids that one notification may have. */
export const webhookIdsMax = 20_000;

const challengeName = 'x-fic-verification-challenge';

interface Attributes {
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly subject: string | undefined;
  readonly time: string | undefined;
  readonly data: unknown;
}

/** Reads a request without believing it; never throws. */
export function parseWebhook(request: WebhookRequest): ParsedWebhook {
  const headers = new Map(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value ?? '']),
  );
  const bearer = /^Bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(
    (headers.get('authorization') ?? '').trim(),
  );
  return { token: bearer?.[1], request: read(request, headers) };
}

function read(request: WebhookRequest, headers: ReadonlyMap<string, string>): IncomingRequest {
  switch (request.method.toUpperCase()) {
    case 'GET':
      return handshake(request, headers);
    case 'POST':
      return event(request, headers);
    default:
      return nothing('another method than GET and POST');
  }
}

function handshake(request: WebhookRequest, headers: ReadonlyMap<string, string>): IncomingRequest {
  const challenge =
    headers.get(challengeName) ?? new URLSearchParams(request.query).get(challengeName);
  if (challenge === null) return nothing('a GET without a challenge');
  return /^[\w-]{1,256}$/.test(challenge)
    ? { kind: 'challenge', challenge }
    : nothing('a challenge that is none');
}

function event(request: WebhookRequest, headers: ReadonlyMap<string, string>): IncomingRequest {
  const isBinary = headers.has('ce-id');
  if (Buffer.byteLength(request.body) > webhookBodyBytesMax) {
    const named = isBinary ? namesOf(binaryAttributes(headers, undefined)) : {};
    return {
      kind: 'oversized',
      reason: `a body of more than ${webhookBodyBytesMax} bytes`,
      ...named,
    };
  }
  const body = jsonObject(request.body.replace(/^\ufeff/, ''));
  // By what is there, not by content type: Fatture in Cloud's own examples spell it in two ways.
  if (isBinary) return eventOf(binaryAttributes(headers, body?.['data']));
  if (body === undefined) return nothing('a body that is not a JSON object');
  if (typeof body['specversion'] !== 'string') return nothing('no event at all');
  return eventOf(structuredAttributes(body));
}

function binaryAttributes(headers: ReadonlyMap<string, string>, data: unknown): Attributes {
  const [id, type, subject, time] = ['id', 'type', 'subject', 'time'].map((name) =>
    headers.get(`ce-${name}`),
  );
  return { id, type, subject, time, data };
}

function structuredAttributes(body: Readonly<Record<string, unknown>>): Attributes {
  const [id, type, subject, time] = ['id', 'type', 'subject', 'time'].map((name) => {
    const value = body[name];
    return typeof value === 'string' ? value : undefined;
  });
  return { id, type, subject, time, data: body['data'] };
}

function eventOf(attributes: Attributes): IncomingRequest {
  const { id, type, subject, time, data } = attributes;
  if (id === undefined || !/^[\x21-\x7e]{1,200}$/.test(id))
    return nothing('an event without an id');
  const named = namesOf(attributes);
  if (type === welcomeEventType) return { ...nothing('the welcome event'), ...named };
  const known = type === undefined ? undefined : findEventType(type);
  if (known === undefined) return { ...nothing('an event type that is not known'), ...named };
  const companyId = companyOf(subject);
  if (subject === undefined || companyId === undefined) {
    return { ...nothing('a subject that is not a company'), ...named };
  }
  const ids = idsOf(data, known.resource === 'cashbook');
  if (ids === undefined) return { ...nothing('ids that are none'), ...named };
  if (ids.length > webhookIdsMax) {
    return { kind: 'oversized', reason: `more than ${webhookIdsMax} ids`, ...named };
  }
  const { resource, change } = known;
  const atMs = time === undefined ? undefined : fromRfc3339(time);
  const when = atMs === undefined ? {} : { time: toRfc3339(atMs) };
  const notification = { id, companyId, type: known.type, resource, change, ids, ...when };
  return { kind: 'notification', subject, notification };
}

/** The company that a subject names. */
export function companyOf(subject: string | undefined): number | undefined {
  const digits = /^company:([1-9]\d{0,15})$/.exec(subject ?? '')?.[1];
  const id = Number(digits);
  return Number.isSafeInteger(id) ? id : undefined;
}

/** The ids, each once; texts are ids of the cashbook alone. */
function idsOf(data: unknown, mayBeTexts: boolean): EntityId[] | undefined {
  const ids = (data as { ids?: unknown } | null | undefined)?.ids;
  if (!Array.isArray(ids) || ids.length === 0) return undefined;
  const isId = (id: unknown): id is EntityId =>
    isEntityId(id) && (mayBeTexts || typeof id === 'number');
  return ids.every(isId) ? [...new Set(ids)] : undefined;
}

/** What the token must speak of, whatever else is wrong with the event. */
function namesOf({ id, subject }: Attributes) {
  return {
    ...(id === undefined ? {} : { eventId: id }),
    ...(subject === undefined ? {} : { subject }),
  };
}

function nothing(reason: string) {
  return { kind: 'nothing', reason } as const;
}
