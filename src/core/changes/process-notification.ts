import { type EventBus, StoreRefused } from '../ports.ts';
import type { FrescoEvent } from '../report.ts';
import type { Obtained, TokenSource } from '../token-source.ts';
import { entityChanged } from './entity-changed.ts';
import { type EntityId, keyOf, type QueuedNotification } from './notification.ts';
import type { EntityRead, SeenEvents } from './notification-ports.ts';
import {
  backoffMs,
  conclusionOf,
  type Delivery,
  haltOf,
  type Processed,
  personDelayMs,
  retry,
  tokenDelayMs,
} from './processed.ts';
import {
  entitiesReader,
  isSettled,
  type ReadEntities,
  type ReadEntity,
  type ReadPorts,
} from './read-entities.ts';
import { noteTold, type ToldLog } from './told-log.ts';

/** What processing needs; all of one connection. */
export interface ProcessPorts extends ReadPorts {
  readonly tokens: TokenSource;
  readonly seen: SeenEvents;
  readonly bus: EventBus;
  /** Where a sync looks up what was told already; absent where there is none. */
  readonly told?: ToldLog;
}

/** The bounds of one batch. */
export interface ProcessSettings {
  /** `reference`: entities are not read, whoever hears of them does so. */
  readonly entity: 'full' | 'reference';
  /** How long a claim lasts: longer than the batch may take, and no longer than its messages stay hidden. */
  readonly claimMs: number;
  /** Entities read at the same time, over the whole batch. */
  readonly readsMax: number;
  /** No read begins after this moment. */
  readonly deadlineAtMs: number;
}

interface Batch {
  readonly ports: ProcessPorts;
  readonly settings: ProcessSettings;
  readonly read: ReadEntities;
  readonly token: () => Promise<Obtained>;
  /** Read once for each company: what is heard later in the batch, the reader heeds by itself. */
  readonly pausedUntilMs: (companyId: number) => Promise<number | undefined>;
}

interface HeldClaim {
  readonly seen: SeenEvents;
  readonly key: string;
  readonly untilMs: number;
}

/**
 * Publishes what notifications speak of, each event once as far as two systems without a common transaction
 * allow: after a crash between publishing and confirming it is published again. One answer for each message.
 */
export async function processNotifications(
  ports: ProcessPorts,
  settings: ProcessSettings,
  deliveries: readonly Delivery[],
): Promise<readonly Processed[]> {
  let obtained: Promise<Obtained> | undefined;
  const token = (): Promise<Obtained> => {
    obtained ??= ports.tokens.obtain();
    return obtained;
  };
  const pauses = new Map<number, Promise<number | undefined>>();
  const pausedUntilMs = (companyId: number) => {
    const pause = pauses.get(companyId) ?? ports.pauses.untilMs(companyId);
    pauses.set(companyId, pause);
    return pause;
  };
  const read = entitiesReader(ports, settings);
  const batch: Batch = { ports, settings, read, token, pausedUntilMs };
  return Promise.all(deliveries.map((delivery) => processOne(batch, delivery)));
}

async function processOne(batch: Batch, delivery: Delivery): Promise<Processed> {
  const { ports, settings } = batch;
  const { notification } = delivery;
  try {
    const obstacle = mustRead(batch, notification)
      ? await obstacleTo(batch, notification)
      : undefined;
    if (obstacle !== undefined) return obstacle;
    const nowMs = ports.clock.nowMs();
    const untilMs = nowMs + settings.claimMs;
    const key = keyOf(notification);
    const claim = await ports.seen.claim(key, nowMs, untilMs);
    switch (claim.kind) {
      case 'published':
        return { kind: 'done', published: 0 };
      case 'held':
        return retry('held', Math.max(1000, claim.untilMs - nowMs), 'another delivery is at it');
      case 'claimed': {
        const held = { seen: ports.seen, key, untilMs };
        return await processClaimed(batch, delivery, held, claim.settled);
      }
    }
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    return retry('failed', backoffMs(delivery), error.message);
  }
}

function mustRead({ settings }: Batch, notification: QueuedNotification): boolean {
  return settings.entity === 'full' && notification.change !== 'delete';
}

/** What is known beforehand to stand in the way, so that nothing is claimed or asked in vain. */
async function obstacleTo(batch: Batch, { companyId }: QueuedNotification) {
  const pausedUntilMs = await batch.pausedUntilMs(companyId);
  const waitMs = (pausedUntilMs ?? 0) - batch.ports.clock.nowMs();
  if (waitMs > 0) return retry('quota', waitMs, `the quota of company ${companyId} is used up`);
  const obtained = await batch.token();
  switch (obtained.kind) {
    case 'token':
      return undefined;
    case 'too-long':
      return retry('token', tokenDelayMs, 'the access token is about to expire');
    case 'unavailable':
      return retry('token', tokenDelayMs, obtained.detail);
    case 'person-needed':
      return retry('person', personDelayMs, obtained.detail);
  }
}

async function processClaimed(
  batch: Batch,
  delivery: Delivery,
  held: HeldClaim,
  settled: readonly EntityId[],
): Promise<Processed> {
  const { notification } = delivery;
  const left = notification.ids.filter((id) => !settled.includes(id));
  const reads = mustRead(batch, notification)
    ? await batch.read(notification, left)
    : left.map((id) => ({ id, read: unread(notification) }));
  const events = reads.flatMap((entity) => eventOf(notification, entity));
  const refused = events.length > 0 ? await refusalOf(batch.ports.bus.publish(events)) : undefined;
  if (refused !== undefined) {
    await refusalOf(held.seen.release(held.key, held.untilMs, settled));
    return retry('failed', backoffMs(delivery), refused);
  }
  if (batch.ports.told !== undefined) await noteTold(batch.ports.told, notification, reads);
  const halt = haltOf(reads, delivery);
  if (halt !== undefined) {
    const now = reads.filter(({ read }) => isSettled(read)).map(({ id }) => id);
    await refusalOf(held.seen.release(held.key, held.untilMs, [...settled, ...now]));
    return halt;
  }
  // A message that came again for want of this note would be published twice: its failure is but a warning.
  const warning = await refusalOf(held.seen.confirm(held.key, held.untilMs));
  return conclusionOf(reads, events.length, warning);
}

/** What stands for a read that is not needed: deletions, and references that nobody wants followed. */
function unread(notification: QueuedNotification): EntityRead {
  return notification.change === 'delete'
    ? { kind: 'absent' }
    : { kind: 'entity', entity: undefined };
}

function eventOf(notification: QueuedNotification, { id, read }: ReadEntity): FrescoEvent[] {
  if (read?.kind !== 'entity' && read?.kind !== 'absent') return [];
  const { connection, companyId, resource, type, time, id: eventId } = notification;
  return [
    entityChanged({
      connection,
      companyId,
      resource,
      id,
      change: read.kind === 'absent' ? 'delete' : notification.change,
      origin: 'webhook',
      eventId,
      type,
      ...(time === undefined ? {} : { time }),
      ...(read.kind === 'entity' && read.entity !== undefined ? { entity: read.entity } : {}),
    }),
  ];
}

/** What a store said if it refused a write. */
async function refusalOf(write: Promise<void>): Promise<string | undefined> {
  try {
    await write;
    return undefined;
  } catch (error) {
    if (error instanceof StoreRefused) return error.message;
    throw error;
  }
}
