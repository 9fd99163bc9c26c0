import { Hono } from 'hono';
import type { EventBus, FrescoEvent } from '../../src/core/events/event.ts';
import { type Clock, StoreRefused } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import type { SyncBounds } from '../../src/core/sync/budget.ts';
import type {
  PublishedState,
  PublishedStates,
  SyncPorts,
  SyncStore,
} from '../../src/core/sync/ports.ts';
import { beginSync, type SyncOutcome, syncPass } from '../../src/core/sync/sync.ts';
import type { EntityId, QueuedNotification } from '../../src/core/webhooks/notification.ts';
import type { QuotaPauses, SeenEvents } from '../../src/core/webhooks/ports.ts';
import { processNotifications } from '../../src/core/webhooks/process.ts';
import { changeFeed, stampedLists } from '../../src/fatture-in-cloud/api/changes.ts';
import { apiClient } from '../../src/fatture-in-cloud/api/client.ts';
import { entityReader } from '../../src/fatture-in-cloud/api/entity-reader.ts';
import { type Scope, scopes } from '../../src/fatture-in-cloud/oauth/scopes.ts';
import { eventTypes } from '../../src/fatture-in-cloud/webhooks/event-types.ts';
import { api } from '../../src/sandbox/api/api.ts';
import { collectionRoutes } from '../../src/sandbox/api/collection-routes.ts';
import type { Kind } from '../../src/sandbox/api/collection-specs.ts';
import type { Entity } from '../../src/sandbox/api/collections.ts';
import type { Settings } from '../../src/sandbox/control/settings.ts';
import { seededRandom } from '../../src/sandbox/oauth/mint.ts';
import { createWorld } from '../../src/sandbox/world.ts';
import { memoryDoubts } from '../contract/sync-store.ts';
import { inventedToken } from '../core/invented-token.ts';
import { Prng } from '../simulation/histories/prng.ts';

export const company = 108061;
export const baseUrl = 'http://sandbox.invalid';

/** Thrown where a process is killed: nothing of ours may catch it. */
export class Killed extends Error {}

/** What may go wrong, each with a probability at every call. */
export interface Mishaps {
  readonly kill?: number;
  readonly apiFails?: number;
  readonly apiThrottles?: number;
  readonly storeRefuses?: number;
}

export interface SyncWorldOptions {
  readonly seed: number;
  readonly startAtMs: number;
  readonly entitiesOfEachKind?: number;
  readonly settings?: Partial<Settings>;
  /** What the token may. Absent: everything. */
  readonly scopes?: readonly Scope[];
}

export type SyncWorld = ReturnType<typeof syncWorld>;

