import { notifiedChange } from '../events/entity-changed.ts';
import { StoreRefused } from '../ports.ts';
import { orRefusal, unlessRefused } from '../store-refusal.ts';
import {
  type Batch,
  mustRead,
  obstacleTo,
  openBatch,
  type ProcessPorts,
  type ProcessSettings,
} from './batch.ts';
import { claimNotification, type HeldClaim, readsBeyond } from './claim.ts';
import type { EntityId, QueuedNotification } from './notification.ts';
import {
  backoffMs,
  conclusionOf,
  type Delivery,
  haltOf,
  type Processed,
  retry,
} from './outcome.ts';
import { notePublished } from './published-states.ts';
import { isSettled, type ReadEntity } from './read-entities.ts';

export type { ProcessPorts, ProcessSettings } from './batch.ts';

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
  const batch = openBatch(ports, settings);
  const begun = await Promise.all(
    deliveries.map((delivery) => orAgain(delivery, () => begin(batch, delivery))),
  );
  // Only now has the last notification of each entity come: what is read from here on serves all of them.
  return Promise.all(
    begun.map((it) => ('held' in it ? orAgain(it.delivery, () => processClaimed(batch, it)) : it)),
  );
}

/** A message that a store refused comes again. */
async function orAgain<T>(delivery: Delivery, work: () => Promise<T>): Promise<T | Processed> {
  const done = await orRefusal(work);
  return done instanceof StoreRefused ? again(delivery, done) : done;
}

function again(delivery: Delivery, { message }: StoreRefused): Processed {
  return retry('failed', backoffMs(delivery), message);
}

async function begin(batch: Batch, delivery: Delivery): Promise<Claimed | Processed> {
  const { ports, settings } = batch;
  const obstacle = await obstacleTo(batch, delivery.notification);
  if (obstacle !== undefined) return obstacle;
  const held = await claimNotification(ports, delivery, settings.claimMs);
  return 'kind' in held ? held : { delivery, held };
}

/** Reads, publishes, notes for the next sync, and confirms; what could not be done is given back. */
async function processClaimed(batch: Batch, { delivery, held }: Claimed): Promise<Processed> {
  const { seen, bus } = batch.ports;
  const { notification } = delivery;
  const { key, untilMs, content, settled } = held;
  const left = notification.ids.filter((id) => !settled.includes(id));
  const release = (ids: readonly EntityId[]) =>
    unlessRefused(() => seen.release(key, untilMs, ids));
  const beyond = mustRead(batch, notification)
    ? await readsBeyond(batch.ports, notification, held, left.length)
    : undefined;
  if (beyond !== undefined) {
    await release(settled);
    return beyond;
  }
  const reads = await readAll(batch, notification, left);
  const events = reads.flatMap((entity) => notifiedChange(notification, entity));
  const published = events.length > 0 ? await orRefusal(() => bus.publish(events)) : undefined;
  if (published instanceof StoreRefused) {
    await release(settled);
    return again(delivery, published);
  }
  const noting = () => note(batch, notification, reads);
  const halt = haltOf(reads, delivery);
  if (halt !== undefined) {
    const now = reads.filter(({ read }) => isSettled(read)).map(({ id }) => id);
    await Promise.all([noting(), release([...settled, ...now])]);
    return halt;
  }
  // A message that came again for want of this note would be published twice: its failure is but a warning.
  const confirm = () => seen.confirm(key, untilMs, content);
  // First, for the notes may be many, and go out in the order in which they are asked for.
  const [confirmed] = await Promise.all([orRefusal(confirm), noting()]);
  const unconfirmed = confirmed instanceof StoreRefused ? [confirmed.message] : [];
  return conclusionOf(reads, events.length, [
    ...unconfirmed,
    ...doubtsOf(notification, held, reads),
  ]);
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
