import type { Clock } from '../ports.ts';
import { contentOf, type EntityId, keyOf, type QueuedNotification } from './notification.ts';
import { type Delivery, type Processed, retry } from './outcome.ts';
import type { SeenEvents } from './ports.ts';

/** The right to work on a notification for a time. */
export interface HeldClaim {
  readonly key: string;
  readonly untilMs: number;
  readonly content: string;
  /** Ids that an earlier claim has dealt with. */
  readonly settled: readonly EntityId[];
  /** Another body came under the same id: the provider's signature covers neither. */
  readonly differs: boolean;
}

/** What claiming needs. */
export interface ClaimPorts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly seen: SeenEvents;
}

/** Claims one notification of a batch, or says how its message ends without it. Rejects with `StoreRefused`. */
export async function claimNotification(
  { clock, seen }: ClaimPorts,
  { notification }: Delivery,
  claimMs: number,
): Promise<HeldClaim | Processed> {
  const nowMs = clock.nowMs();
  const untilMs = nowMs + claimMs;
  const content = contentOf(notification);
  const first = keyOf(notification);
  const found = await seen.claim(first, nowMs, untilMs, content);
  const differs = found.kind === 'differs';
  const key = differs ? `${first}/${content}` : first;
  const claim = differs ? await seen.claim(key, nowMs, untilMs, content) : found;
  switch (claim.kind) {
    case 'claimed':
      return { key, untilMs, content, settled: claim.settled, differs };
    case 'held':
      return retry('held', Math.max(1000, claim.untilMs - nowMs), 'another delivery is at it');
    case 'published':
    // Its key has the content in it.
    case 'differs':
      return { kind: 'done', published: 0 };
  }
}

const hourMs = 3_600_000;

/** The most reads in an hour that one event id causes beyond its first part. */
const readsPerEventMax = 200;

/** For how long a body that contradicts an earlier one waits for its reads: longer than it can be sent again. */
const contradictionWaitMs = 6 * hourMs;

/**
 * Whether the reads of a claimed notification fit into the hour of its event; else how its message ends. What
 * a first part causes is bounded by its size, and costs no count.
 */
export async function readsBeyond(
  { clock, seen }: ClaimPorts,
  notification: QueuedNotification,
  held: HeldClaim,
  reads: number,
): Promise<Processed | undefined> {
  if (notification.part === 0 && !held.differs) return undefined;
  const nowMs = clock.nowMs();
  const hour = Math.floor(nowMs / hourMs);
  const { connection, id, waitsSinceMs = nowMs } = notification;
  const nextMs = (hour + 1) * hourMs;
  const key = `reads/${connection}/${id}/${hour}`;
  if (await seen.countReads(key, reads, readsPerEventMax, nextMs)) return undefined;
  if (held.differs && nowMs - waitsSinceMs >= contradictionWaitMs) {
    const reason = 'too many bodies came under one event id: run fresco sync';
    return { kind: 'drop', published: 0, reason };
  }
  return retry('quota', nextMs - nowMs, `one event causes ${readsPerEventMax} reads an hour`);
}