/** The sandbox without sockets, a sync over stores in memory, and a consumer who rebuilds all from the bus. */
export function syncWorld(options: SyncWorldOptions) {
  const chance = new Prng(options.seed);
  const state = {
    nowMs: options.startAtMs,
    mishaps: {} as Mishaps,
    requests: 0,
    /** Of them, for one entity alone. */
    singleReads: 0,
    refusals: 0,
    /** Runs before each request is answered. */
    meanwhile: (): void => undefined,
  };
  const clock: Clock = {
    nowMs: () => state.nowMs,
    monotonicMs: () => state.nowMs,
    wait: async (ms) => {
      state.nowMs += Math.ceil(ms);
    },
  };
  const sandbox = createWorld({
    clock,
    random: seededRandom(options.seed),
    entitiesOfEachKind: options.entitiesOfEachKind ?? 3,
    ...(options.settings && { settings: options.settings }),
  });
  const consumer = rebuildingConsumer();
  const strike = (probability = 0) => probability > 0 && chance.isChance(probability);
  const step = () => {
    if (strike(state.mishaps.kill)) throw new Killed();
  };
  const mayRefuse = () => {
    step();
    if (strike(state.mishaps.storeRefuses)) throw new StoreRefused('throttled', 'too many calls');
  };
  const app = new Hono();
  app.route('/', api({ ...sandbox, companyCredential: () => 'invented', usage: () => 0 }));
  app.route('/', collectionRoutes(sandbox.collections));
  const send: typeof globalThis.fetch = async (url, init) => {
    step();
    state.nowMs += 150;
    if (strike(state.mishaps.apiFails)) throw new TypeError('fetch failed');
    if (strike(state.mishaps.apiThrottles)) {
      return new Response('{"error":{"message":"Too Many Attempts."}}', {
        status: 429,
        headers: { 'Retry-After': '7' },
      });
    }
    state.requests += 1;
    if (/\/\d+$/.test(new URL(String(url)).pathname)) state.singleReads += 1;
    state.meanwhile();
    const response = await app.fetch(new Request(url as string, init));
    if (response.status === 429 || response.status === 403) state.refusals += 1;
    step();
    return response;
  };
  const tokens = steadyTokens(sandbox, options.scopes ?? scopes);
  const client = apiClient({ baseUrl, tokens, fetch: send, requestMs: 10_000 });
  const feed = changeFeed(client);
  const told = memoryTold(mayRefuse);
  const pauses = memoryPauses();
  const bus: EventBus = {
    publish: async (events) => {
      mayRefuse();
      for (const event of events) consumer.take(event);
      step();
    },
  };
  const store = memoryStore(mayRefuse);
  const ports: SyncPorts = {
    clock,
    random: { bytes: (count) => chance.bytes(count) },
    tokens,
    feed,
    store,
    published: told,
    pauses,
    bus,
  };

  /** As the queue would bring it: what changed, told with the entity as it is then. */
  async function notify(kind: Kind, id: EntityId, change: 'create' | 'update' | 'delete') {
    const type = eventTypes.find((it) => it.resource === kind && it.change === change);
    if (type === undefined) throw new Error(`no event type for ${change} of ${kind}`);
    const notification: QueuedNotification = {
      id: `198:${state.nowMs}:${chance.below(1e9)}`,
      companyId: company,
      type: type.type,
      resource: kind,
      change,
      ids: [id],
      connection: 'default',
      part: 0,
    };
    const { mishaps } = state;
    state.mishaps = {};
    await processNotifications(
      {
        clock,
        tokens,
        reader: entityReader(client),
        pauses,
        seen: neverSeen,
        senders: { read: async () => undefined },
        subscriptions: { list: async () => [] },
        bus,
        published: { entities: told, stampOf: feed.stampOf },
      },
      { entity: 'full', claimMs: 60_000, readsMax: 1, deadlineAtMs: Number.POSITIVE_INFINITY },
      [{ notification, failures: 0 }],
    );
    state.mishaps = mishaps;
  }

  /** One night as AWS runs it: the schedule leaves word in the queue, which brings each message until its pass ends. */
  async function night(bounds: Partial<SyncBounds> & { passMs?: number } = {}) {
    // What changes in the very second is left to the next sync.
    state.nowMs += 3000;
    const passes: SyncOutcome[] = [];
    const queue: string[] = [];
    let kills = 0;
    const begin = () =>
      delivered(deliveries.schedule, async () => {
        const begun = await beginSync(ports);
        if (begun.kind === 'begun') queue.push(begun.id);
      });
    const pass = async (id: string) => {
      const endMs = state.nowMs + (bounds.passMs ?? 14 * 60_000);
      const settings = {
        connection: 'default',
        entity: 'full',
        bounds: { ...usualBounds, endMs, ...bounds },
      } as const;
      const outcome = await syncPass(ports, settings, { kind: 'resume', id });
      passes.push(outcome);
      if (outcome.kind !== 'paused' || outcome.resumeAtMs === null) return;
      state.nowMs = Math.max(state.nowMs, outcome.resumeAtMs);
      queue.push(outcome.id);
    };
    /** Calls until it ends, as often as AWS does; that the last one dies too is left to the runbook. */
    async function delivered({ times, againMs }: Deliveries, call: () => Promise<void>) {
      const { mishaps } = state;
      for (let left = times; left > 0; left -= 1) {
        if (left === 1) state.mishaps = { ...mishaps, kill: 0, storeRefuses: 0 };
        try {
          await call();
          break;
        } catch (error) {
          if (!(error instanceof Killed) && !(error instanceof StoreRefused)) throw error;
          kills += 1;
          state.nowMs += againMs;
          // The schedule calls at least once.
          if (chance.isChance(0.05)) await begin();
        }
      }
      state.mishaps = mishaps;
    }
    await begin();
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const own = id;
      await delivered(deliveries.queue, () => pass(own));
    }
    const outcome = passes.findLast(({ kind }) => kind !== 'superseded');
    return { outcome, passes, kills };
  }

  return {
    state,
    clock,
    chance,
    sandbox,
    consumer,
    ports,
    notify,
    night,
    stores: store.texts,
    truth: () => truthOf(sandbox),
  };
}

