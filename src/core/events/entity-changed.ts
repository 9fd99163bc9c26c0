import type { QueuedNotification } from '../webhooks/notification.ts';
import type { ReadEntity } from '../webhooks/read-entities.ts';
import type { EntityChangedDetail, FrescoEvent } from './event.ts';

/** The change of one entity; the event makes its subject of the company. */
export type EntityChange = Omit<
  EntityChangedDetail,
  'v' | 'subject' | 'company' | 'entityOmitted'
> & { readonly companyId: number };

/** The most bytes of one entry on EventBridge's bus. */
export const entryBytesMax = 256 * 1024;

// What an entry has besides its detail: time, source, detail type.
const overheadBytes = 1024;

/** The `Entity Changed` event; an entity that would not fit one entry stays out, and `entityOmitted` says so. */
export function entityChanged(change: EntityChange): FrescoEvent {
  const { companyId, entity, ...rest } = change;
  const detail = { v: 1, subject: `company:${companyId}`, company: companyId, ...rest } as const;
  return { detailType: 'Entity Changed', detail: { ...withEntity(detail, entity) } };
}

/** What a notification leads to for one of its entities: the API says what is there, and what is gone. */
export function notifiedChange(
  notification: QueuedNotification,
  { id, read }: ReadEntity,
): FrescoEvent[] {
  if (read?.kind !== 'entity' && read?.kind !== 'absent') return [];
  const { connection, companyId, resource, type, time, id: eventId } = notification;
  const said = notification.change === 'delete' ? 'update' : notification.change;
  return [
    entityChanged({
      connection,
      companyId,
      resource,
      id,
      change: read.kind === 'absent' ? 'delete' : said,
      origin: 'webhook',
      eventId,
      type,
      ...(time === undefined ? {} : { time }),
      ...(read.kind === 'entity' && { entity: read.entity }),
    }),
  ];
}

function withEntity(detail: EntityChangedDetail, entity: unknown): EntityChangedDetail {
  if (entity === undefined) return detail;
  const whole = { ...detail, entity };
  const fits = Buffer.byteLength(JSON.stringify(whole)) + overheadBytes <= entryBytesMax;
  return fits ? whole : { ...detail, entityOmitted: 'too large' };
}
