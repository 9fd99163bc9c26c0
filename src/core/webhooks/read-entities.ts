import type { Clock } from '../ports.ts';
import { unlessRefused } from '../store-refusal.ts';
import { type Limit, limitOf } from './limit.ts';
import type { EntityId, QueuedNotification } from './notification.ts';
import type { EntityRead, EntityReader, QuotaPauses } from './ports.ts';

/** One entity of a notification with the result of reading it. */
export interface ReadEntity {
  readonly id: EntityId;
  /** `undefined`: not tried, since a read before it said to stop, or time was up. */
  readonly read: EntityRead | undefined;
}

/**
 * Reads those entities of a notification, each once in a batch whatever speaks of it; whatever stops one read
 * keeps the next from being begun.
 */
export type ReadEntities = (
  notification: QueuedNotification,
  ids: readonly EntityId[],
) => Promise<readonly ReadEntity[]>;

/** What reading needs. */
export interface ReadPorts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly reader: EntityReader;
  readonly pauses: QuotaPauses;
}

/**
 * The reader of one batch: its bound of reads at a time, and what it hears of quotas, hold for all of it. A
 * company's reads at a time are no more than what its quota has left.
 */
export function entitiesReader(
  ports: ReadPorts,
  bounds: { readonly readsMax: number; readonly deadlineAtMs: number },
): ReadEntities {
  const { clock, reader, pauses } = ports;
  const limit = limitOf(bounds.readsMax);
  const quotaLeft = new Map<number, number>();
  const limits = new Map<number, Limit>();
  const limitFor = (companyId: number) => {
    const own =
      limits.get(companyId) ??
      limitOf(() => Math.min(bounds.readsMax, quotaLeft.get(companyId) ?? bounds.readsMax));
    limits.set(companyId, own);
    return own;
  };
  const pausedUntilMs = new Map<number, number>();
  const begun = new Map<string, Promise<EntityRead>>();

  const readOne = async (
    notification: QueuedNotification,
    id: EntityId,
  ): Promise<EntityRead | undefined> => {
    const { companyId, resource } = notification;
    const key = JSON.stringify([companyId, resource, id]);
    const known = begun.get(key);
    if (known !== undefined) return known;
    const nowMs = clock.nowMs();
    const waitMs = (pausedUntilMs.get(companyId) ?? 0) - nowMs;
    if (waitMs > 0) return { kind: 'wait', waitMs };
    if (nowMs >= bounds.deadlineAtMs) return undefined;
    const reading = reader.read(notification, id);
    begun.set(key, reading);
    const read = await reading;
    if (read.kind === 'entity' && read.quotaLeft !== undefined) {
      quotaLeft.set(companyId, read.quotaLeft);
    }
    if (read.kind === 'wait') {
      const untilMs = clock.nowMs() + read.waitMs;
      pausedUntilMs.set(companyId, untilMs);
      await pause(pauses, companyId, untilMs);
    }
    return read;
  };

  return (notification, ids) => {
    let stopped = false;
    return Promise.all(
      ids.map((id) =>
        limitFor(notification.companyId)(() =>
          limit(async () => {
            const read = stopped ? undefined : await readOne(notification, id);
            stopped ||= read !== undefined && stops(read);
            return { id, read };
          }),
        ),
      ),
    );
  };
}

/** Whether nothing more is to be done about an entity. */
export function isSettled(read: EntityRead | undefined): boolean {
  return read?.kind === 'entity' || read?.kind === 'absent' || read?.kind === 'forbidden';
}

function stops(read: EntityRead): boolean {
  return !isSettled(read) && read.kind !== 'failed';
}

/** Without the marker the others learn of the quota from the provider, as this one did. */
async function pause(pauses: QuotaPauses, companyId: number, untilMs: number): Promise<void> {
  await unlessRefused(() => pauses.raise(companyId, untilMs));
}
