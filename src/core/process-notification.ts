import { entityChanged } from './entity-changed.ts';
import { type Limit, limitOf } from './limit.ts';
import { type EntityId, keyOf, type QueuedNotification } from './notification.ts';
import type { EntityRead, EntityReader, QuotaPauses, SeenEvents } from './notification-ports.ts';
import { type Clock, type EventBus, StoreRefused } from './ports.ts';
import type { FrescoEvent } from './report.ts';
import type { Obtained, TokenSource } from './token-source.ts';

/** Why a message has to come again; only `failed` should count against it. */
export type RetryReason = 'quota' | 'token' | 'person' | 'licence' | 'held' | 'time' | 'failed';

/** What becomes of one message. */
export type Processed =
  /** Nothing is left to do; `published` is 0 where everything had been published before. */
  | { readonly kind: 'done'; readonly published: number; readonly warning?: string }
  | {
      readonly kind: 'retry';
      readonly delayMs: number;
      readonly reason: RetryReason;
      readonly detail: string;
    }
  /** It can't be read, whoever tries again; `reason` names the scope or the company that is missing. */
  | { readonly kind: 'drop'; readonly published: number; readonly reason: string };

/** A message with how often it was received before, from 0. */
export interface Delivery {
  readonly notification: QueuedNotification;
  readonly failures: number;
}

/** What processing needs; all of one connection. */
export interface ProcessPorts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly tokens: TokenSource;
  readonly reader: EntityReader;
  readonly seen: SeenEvents;
  readonly pauses: QuotaPauses;
  readonly bus: EventBus;
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
  readonly deadlineMs: number;
}

interface Batch {
  readonly ports: ProcessPorts;
  readonly settings: ProcessSettings;
  readonly limit: Limit;
  readonly pausedUntilMs: Map<number, number>;
  readonly token: () => Promise<Obtained>;
}

interface ReadEntity {
  readonly id: EntityId;
  /** `undefined`: not tried, since a read before it said to stop or time was up. */
  readonly read: EntityRead | undefined;
}

const minuteMs = 60_000;

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
  const batch: Batch = {
    ports,
    settings,
    limit: limitOf(settings.readsMax),
    pausedUntilMs: new Map(),
    token: () => {
      obtained ??= ports.tokens.obtain();
      return obtained;
    },
  };
  return Promise.all(deliveries.map((delivery) => processOne(batch, delivery)));
}

async function processOne(batch: Batch, delivery: Delivery): Promise<Processed> {
  const { ports, settings } = batch;
  const { notification } = delivery;
  try {
    const obstacle = mustRead(notification, settings)
      ? await obstacleTo(batch, notification)
      : undefined;
    if (obstacle !== undefined) return obstacle;
    const nowMs = ports.clock.nowMs();
    const untilMs = nowMs + settings.claimMs;
    const claim = await ports.seen.claim(keyOf(notification), nowMs, untilMs);
    switch (claim.kind) {
      case 'published':
        return { kind: 'done', published: 0 };
      case 'held':
        return retry('held', Math.max(1000, claim.untilMs - nowMs), 'another delivery is at it');
      case 'claimed':
        return await processClaimed(batch, delivery, untilMs, claim.settled);
    }
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    return retry('failed', backoffMs(delivery), error.message);
  }
}

function mustRead(notification: QueuedNotification, settings: ProcessSettings): boolean {
  return settings.entity === 'full' && notification.change !== 'delete';
}

/** What is known beforehand to stand in the way, so that nothing is claimed or asked in vain. */
async function obstacleTo(
  batch: Batch,
  { companyId }: QueuedNotification,
): Promise<Processed | undefined> {
  const pausedUntilMs = await batch.ports.pauses.untilMs(companyId);
  const waitMs = (pausedUntilMs ?? 0) - batch.ports.clock.nowMs();
  if (waitMs > 0) return retry('quota', waitMs, `the quota of company ${companyId} is used up`);
  const obtained = await batch.token();
  switch (obtained.kind) {
    case 'token':
      return undefined;
    case 'too-long':
      return retry('token', minuteMs, 'the access token is about to expire');
    case 'unavailable':
      return retry('token', minuteMs, obtained.detail);
    case 'person-needed':
      return retry('person', 15 * minuteMs, obtained.detail);
  }
}

