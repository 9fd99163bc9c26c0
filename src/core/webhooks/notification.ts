import { createHash } from 'node:crypto';
import { jsonObject } from '../text/json.ts';

/** The id of an entity at the provider: a number, except for the few kinds whose ids are texts. */
export type EntityId = number | string;

/** What happened to an entity. */
export type Change = 'create' | 'update' | 'delete';

/** What a provider told about entities of one kind, in one company. Only id and company are signed: the rest is a hint. */
export interface Notification {
  /** Unique for each event of the provider; the same again when it is delivered again. */
  readonly id: string;
  readonly companyId: number;
  /** The provider's own name for the event. */
  readonly type: string;
  readonly resource: string;
  readonly change: Change;
  /** RFC 3339; absent where the provider gave none that can be read. */
  readonly time?: string;
  readonly ids: readonly EntityId[];
}

/** A notification on its way through the queue: large ones travel in parts. */
export interface QueuedNotification extends Notification {
  readonly connection: string;
  /** Counts from 0. */
  readonly part: number;
  /** Since when it is sent again instead of being handled, in epoch milliseconds; absent: it never was. */
  readonly waitsSinceMs?: number;
}

/** The most ids that one queued part carries. */
export const idsPerPart = 100;

/** What is de-duplicated: one part of one event of one connection. */
export function keyOf(queued: QueuedNotification): string {
  return `${queued.connection}/${queued.id}/${queued.part}`;
}

/** What a part says, in short: the provider signs an event's id, and not its body. */
export function contentOf({ companyId, type, ids }: QueuedNotification): string {
  const said = JSON.stringify([companyId, type, ids]);
  return createHash('sha256').update(said).digest('hex').slice(0, 32);
}

/** A notification as parts for the queue; the same one always gives the same parts. */
export function partsOf(notification: Notification, connection: string): QueuedNotification[] {
  const count = Math.ceil(notification.ids.length / idsPerPart);
  return Array.from({ length: count }, (_, part) => ({
    ...notification,
    connection,
    part,
    ids: notification.ids.slice(part * idsPerPart, (part + 1) * idsPerPart),
  }));
}

/** The body of a queue message. */
export function encodeNotification(queued: QueuedNotification): string {
  const { connection, part, id, companyId, type, resource, change, time, ids } = queued;
  const { waitsSinceMs } = queued;
  return JSON.stringify({
    v: 1,
    connection,
    part,
    id,
    companyId,
    type,
    resource,
    change,
    time,
    ids,
    waitsSinceMs,
  });
}

/** Reads back what `encodeNotification` wrote; `undefined` for anything else. */
export function decodeNotification(text: string): QueuedNotification | undefined {
  const fields = jsonObject(text) ?? {};
  const { connection, part, id, companyId, type, resource, change, time, ids } = fields;
  const { waitsSinceMs } = fields;
  if (fields['v'] !== 1 || !isText(connection) || !isCount(part) || !isText(id)) return undefined;
  if (!isCount(companyId) || !isText(type) || !isText(resource)) return undefined;
  if (change !== 'create' && change !== 'update' && change !== 'delete') return undefined;
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every(isEntityId)) return undefined;
  return {
    connection,
    part,
    id,
    companyId,
    type,
    resource,
    change,
    ...(isText(time) ? { time } : {}),
    ids,
    ...(isCount(waitsSinceMs) ? { waitsSinceMs } : {}),
  };
}

/** Whether a value can be the id of an entity: a whole number above 0, or a short text that is no path. */
export function isEntityId(value: unknown): value is EntityId {
  return typeof value === 'string'
    ? /^(?!\.+$)[\w.:-]{1,100}$/.test(value)
    : Number.isSafeInteger(value) && (value as number) > 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
