import type { Obtained } from '../../../src/core/consumers/token-source.ts';
import type { FrescoEvent } from '../../../src/core/events/event.ts';
import type { Company } from '../../../src/core/records/company.ts';
import type { SyncBounds } from '../../../src/core/sync/budget.ts';
import type { SyncProgress, SyncSettings } from '../../../src/core/sync/company.ts';
import type {
  ChangePageQuery,
  PageRead,
  PublishedState,
  QuotaLeft,
  ReadFailure,
  SyncPorts,
} from '../../../src/core/sync/ports.ts';
import { type SyncOutcome, type SyncRequest, syncPass } from '../../../src/core/sync/sync.ts';
import type { EntityId } from '../../../src/core/webhooks/notification.ts';
import { memoryDoubts } from '../../contract/sync-store.ts';
import { inventedToken } from '../invented-token.ts';

/** An entity of the provider: its stamp counts seconds, in four digits. */
export interface Listed {
  readonly id: EntityId;
  readonly stamp: string;
  readonly isNew?: boolean;
}

/** One request to the provider: of a page, a bin or an entity. */
export type Asked = `${number} ${string}`;

/** Bounds that stand in nobody's way. */
export const wide: SyncBounds = {
  endMs: Number.POSITIVE_INFINITY,
  spacingMs: 0,
  burst: 1,
  reserve: 0.1,
  waitMaxMs: 30_000,
};

/** Everything around a sync, in memory: a provider of two lists and one bin, with its faults on demand. */
export class SyncScene {
  /** A thousand seconds after the provider's first stamp. */
  nowMs = 1_000_000;
  readonly waitsMs: number[] = [];
  companies: readonly Company[] = [{ id: 7, name: 'Studio Esempio' }];
  obtained: Obtained | undefined;
  /** By list. */
  readonly listed: Record<string, Listed[]> = { clients: [], 'documents/invoice': [] };
  binned: EntityId[] = [];
  /** What the provider says in place of the truth. */
  says: (asked: Asked) => ReadFailure | undefined = () => undefined;
  /** A page of a list that it gives in place of the true one. */
  pages: PageRead[] = [];
  quota: QuotaLeft = {};
  ambiguous: readonly string[] = [];
  /** Called at each port call, such as `store.write 7/clients`: may throw. */
  before: (call: string) => void = () => {};
  readonly asked: Asked[] = [];
  readonly queries: ChangePageQuery[] = [];
  readonly published: FrescoEvent[] = [];
  readonly progress: SyncProgress[] = [];
  readonly texts = new Map<string, { readonly text: string; readonly revision: number }>();
  readonly told = new Map<EntityId, PublishedState>();
  readonly pausedUntilMs = new Map<number, number>();

