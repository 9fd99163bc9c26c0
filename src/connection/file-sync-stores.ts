import type { SyncPorts } from '../core/sync/ports.ts';
import { systemClock } from '../local/clock.ts';
import type { FileStore } from '../local/file-store/file-store.ts';
import { quotaPauses } from '../local/quota-pauses.ts';
import { publishedStatesFiles, syncFile } from '../local/sync-store.ts';

/** Where a sync keeps its records in a file store. */
export function fileSyncStores(
  store: FileStore,
  connection: string,
): Pick<SyncPorts, 'store' | 'published' | 'pauses'> {
  return {
    store: syncFile(store, connection),
    published: publishedStatesFiles(store, { connection, nowMs: systemClock.nowMs }),
    pauses: quotaPauses(store),
  };
}
