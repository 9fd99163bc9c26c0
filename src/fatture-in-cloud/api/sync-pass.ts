import type { SyncBounds } from '../../core/sync/budget.ts';
import type { SyncPorts } from '../../core/sync/ports.ts';
import type { PublishedLog } from '../../core/webhooks/published-states.ts';
import { changeFeed, stampOf } from './changes.ts';
import { apiClient } from './client.ts';

const requestMs = 20_000;

// A hundred whole documents may be long.
const bodyBytesMax = 32 * 1024 * 1024;

/** What the parts of a sync have in common, wherever it runs. */
export interface SyncParts extends Omit<SyncPorts, 'feed'> {
  readonly providerUrl: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** The ports of a sync over Fatture in Cloud. */
export function syncPorts({ providerUrl, fetch, ...parts }: SyncParts): SyncPorts {
  const api = apiClient({
    baseUrl: providerUrl,
    tokens: parts.tokens,
    fetch: fetch ?? globalThis.fetch,
    requestMs,
    bodyBytesMax,
  });
  return { ...parts, feed: changeFeed(api) };
}

/**
 * Of the 300 requests in five minutes that a company has for all its applications a sync takes 275 at most,
 * and of the hour's and the month's it leaves a tenth.
 */
export const usualPace: Pick<SyncBounds, 'spacingMs' | 'burst' | 'reserve'> = {
  spacingMs: 1200,
  burst: 25,
  reserve: 0.1,
};

/** What webhooks have to note for a sync. */
export function publishedLog(entities: PublishedLog['entities']): PublishedLog {
  return { entities, stampOf };
}
