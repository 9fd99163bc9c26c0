import type { Obtained } from '../../../src/core/consumers/token-source.ts';
import type { FrescoEvent } from '../../../src/core/events/event.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import type { AdmittedSenders } from '../../../src/core/webhooks/admission.ts';
import {
  type EntityId,
  keyOf,
  type QueuedNotification,
} from '../../../src/core/webhooks/notification.ts';
import type { Processed } from '../../../src/core/webhooks/outcome.ts';
import type { EntityRead, SeenEvents } from '../../../src/core/webhooks/ports.ts';
import {
  type ProcessPorts,
  type ProcessSettings,
  processNotifications,
} from '../../../src/core/webhooks/process.ts';
import { inventedToken } from '../invented-token.ts';

/** A call of a port: its name, such as `bus.publish`, may be made to fail by `fail`. */
export type PortCall =
  | 'tokens.obtain'
  | 'pauses.untilMs'
  | 'pauses.raise'
  | 'senders.read'
  | 'subscriptions.list'
  | 'seen.claim'
  | 'seen.confirm'
  | 'seen.release'
  | 'seen.countReads'
  | 'reader.read'
  | 'bus.publish'
  | 'bus.published';

/** The process died in the middle of a call; nothing of it goes on. */
export class Killed extends Error {}

const token = inventedToken({ expiresAtMs: 86_400_000 });

interface SeenEntry {
  readonly state: 'claimed' | 'published';
  readonly untilMs: number;
  readonly settled: readonly EntityId[];
  readonly content: string;
}

/** Everything around the processing of notifications, in memory, with its faults on demand. */
export class ProcessingWorld {
  nowMs = 1_000_000;
  obtained: Obtained = { kind: 'token', token };
  /** What the provider says of an entity; a version of it by default. */
  answer: (id: EntityId, notification: QueuedNotification) => EntityRead = (id) => ({
    kind: 'entity',
    entity: { id },
  });
  /** Called at each port call: may throw `StoreRefused` or `Killed`. */
  fail: (call: PortCall) => void = () => {};
  admitted: AdmittedSenders | undefined;
  /** The companies that an operator has subscribed. */
  subscribed: readonly number[] = [];
  settings: Partial<ProcessSettings> = {};
  readonly published: FrescoEvent[] = [];
  readonly reads: EntityId[] = [];
  readonly calls: PortCall[] = [];
  readonly #seen = new Map<string, SeenEntry>();
  readonly #counts = new Map<string, number>();
  readonly #pauses = new Map<number, number>();
  readsNow = 0;
  readsMost = 0;

  readonly ports: ProcessPorts = {
    clock: { nowMs: () => this.nowMs },
    tokens: {
      obtain: async () => {
        await this.#enter('tokens.obtain');
        return this.obtained;
      },
      rejected: () => Promise.reject(new Error('not asked by this use case')),
    },
    reader: {
      read: async (notification, id) => {
        this.readsNow += 1;
        this.readsMost = Math.max(this.readsMost, this.readsNow);
        try {
          await this.#enter('reader.read');
          this.reads.push(id);
          return this.answer(id, notification as QueuedNotification);
        } finally {
          this.readsNow -= 1;
        }
      },
    },
    seen: this.#seenEvents(),
    senders: {
      read: async () => {
        await this.#enter('senders.read');
        return this.admitted;
      },
    },
    subscriptions: {
      list: async () => {
        await this.#enter('subscriptions.list');
        return this.subscribed.map((companyId) => ({ id: 'SUB1', companyId, sink: '', types: [] }));
      },
    },
    published: {
      entities: { note: async () => undefined, doubt: async () => undefined },
      stampOf: () => undefined,
    },
    pauses: {
      untilMs: async (companyId) => {
        await this.#enter('pauses.untilMs');
        return this.#pauses.get(companyId);
      },
      raise: async (companyId, untilMs) => {
        await this.#enter('pauses.raise');
        this.#pauses.set(companyId, Math.max(untilMs, this.#pauses.get(companyId) ?? 0));
      },
    },
    bus: {
      publish: async (events) => {
        await this.#enter('bus.publish');
        if (events.length === 0) throw new Error('nothing to publish');
        this.published.push(...events);
        await this.#enter('bus.published');
      },
    },
  };

