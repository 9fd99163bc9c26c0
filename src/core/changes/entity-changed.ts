import type { EntityChangedDetail } from '../event-details.ts';
import type { FrescoEvent } from '../report.ts';

/** What is told about one entity; the event makes its subject of the company. */
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

function withEntity(detail: EntityChangedDetail, entity: unknown): EntityChangedDetail {
  if (entity === undefined) return detail;
  const whole = { ...detail, entity };
  const fits = Buffer.byteLength(JSON.stringify(whole)) + overheadBytes <= entryBytesMax;
  return fits ? whole : { ...detail, entityOmitted: 'too large' };
}
