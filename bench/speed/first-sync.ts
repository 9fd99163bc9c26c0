import type { Clock } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import type { SyncPorts, SyncStore } from '../../src/core/sync/ports.ts';
import { syncPass } from '../../src/core/sync/sync.ts';
import { changeFeed, stampedLists } from '../../src/fatture-in-cloud/api/changes.ts';
import { apiClient } from '../../src/fatture-in-cloud/api/client.ts';
import { usualPace } from '../../src/fatture-in-cloud/api/sync-pass.ts';
import { systemRandom } from '../../src/local/clock.ts';
import { inventedToken } from '../../test/core/invented-token.ts';
import { pagedApi } from './paged-api.ts';

/** A whole first sync of so many entities over all lists, on a clock that never waits. */
export async function firstSync(entities: number, onRequest: () => void = () => {}) {
  const lists = stampedLists.length;
  const ofEach = Math.ceil(entities / lists);
  const api = pagedApi(ofEach, onRequest);
  let told = 0;
  const tokens = { obtain: async () => obtained, rejected: async () => obtained };
  const client = apiClient({ baseUrl: 'http://api.invalid', tokens, fetch: api.fetch, requestMs });
  const ports: SyncPorts = {
    clock: hurried(),
    random: systemRandom,
    feed: changeFeed(client),
    tokens,
    store: memoryStore(),
    published: {
      read: async () => new Map(),
      note: async () => undefined,
      doubted: async () => [],
      doubt: async () => undefined,
      settle: async () => undefined,
    },
    pauses: { untilMs: async () => undefined, raise: async () => undefined },
    bus: {
      publish: async (events) => {
        // As the bus does it: each becomes a text, and is gone.
        for (const { detail } of events) told += JSON.stringify(detail).length > 0 ? 1 : 0;
      },
    },
  };
  const bounds = { ...usualPace, endMs: Number.POSITIVE_INFINITY, waitMaxMs: 60_000 };
  const settings = { connection: 'default', entity: 'full', bounds } as const;
  const outcome = await syncPass(ports, settings, { kind: 'start' });
  if (outcome.kind !== 'completed' || outcome.detail.changed !== ofEach * lists) {
    throw new Error(`the sync of ${entities} entities ended ${outcome.kind}`);
  }
  const needed = lists * Math.max(1, Math.ceil(ofEach / 100)) + 2;
  return { entities: ofEach * lists, requests: api.requests(), needed, told };
}

// Node keeps the timer of each request until it ends. In truth requests are a second apart, and there are few.
const requestMs = 50;

const token = inventedToken({
  accessToken: new Secret('a/0001invented', 'http://api.invalid'),
  companies: [{ id: 108061, name: 'Studio Esempio' }],
});
const obtained = { kind: 'token', token } as const;

function hurried(): Clock {
  let waitedMs = 0;
  return {
    nowMs: () => Date.now() + waitedMs,
    monotonicMs: () => performance.now() + waitedMs,
    wait: async (ms) => {
      waitedMs += ms;
    },
  };
}

function memoryStore(): SyncStore {
  const kept = new Map<string, { readonly text: string; readonly revision: number }>();
  return {
    read: async (key) => kept.get(key) ?? { text: undefined, revision: 0 },
    write: async (key, text, revision) => {
      kept.set(key, { text, revision: revision + 1 });
      return 'written';
    },
  };
}