async function processClaimed(
  batch: Batch,
  delivery: Delivery,
  claimUntilMs: number,
  settled: readonly EntityId[],
): Promise<Processed> {
  const { ports } = batch;
  const { notification } = delivery;
  const left = notification.ids.filter((id) => !settled.includes(id));
  const reads = await readAll(batch, notification, left);
  const events = reads.flatMap((it) => eventFor(notification, it));
  const key = keyOf(notification);
  try {
    if (events.length > 0) await ports.bus.publish(events);
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    await unlessRefused(ports.seen.release(key, claimUntilMs, settled));
    return retry('failed', backoffMs(delivery), error.message);
  }
  const halt = firstHalt(reads, delivery);
  if (halt !== undefined) {
    const now = reads.filter(({ read }) => read !== undefined && isSettled(read));
    const all = [...settled, ...now.map(({ id }) => id)];
    await unlessRefused(ports.seen.release(key, claimUntilMs, all));
    return halt;
  }
  // Published is published: a message that came again for want of this note would be published twice.
  const warning = await unlessRefused(ports.seen.confirm(key, claimUntilMs));
  const forbidden = reads.flatMap(({ read }) => (read?.kind === 'forbidden' ? [read.detail] : []));
  const [reason] = forbidden;
  if (reason !== undefined) return { kind: 'drop', published: events.length, reason };
  return { kind: 'done', published: events.length, ...(warning === undefined ? {} : { warning }) };
}

function readAll(
  batch: Batch,
  notification: QueuedNotification,
  ids: readonly EntityId[],
): Promise<ReadEntity[]> {
  if (!mustRead(notification, batch.settings)) {
    const read: EntityRead =
      notification.change === 'delete' ? { kind: 'absent' } : { kind: 'entity', entity: undefined };
    return Promise.resolve(ids.map((id) => ({ id, read })));
  }
  let stopped = false;
  const readOne = async (id: EntityId): Promise<ReadEntity> => {
    if (stopped || mustNotRead(batch, notification)) return { id, read: undefined };
    const read = await batch.ports.reader.read(notification, id);
    if (!isSettled(read) && read.kind !== 'failed') stopped = true;
    if (read.kind === 'wait') await pause(batch, notification, read.waitMs);
    return { id, read };
  };
  return Promise.all(ids.map((id) => batch.limit(() => readOne(id))));
}

function mustNotRead(batch: Batch, { companyId }: QueuedNotification): boolean {
  const nowMs = batch.ports.clock.nowMs();
  return nowMs >= batch.settings.deadlineMs || nowMs < (batch.pausedUntilMs.get(companyId) ?? 0);
}

async function pause(
  batch: Batch,
  { companyId }: QueuedNotification,
  waitMs: number,
): Promise<void> {
  const untilMs = batch.ports.clock.nowMs() + waitMs;
  batch.pausedUntilMs.set(companyId, untilMs);
  // Without the marker the others learn it from the provider, as this one did.
  await unlessRefused(batch.ports.pauses.raise(companyId, untilMs));
}

function isSettled(read: EntityRead): boolean {
  return read.kind === 'entity' || read.kind === 'absent' || read.kind === 'forbidden';
}

function eventFor(notification: QueuedNotification, { id, read }: ReadEntity): FrescoEvent[] {
  if (read?.kind !== 'entity' && read?.kind !== 'absent') return [];
  const { connection, companyId, resource, type, time, id: eventId } = notification;
  const change = read.kind === 'absent' ? 'delete' : notification.change;
  const entity = read.kind === 'entity' ? read.entity : undefined;
  const known = { connection, companyId, resource, id, change, origin: 'webhook', eventId, type };
  return [
    entityChanged({
      ...known,
      origin: 'webhook',
      ...(time === undefined ? {} : { time }),
      ...(entity === undefined ? {} : { entity }),
    }),
  ];
}

/** Why a message must come again, if any of its entities does: the reason that lasts longest in doubt. */
function firstHalt(reads: readonly ReadEntity[], delivery: Delivery): Processed | undefined {
  const halts = reads.flatMap(({ read }) => haltOf(read, delivery) ?? []);
  return halts.find(({ reason }) => reason !== 'time' && reason !== 'failed') ?? halts[0];
}

function haltOf(read: EntityRead | undefined, delivery: Delivery) {
  switch (read?.kind) {
    case undefined:
      return retry('time', 1000, 'not all entities could be read in time');
    case 'entity':
    case 'absent':
    case 'forbidden':
      return undefined;
    case 'wait':
      return retry('quota', read.waitMs, 'the provider asks to wait');
    case 'licence-expired':
      return retry('licence', 60 * minuteMs, 'the licence of the company has expired');
    case 'no-token':
      return read.person
        ? retry('person', 15 * minuteMs, read.detail)
        : retry('token', minuteMs, read.detail);
    case 'failed':
      return retry('failed', backoffMs(delivery), read.detail);
  }
}

function retry(reason: RetryReason, delayMs: number, detail: string) {
  return { kind: 'retry', reason, delayMs, detail } as const;
}

function backoffMs({ failures }: Delivery): number {
  return Math.min(15 * minuteMs, 15_000 * 2 ** Math.min(failures, 10));
}

/** Waits for a write whose failure changes nothing but words: what the store said, if it refused. */
async function unlessRefused(write: Promise<void>): Promise<string | undefined> {
  try {
    await write;
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    return error.message;
  }
}