  /** The token reaches these companies. */
  serves(...ids: readonly number[]): void {
    const companies = ids.map((id) => ({ id, name: 'Studio Esempio' }));
    this.obtained = { kind: 'token', token: { ...token, companies } };
  }

  /** One batch, each message with so many failures behind it. */
  process(
    notifications: readonly QueuedNotification[],
    failures = 0,
  ): Promise<readonly Processed[]> {
    const settings = {
      entity: 'full',
      claimMs: 60_000,
      readsMax: 4,
      deadlineAtMs: this.nowMs + 30_000,
      ...this.settings,
    } as const;
    const deliveries = notifications.map((notification) => ({ notification, failures }));
    return processNotifications(this.ports, settings, deliveries);
  }

  /** Whether a notification is noted as published. */
  isConfirmed(notification: QueuedNotification): boolean {
    return this.#seen.get(keyOf(notification))?.state === 'published';
  }

  /** `detail` of all that was published. */
  details(): FrescoEvent['detail'][] {
    return this.published.map(({ detail }) => detail);
  }

  async #enter(call: PortCall): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    this.fail(call);
  }

  #end(key: string, end: Partial<SeenEntry> & Pick<SeenEntry, 'state' | 'untilMs'>): void {
    const { content = '' } = this.#seen.get(key) ?? {};
    this.#seen.set(key, { settled: [], content, ...end });
  }

  #seenEvents(): SeenEvents {
    const held = (key: string, untilMs: number): boolean => {
      const entry = this.#seen.get(key);
      return entry?.state === 'claimed' && entry.untilMs === untilMs;
    };
    return {
      claim: async (key, nowMs, untilMs, content = '') => {
        await this.#enter('seen.claim');
        const entry = this.#seen.get(key);
        if (entry !== undefined && entry.content !== content) return { kind: 'differs' };
        if (entry?.state === 'published') return { kind: 'published' };
        if (entry !== undefined && entry.untilMs > nowMs) {
          return { kind: 'held', untilMs: entry.untilMs };
        }
        const settled = entry?.settled ?? [];
        this.#seen.set(key, { state: 'claimed', untilMs, settled, content });
        return { kind: 'claimed', settled };
      },
      confirm: async (key, untilMs) => {
        await this.#enter('seen.confirm');
        this.#end(key, { state: 'published', untilMs });
      },
      release: async (key, untilMs, settled) => {
        await this.#enter('seen.release');
        if (held(key, untilMs)) this.#end(key, { state: 'claimed', untilMs: 0, settled });
      },
      countReads: async (key, reads, max) => {
        await this.#enter('seen.countReads');
        const sum = (this.#counts.get(key) ?? 0) + reads;
        if (sum <= max) this.#counts.set(key, sum);
        return sum <= max;
      },
    };
  }
}

/** A notification about clients of company 108061. */
export function aboutClients(changes: Partial<QueuedNotification> = {}): QueuedNotification {
  return {
    connection: 'default',
    part: 0,
    id: '198:event-1',
    companyId: 108061,
    type: 'it.fattureincloud.webhooks.entities.clients.update',
    resource: 'clients',
    change: 'update',
    time: '2026-11-23T02:00:00Z',
    ids: [1],
    ...changes,
  };
}

/** Makes the named call fail `times` times with a refusal of the store. */
export function refusing(name: PortCall, times = 1): (call: PortCall) => void {
  let left = times;
  return (call) => {
    if (call !== name || left === 0) return;
    left -= 1;
    throw new StoreRefused('unavailable', `${name} does not answer`);
  };
}
