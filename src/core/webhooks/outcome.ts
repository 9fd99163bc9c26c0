import type { QueuedNotification } from './notification.ts';
import type { EntityRead } from './ports.ts';
import type { ReadEntity } from './read-entities.ts';

/** Why a message has to come again; only `failed` should count against it. */
export type RetryReason = 'quota' | 'token' | 'person' | 'licence' | 'held' | 'time' | 'failed';

/** A message that has to come again, and when. */
export interface Retry {
  readonly kind: 'retry';
  readonly reason: RetryReason;
  readonly delayMs: number;
  readonly detail: string;
}

/** What becomes of one message. */
export type Processed =
  /** Nothing is left to do; `published` is 0 where everything had been published before. */
  | { readonly kind: 'done'; readonly published: number; readonly warning?: string }
  | Retry
  /** What is left of it can't be read, however often; `reason` names the scope or the company at fault. */
  | { readonly kind: 'drop'; readonly published: number; readonly reason: string }
  /** It is of a company that this connection does not serve: nothing was read, claimed or told. */
  | { readonly kind: 'foreign'; readonly reason: string };

/** A message, and how often it has failed before. */
export interface Delivery {
  readonly notification: QueuedNotification;
  readonly failures: number;
}

const minuteMs = 60_000;

/** How long a message stays away while there is no token. */
export const tokenDelayMs = minuteMs;

/** How long a message stays away while a person is needed. */
export const personDelayMs = 15 * minuteMs;

/** Why a message must come again, if it must; what waits for others goes before what just failed. */
export function haltOf(reads: readonly ReadEntity[], delivery: Delivery): Retry | undefined {
  const halts = reads.flatMap(({ read }) => retryAfter(read, delivery) ?? []);
  return halts.find(({ reason }) => reason !== 'time' && reason !== 'failed') ?? halts[0];
}

function retryAfter(read: EntityRead | undefined, delivery: Delivery): Retry | undefined {
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
        ? retry('person', personDelayMs, read.detail)
        : retry('token', tokenDelayMs, read.detail);
    case 'failed':
      return retry('failed', backoffMs(delivery), read.detail);
  }
}

/** The end of a message of which no read must come again. */
export function conclusionOf(
  reads: readonly ReadEntity[],
  published: number,
  warnings: readonly string[],
): Processed {
  const [reason] = reads.flatMap(({ read }) => (read?.kind === 'forbidden' ? [read.detail] : []));
  if (reason !== undefined) return { kind: 'drop', published, reason };
  return {
    kind: 'done',
    published,
    ...(warnings.length === 0 ? {} : { warning: warnings.join('; ') }),
  };
}

/** A message that is to come again in `delayMs`. */
export function retry(reason: RetryReason, delayMs: number, detail: string): Retry {
  return { kind: 'retry', reason, delayMs, detail };
}

/** How long a message that has failed so often stays away: 15 seconds, doubled each time, at most 15 minutes. */
export function backoffMs({ failures }: Delivery): number {
  return Math.min(15 * minuteMs, 15_000 * 2 ** Math.min(failures, 10));
}
