import type { Rotator } from '../core/consumers/rotator.ts';
import { createTokenSource, type TokenSource } from '../core/consumers/token-source.ts';
import type { EventBus } from '../core/events/event.ts';
import type { Clock } from '../core/ports.ts';
import type { SyncProgress } from '../core/sync/company.ts';
import type { SyncPorts } from '../core/sync/ports.ts';
import { type SyncOutcome, type SyncRequest, syncPass } from '../core/sync/sync.ts';
import { syncPorts, usualPace } from '../fatture-in-cloud/api/sync-pass.ts';
import { systemClock, systemRandom } from '../local/clock.ts';
import type { Connection, SyncStores } from './connection.ts';

/** A sync as a command runs it: in this process, for as long as it takes. */
export interface ConnectionSync extends Pick<SyncStores, 'place' | 'hasBus'> {
  readonly clock: Clock;
  run(request: SyncRequest, wish: SyncWish): Promise<SyncOutcome>;
}

/** What is wanted of a sync. */
export interface SyncWish {
  readonly resources?: readonly string[];
  readonly onProgress: (progress: SyncProgress) => void;
}

/** How a sync is opened. */
export interface OpenSyncOptions {
  readonly connection: Connection;
  /** Where events go if there is no bus. */
  readonly bus: EventBus;
  /** Reads and tells nothing: neither events nor notes leave this process. */
  readonly isDry: boolean;
}

/** Opens a sync of a connection; rejects with `StoreRefused`. */
export async function openSync(options: OpenSyncOptions): Promise<ConnectionSync> {
  const { connection, isDry } = options;
  const { tokens, name, provider, accessToken } = connection;
  const { place, hasBus, ...stores } = await connection.syncStores(options.bus);
  const ports = syncPorts({
    ...stores,
    clock: systemClock,
    random: systemRandom,
    tokens: isDry ? storedTokens(accessToken) : tokens,
    providerUrl: provider.profile.baseUrl,
    fetch: provider.fetch,
  });
  const used = isDry ? withoutEffect(ports) : ports;
  return {
    clock: systemClock,
    place,
    hasBus,
    run: (request, { resources, onProgress }) =>
      syncPass(
        used,
        {
          connection: name,
          entity: 'full',
          bounds: { ...usualPace, endMs: Number.POSITIVE_INFINITY, waitMaxMs: retryAfterMaxMs },
          onProgress,
          ...(resources === undefined ? {} : { resources }),
        },
        request,
      ),
  };
}

// The hour's quota, and a little more.
const retryAfterMaxMs = 65 * 60_000;

/** The token that is stored: a refresh would be written. */
function storedTokens(accessToken: Connection['accessToken']): TokenSource {
  const detail =
    'the stored access token has expired, and a dry run does not refresh: run fresco rotate, then try again';
  const rotator: Rotator = { ask: async () => ({ kind: 'person-needed', detail }) };
  return createTokenSource({ clock: systemClock, accessToken, rotator });
}

/** Notes stay in memory, so that the pass can run; events and published states go nowhere. */
function withoutEffect(ports: SyncPorts): SyncPorts {
  const written = new Map<string, { readonly text: string; readonly revision: number }>();
  const raised = new Map<number, number>();
  return {
    ...ports,
    pauses: {
      untilMs: async (companyId) => raised.get(companyId) ?? ports.pauses.untilMs(companyId),
      raise: async (companyId, untilMs) => void raised.set(companyId, untilMs),
    },
    bus: { publish: async () => undefined },
    published: {
      ...ports.published,
      note: async () => undefined,
      doubt: async () => undefined,
      settle: async () => undefined,
    },
    store: {
      read: async (key) => written.get(key) ?? ports.store.read(key),
      write: async (key, text, revision) => {
        written.set(key, { text, revision: revision + 1 });
        return 'written';
      },
    },
  };
}
