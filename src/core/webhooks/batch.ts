import type { Obtained, TokenSource } from '../consumers/token-source.ts';
import type { EventBus } from '../events/event.ts';
import type { SenderStore } from './admission.ts';
import type { QueuedNotification } from './notification.ts';
import { type Processed, personDelayMs, retry, tokenDelayMs } from './outcome.ts';
import type { EntityRead, SeenEvents } from './ports.ts';
import type { PublishedLog } from './published-states.ts';
import { entitiesReader, type ReadEntities, type ReadPorts } from './read-entities.ts';
import type { ExpectedSubscriptions } from './subscriptions.ts';

/** What processing needs; all of one connection. */
export interface ProcessPorts extends ReadPorts {
  readonly tokens: TokenSource;
  readonly seen: SeenEvents;
  readonly bus: EventBus;
  readonly senders: Pick<SenderStore, 'read'>;
  readonly subscriptions: Pick<ExpectedSubscriptions, 'list'>;
  /** Where a sync looks up what is published already. */
  readonly published: PublishedLog;
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

/** What is asked once for all messages of a batch. */
export interface Batch {
  readonly ports: ProcessPorts;
  readonly settings: ProcessSettings;
  readonly read: ReadEntities;
  readonly token: () => Promise<Obtained>;
  readonly senders: () => ReturnType<SenderStore['read']>;
  readonly subscriptions: () => ReturnType<ExpectedSubscriptions['list']>;
  /** Read once for each company: what is heard later in the batch, the reader heeds by itself. */
  readonly pausedUntilMs: (companyId: number) => Promise<number | undefined>;
  /** What was noted for the next sync already. */
  readonly noted: Set<EntityRead>;
}

/** A batch that begins; nothing is asked yet. */
export function openBatch(ports: ProcessPorts, settings: ProcessSettings): Batch {
  const pauses = new Map<number, Promise<number | undefined>>();
  return {
    ports,
    settings,
    read: entitiesReader(ports, settings),
    token: once(() => ports.tokens.obtain()),
    senders: once(() => ports.senders.read()),
    subscriptions: once(() => ports.subscriptions.list()),
    pausedUntilMs: (companyId) => {
      const pause = pauses.get(companyId) ?? ports.pauses.untilMs(companyId);
      pauses.set(companyId, pause);
      return pause;
    },
    noted: new Set(),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}

/** Why a message is not begun, so that nothing is claimed or asked in vain. */
export async function obstacleTo(
  batch: Batch,
  notification: QueuedNotification,
): Promise<Processed | undefined> {
  const obstacle = mustRead(batch, notification) ? await wait(batch, notification) : undefined;
  if (obstacle !== undefined) return obstacle;
  if (!(await isForeign(batch, notification))) return undefined;
  const reason = `company ${notification.companyId} is not one of this connection`;
  return { kind: 'foreign', reason };
}

/** A reference is only a hint; only the API knows that something is gone. */
export function mustRead({ settings }: Batch, notification: QueuedNotification): boolean {
  return settings.entity === 'full' || notification.change === 'delete';
}

/** Companies are those of the token, and those that an operator has subscribed. */
async function isForeign(batch: Batch, notification: QueuedNotification): Promise<boolean> {
  const { companyId } = notification;
  const obtained = mustRead(batch, notification) ? await batch.token() : undefined;
  const ofToken = obtained?.kind === 'token' ? obtained.token.companies.map(({ id }) => id) : [];
  if (ofToken.includes(companyId)) return false;
  const { companies = [] } = (await batch.senders()) ?? {};
  if (companies.includes(companyId) || ofToken.length + companies.length === 0) return false;
  // What version 0.1.0 has subscribed is noted among the senders by the first daily watch, and not before.
  return (await batch.subscriptions()).every((it) => it.companyId !== companyId);
}

async function wait(batch: Batch, { companyId }: QueuedNotification) {
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