export const usualBounds: SyncBounds = {
  endMs: Number.POSITIVE_INFINITY,
  spacingMs: 1200,
  burst: 20,
  reserve: 0.1,
  waitMaxMs: 30_000,
};

interface Deliveries {
  readonly times: number;
  readonly againMs: number;
}

/** How often AWS calls a function that fails, as `infra/nightly/nightly.ts` has it. */
const deliveries = {
  schedule: { times: 3, againMs: 90_000 },
  queue: { times: 5, againMs: 90 * 60_000 },
} satisfies Readonly<Record<string, Deliveries>>;

/** Kinds that a sync reads. */
export const syncedKinds = [...new Set(stampedLists.map(({ resource }) => resource))];

function truthOf({ collections }: ReturnType<typeof createWorld>): Map<string, string> {
  return new Map(
    syncedKinds.flatMap((kind) =>
      collections
        .list(company, kind)
        .map((entity) => [`${kind}/${entity.id}`, JSON.stringify(entity)] as const),
    ),
  );
}

/** Takes what comes, in the order in which it comes. */
function rebuildingConsumer() {
  const entities = new Map<string, string>();
  const told = new Map<string, number>();
  const completed: Readonly<Record<string, unknown>>[] = [];
  let isForgetful = false;
  return {
    /** From now on only completions are kept, for very many entities. */
    forget: () => {
      isForgetful = true;
    },
    entities,
    /** How often each state of each entity was told. */
    told,
    completed,
    take({ detailType, detail }: FrescoEvent) {
      if (detailType === 'Sync Completed') completed.push(detail);
      if (detailType !== 'Entity Changed' || isForgetful) return;
      const key = `${detail['resource']}/${detail['id']}`;
      const entity = detail['entity'] as Entity | undefined;
      const stamp = String(entity?.['updated_at'] ?? 'deleted');
      told.set(`${key} ${stamp}`, (told.get(`${key} ${stamp}`) ?? 0) + 1);
      if (detail['change'] === 'delete') entities.delete(key);
      else entities.set(key, JSON.stringify(entity));
    },
  };
}

function steadyTokens(
  sandbox: ReturnType<typeof createWorld>,
  granted: readonly Scope[],
): SyncPorts['tokens'] {
  const consent = { clientId: sandbox.application.clientId, companyIds: [company] };
  const { access_token } = sandbox.grants.open({
    ...consent,
    scopes: granted,
    method: 'manual',
  });
  const token = inventedToken({
    accessToken: new Secret(access_token, baseUrl),
    companies: [{ id: company, name: 'Studio Esempio' }],
  });
  const obtained = { kind: 'token', token } as const;
  return { obtain: async () => obtained, rejected: async () => obtained };
}

export function memoryStore(before: () => void = () => undefined): SyncStore & {
  readonly texts: Map<string, { readonly text: string; readonly revision: number }>;
} {
  const texts = new Map<string, { readonly text: string; readonly revision: number }>();
  return {
    texts,
    read: async (key) => {
      before();
      return texts.get(key) ?? { text: undefined, revision: 0 };
    },
    write: async (key, text, revision) => {
      before();
      if ((texts.get(key)?.revision ?? 0) !== revision) return 'conflict';
      texts.set(key, { text, revision: revision + 1 });
      before();
      return 'written';
    },
  };
}

function memoryTold(before: () => void): PublishedStates {
  const states = new Map<string, PublishedState>();
  const keyOf = (companyId: number, resource: string, id: EntityId) =>
    `${companyId}/${resource}/${id}`;
  return {
    ...memoryDoubts(),
    read: async (companyId, resource, ids) => {
      before();
      const found = ids.flatMap((id) => {
        const told = states.get(keyOf(companyId, resource, id));
        return told === undefined ? [] : [[id, told] as const];
      });
      return new Map(found);
    },
    note: async (companyId, resource, id, told) => {
      before();
      states.set(keyOf(companyId, resource, id), told);
    },
  };
}

function memoryPauses(): QuotaPauses {
  const until = new Map<number, number>();
  return {
    untilMs: async (companyId) => until.get(companyId),
    raise: async (companyId, untilMs) => {
      until.set(companyId, Math.max(untilMs, until.get(companyId) ?? 0));
    },
  };
}

/** Every notification is the first of its kind here. */
const neverSeen: SeenEvents = {
  claim: async () => ({ kind: 'claimed', settled: [] }),
  confirm: async () => undefined,
  release: async () => undefined,
  countReads: async () => true,
};