  readonly ports: SyncPorts = {
    clock: {
      nowMs: () => this.nowMs,
      monotonicMs: () => this.nowMs,
      wait: async (ms) => {
        this.waitsMs.push(ms);
        this.nowMs += ms;
      },
    },
    random: { bytes: (count) => new Uint8Array(count).fill(this.nowMs / 1000) },
    tokens: {
      obtain: async () => {
        const token = inventedToken({ companies: this.companies });
        return this.obtained ?? { kind: 'token', token };
      },
      rejected: () => Promise.reject(new Error('not asked by a sync')),
    },
    feed: {
      lists: [
        { name: 'clients', resource: 'clients' },
        { name: 'documents/invoice', resource: 'documents' },
      ],
      bins: ['documents'],
      pageSize: 2,
      page: async (companyId, { name }, query) => {
        this.queries.push(query);
        return this.#answer(`${companyId} ${name}`) ?? this.#page(name, query);
      },
      bin: async (companyId, resource) =>
        this.#answer(`${companyId} bin/${resource}`) ?? {
          kind: 'bin',
          ids: [...this.binned],
          quota: this.quota,
        },
      entity: async (companyId, resource, id) => {
        const failure = this.#answer(`${companyId} ${resource}/${id}`);
        if (failure !== undefined)
          return failure as Exclude<ReadFailure, { kind: 'refused' | 'unreachable' }>;
        const entity = Object.values(this.listed)
          .flat()
          .find((it) => it.id === id);
        return entity === undefined ? { kind: 'absent' } : { kind: 'entity', entity };
      },
      stampAt: (nowMs) => stampOfSecond(nowMs / 1000),
      overlapped: (stamp) => stampOfSecond(Number(stamp) - 10),
      isSettled: (stamp, now) => Number(now) - Number(stamp) > 100,
      isAmbiguous: (stamp) => this.ambiguous.includes(stamp),
      stampOf: (entity) => (entity as Partial<Listed>).stamp,
    },
    store: {
      read: async (key) => {
        this.before(`store.read ${key}`);
        return this.texts.get(key) ?? { text: undefined, revision: 0 };
      },
      write: async (key, text, revision) => {
        this.before(`store.write ${key}`);
        if ((this.texts.get(key)?.revision ?? 0) !== revision) return 'conflict';
        this.texts.set(key, { text, revision: revision + 1 });
        this.before(`store.written ${key}`);
        return 'written';
      },
    },
    published: {
      ...memoryDoubts(),
      read: async (_companyId, _resource, ids) => {
        this.before('told.read');
        const found = ids.flatMap((id) => {
          const state = this.told.get(id);
          return state === undefined ? [] : [[id, state] as const];
        });
        return new Map(found);
      },
      note: async (_companyId, _resource, id, state) => {
        this.before('told.note');
        this.told.set(id, state);
      },
    },
    pauses: {
      untilMs: async (companyId) => this.pausedUntilMs.get(companyId),
      raise: async (companyId, untilMs) => {
        this.before('pauses.raise');
        this.pausedUntilMs.set(companyId, untilMs);
      },
    },
    bus: {
      publish: async (events) => {
        this.before('bus.publish');
        this.published.push(...events);
      },
    },
  };

  /** One pass; it begins a sync of its own unless asked otherwise. */
  pass(
    request: SyncRequest = { kind: 'start' },
    settings: Partial<SyncSettings> = {},
  ): Promise<SyncOutcome> {
    const usual = { connection: 'default', entity: 'full', bounds: wide } as const;
    const onProgress = (progress: SyncProgress) => this.progress.push(progress);
    return syncPass(this.ports, { ...usual, onProgress, ...settings }, request);
  }

  /** What was told of entities since this was asked last: `update clients 1 @0900`. */
  heard(): string[] {
    const { published } = this;
    const entities = published
      .splice(0)
      .filter(({ detailType }) => detailType === 'Entity Changed');
    return entities.map(({ detail }) => {
      const { change, resource, id, updatedAt } = detail;
      return `${change} ${resource} ${id}${updatedAt === undefined ? '' : ` @${updatedAt}`}`;
    });
  }

  #answer(asked: Asked): ReadFailure | undefined {
    this.asked.push(asked);
    return this.says(asked);
  }

  #page(name: string, { since, until, page }: ChangePageQuery): PageRead {
    const given = this.pages.shift();
    if (given !== undefined) return given;
    const isAfter = (stamp: string) =>
      since === null || stamp > since.at || (since.inclusive && stamp === since.at);
    const all = (this.listed[name] ?? [])
      .filter(({ stamp }) => isAfter(stamp) && stamp <= until)
      .toSorted((a, b) => a.stamp.localeCompare(b.stamp) || Number(a.id) - Number(b.id));
    const shown = all.slice((page - 1) * 2, page * 2);
    return {
      kind: 'page',
      changes: shown.map(({ id, stamp, isNew = false }) => ({
        id,
        stamp,
        isNew,
        entity: { id, stamp },
      })),
      total: all.length,
      isLast: page * 2 >= all.length,
      quota: this.quota,
    };
  }
}

function stampOfSecond(second: number): string {
  return String(Math.max(0, Math.floor(second))).padStart(4, '0');
}

/** A fault that strikes once, at the first call that matches. */
export function once(call: string, error: Error): (call: string) => void {
  let isDue = true;
  return (made) => {
    if (!isDue || made !== call) return;
    isDue = false;
    throw error;
  };
}
