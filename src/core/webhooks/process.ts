import type { Obtained, TokenSource } from '../consumers/token-source.ts';
import { notifiedChange } from '../events/entity-changed.ts';
import type { EventBus } from '../events/event.ts';
import { StoreRefused } from '../ports.ts';
import type { SenderStore } from './admission.ts';
import { claimNotification, type HeldClaim, readsBeyond } from './claim.ts';
import type { EntityId, QueuedNotification } from './notification.ts';
import {
  backoffMs,
  conclusionOf,
  type Delivery,
  haltOf,
  type Processed,
  personDelayMs,
  type Retry,
  retry,
  tokenDelayMs,
} from './outcome.ts';
import type { EntityRead, SeenEvents } from './ports.ts';
import { notePublished, type PublishedLog } from './published-states.ts';
import {
  entitiesReader,
  isSettled,
  type ReadEntities,
  type ReadEntity,
  type ReadPorts,
} from './read-entities.ts';

/** What processing needs; all of one connection. */
export interface ProcessPorts extends ReadPorts {
  readonly tokens: TokenSource;
  readonly seen: SeenEvents;
  readonly bus: EventBus;
  readonly senders: Pick<SenderStore, 'read'>;
  /** Where a sync looks up what is published already; absent if there is none. */
  readonly published?: PublishedLog;
}

/** The bounds of one batch. */
export interface ProcessSettings {
  /** `reference`: entities are not read; the receivers of the event read them. */
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
  readonly senders: () => ReturnType<SenderStore['read']>;
  /** Read once for each company: what is heard later in the batch, the reader heeds by itself. */
  readonly pausedUntilMs: (companyId: number) => Promise<number | undefined>;
  /** What was noted for the next sync already. */
  readonly noted: Set<EntityRead>;
}

interface Claimed {
  readonly delivery: Delivery;
  readonly held: HeldClaim;
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
  let admitted: ReturnType<SenderStore['read']> | undefined;
  const senders = () => {
    admitted ??= ports.senders.read();
    return admitted;
  };
  const pauses = new Map<number, Promise<number | undefined>>();
  const pausedUntilMs = (companyId: number) => {
    const pause = pauses.get(companyId) ?? ports.pauses.untilMs(companyId);
    pauses.set(companyId, pause);
    return pause;
  };
  const read = entitiesReader(ports, settings);
  const noted = new Set<EntityRead>();
  const batch: Batch = { ports, settings, read, token, senders, pausedUntilMs, noted };
  const begun = await Promise.all(
    deliveries.map((delivery) => unlessRefused(delivery, () => begin(batch, delivery))),
  );
  // Only now has the last notification of each entity come: what is read from here on serves all of them.
  return Promise.all(
    begun.map((it) =>
      'held' in it ? unlessRefused(it.delivery, () => processClaimed(batch, it)) : it,
    ),
  );
}

async function unlessRefused<T>(delivery: Delivery, work: () => Promise<T>): Promise<T | Retry> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    return retry('failed', backoffMs(delivery), error.message);
  }
}

async function begin(batch: Batch, delivery: Delivery): Promise<Claimed | Processed> {
  const { ports, settings } = batch;
  const { notification } = delivery;
  const obstacle = mustRead(batch, notification)
    ? await obstacleTo(batch, notification)
    : undefined;
  if (obstacle !== undefined) return obstacle;
  if (await isForeign(batch, notification)) {
    const reason = `company ${notification.companyId} is not one of this connection`;
    return { kind: 'foreign', reason };
  }
  const held = await claimNotification(ports, delivery, settings.claimMs);
  return 'kind' in held ? held : { delivery, held };
}

/** A reference is only a hint; only the API knows that something is gone. */
function mustRead({ settings }: Batch, notification: QueuedNotification): boolean {
  return settings.entity === 'full' || notification.change === 'delete';
}

/** Companies are those of the token, and those that an operator has subscribed. */
async function isForeign(batch: Batch, notification: QueuedNotification): Promise<boolean> {
  const { companyId } = notification;
  const obtained = mustRead(batch, notification) ? await batch.token() : undefined;
  const ofToken = obtained?.kind === 'token' ? obtained.token.companies.map(({ id }) => id) : [];
  if (ofToken.includes(companyId)) return false;
  const { companies = [] } = (await batch.senders()) ?? {};
  return !companies.includes(companyId) && ofToken.length + companies.length > 0;
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

async function processClaimed(batch: Batch, { delivery, held }: Claimed): Promise<Processed> {
  const { seen, bus } = batch.ports;
  const { notification } = delivery;
  const { key, untilMs, content, settled } = held;
  const left = notification.ids.filter((id) => !settled.includes(id));
  const release = (ids: readonly EntityId[]) => refusalOf(seen.release(key, untilMs, ids));
  const beyond = mustRead(batch, notification)
    ? await readsBeyond(batch.ports, notification, held, left.length)
    : undefined;
  if (beyond !== undefined) {
    await release(settled);
    return beyond;
  }
  const reads = await readAll(batch, notification, left);
  const events = reads.flatMap((entity) => notifiedChange(notification, entity));
  const refused = events.length > 0 ? await refusalOf(bus.publish(events)) : undefined;
  if (refused !== undefined) {
    await release(settled);
    return retry('failed', backoffMs(delivery), refused);
  }
  const noted = note(batch, notification, reads);
  const halt = haltOf(reads, delivery);
  if (halt !== undefined) {
    const now = reads.filter(({ read }) => isSettled(read)).map(({ id }) => id);
    await Promise.all([noted, release([...settled, ...now])]);
    return halt;
  }
  // A message that came again for want of this note would be published twice: its failure is but a warning.
  const [unconfirmed] = await Promise.all([refusalOf(seen.confirm(key, untilMs, content)), noted]);
  const warnings = [unconfirmed, ...doubtsOf(notification, held, reads)];
  return conclusionOf(
    reads,
    events.length,
    warnings.filter((it) => it !== undefined),
  );
}

async function readAll(
  batch: Batch,
  notification: QueuedNotification,
  ids: readonly EntityId[],
): Promise<readonly ReadEntity[]> {
  const reference = { kind: 'entity', entity: undefined } as const;
  if (!mustRead(batch, notification)) return ids.map((id) => ({ id, read: { ...reference } }));
  const reads = await batch.read(notification, ids);
  if (batch.settings.entity === 'full') return reads;
  return reads.map(({ id, read }) => ({ id, read: read?.kind === 'entity' ? reference : read }));
}

/** For the next sync; what several notifications of a batch have told is noted once. */
async function note(
  { ports, noted }: Batch,
  notification: QueuedNotification,
  reads: readonly ReadEntity[],
): Promise<void> {
  if (ports.published === undefined) return;
  const fresh = reads.filter(({ read }) => read !== undefined && !noted.has(read));
  for (const { read } of fresh) if (read !== undefined) noted.add(read);
  await notePublished(ports.published, notification, fresh);
}

/** What an operator should hear of a notification that does not say what the API says. */
function doubtsOf(
  { change }: QueuedNotification,
  { differs }: HeldClaim,
  reads: readonly ReadEntity[],
): string[] {
  const there = change === 'delete' ? reads.filter(({ read }) => read?.kind === 'entity') : [];
  return [
    ...(differs ? ['two bodies came under one event id: one of them is forged'] : []),
    ...(there.length > 0 ? [`${there.length} of the deletions told are still at the API`] : []),
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
