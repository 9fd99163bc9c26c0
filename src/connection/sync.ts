import type { Rotator } from '../core/consumers/rotator.ts';
import { createTokenSource, type TokenSource } from '../core/consumers/token-source.ts';
import type { EventBus } from '../core/events/event.ts';
import type { Clock } from '../core/ports.ts';
import type { SyncProgress } from '../core/sync/company.ts';
import type { SyncPorts } from '../core/sync/ports.ts';
import { type SyncOutcome, type SyncRequest, syncPass } from '../core/sync/sync.ts';
import { syncPorts, usualPace } from '../fatture-in-cloud/api/sync-pass.ts';
import { systemClock, systemRandom } from '../local/clock.ts';
import type { Connection, OpenOptions } from './connection.ts';

/** A sync as a command runs it: in this process, for as long as it takes. */
export interface ConnectionSync {
  readonly clock: Clock;
  /** Where the events go, in words for people. */
  readonly place: string;
  /** Otherwise events go to the caller that opened the sync. */
  readonly hasBus: boolean;
  run(request: SyncRequest, wish: SyncWish): Promise<SyncOutcome>;
}

/** What is wanted of a sync. */
export interface SyncWish {
  readonly resources?: readonly string[];
  readonly onProgress: (progress: SyncProgress) => void;
}

/** How a sync is opened. */
export interface OpenSyncOptions extends Pick<OpenOptions, 'config'> {
  /** The connection that `config` names. */
  readonly connection: Connection;
  /** Where events go if there is no bus. */
  readonly bus: EventBus;
  /** Reads and tells nothing: neither events nor notes leave this process. */
  readonly isDry?: boolean;
}

/** Opens a sync of a connection; rejects with `StoreRefused`. */
export async function openSync(options: OpenSyncOptions): Promise<ConnectionSync> {
  const { config } = options;
  const { tokens, name, provider, accessToken } = options.connection;
  const isDry = options.isDry === true;
  const stores = config.store.startsWith('file:')
    ? await fileStores(config.store.slice('file:'.length), name, options.bus)
    : await awsStores(config.prefix, name);
  const ports = syncPorts({
    ...stores.ports,
    clock: systemClock,
    random: systemRandom,
    tokens: isDry ? storedTokens(accessToken) : tokens,
    providerUrl: provider.profile.baseUrl,
    fetch: provider.fetch,
  });
  const used = isDry ? withoutEffect(ports) : ports;
  return {
    clock: systemClock,
    place: stores.place,
    hasBus: stores.hasBus,
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

type Stores = Pick<SyncPorts, 'store' | 'published' | 'pauses' | 'bus'>;

async function fileStores(path: string, connection: string, bus: EventBus) {
  const { openFileStore } = await import('../local/file-store/file-store.ts');
  const { syncFile, publishedStatesFiles } = await import('../local/sync-store.ts');
  const { quotaPauses } = await import('../local/quota-pauses.ts');
  const store = await openFileStore(path, { clock: systemClock });
  const ports: Stores = {
    store: syncFile(store, connection),
    published: publishedStatesFiles(store, { connection, nowMs: systemClock.nowMs }),
    pauses: quotaPauses(store),
    bus,
  };
  return { ports, place: 'standard output', hasBus: false };
}

async function awsStores(prefix: string, connection: string) {
  const { readFacts } = await import('./aws.ts');
  const { awsSyncStores } = await import('./aws-sync-stores.ts');
  const facts = await readFacts(prefix, connection);
  const ports = awsSyncStores(facts, connection);
  return { ports, place: `the bus ${facts.bus}`, hasBus: true };
}

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
