import type { FrescoEvent } from '../report.ts';
import type { Change, EntityId } from './notification.ts';

/** What is told about one entity. */
export interface EntityChange {
  readonly connection: string;
  readonly companyId: number;
  readonly resource: string;
  readonly id: EntityId;
  readonly change: Change;
  readonly origin: 'webhook' | 'sync';
  /** The provider's event behind it, and its type. */
  readonly eventId?: string;
  readonly type?: string;
  /** When it happened, RFC 3339. */
  readonly time?: string;
  /** When it was last changed, as the provider writes it. */
  readonly updatedAt?: string;
  /** As the provider gave it; absent after a deletion, or where only references are wanted. */
  readonly entity?: unknown;
}

/** The most bytes of one entry on EventBridge's bus. */
export const entryBytesMax = 256 * 1024;

// What an entry has besides its detail: time, source, detail type.
const overheadBytes = 1024;

/** The `Entity Changed` event; an entity that would not fit one entry stays out, and `entityOmitted` says so. */
export function entityChanged(change: EntityChange): FrescoEvent {
  const { companyId, entity, ...rest } = change;
  const detail = { v: 1, subject: `company:${companyId}`, company: companyId, ...rest };
  if (entity === undefined) return { detailType: 'Entity Changed', detail };
  const whole = { ...detail, entity };
  const fits = Buffer.byteLength(JSON.stringify(whole)) + overheadBytes <= entryBytesMax;
  return {
    detailType: 'Entity Changed',
    detail: fits ? whole : { ...detail, entityOmitted: 'too large' },
  };
}
