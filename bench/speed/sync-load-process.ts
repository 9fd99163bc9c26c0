// One size of a first sync, in a process whose memory nothing else uses.
import { firstSync } from './first-sync.ts';

/** What a process for one size tells. */
export interface SyncLoad {
  readonly entities: number;
  readonly requests: number;
  /** Requests that no sync can do without. */
  readonly needed: number;
  readonly aliveBytes: number;
  readonly residentBytes: number;
}

/** The most that is alive during a sync, seen every so many requests. */
async function load(entities: number): Promise<SyncLoad> {
  const everyRequests = Math.max(5, Math.round(entities / 100 / 40));
  let aliveBytes = 0;
  let seen = 0;
  const { told: _, ...counts } = await firstSync(entities, () => {
    seen += 1;
    if (seen % everyRequests !== 0) return;
    globalThis.gc?.();
    aliveBytes = Math.max(aliveBytes, process.memoryUsage().heapUsed);
  });
  const residentBytes = process.resourceUsage().maxRSS * 1024;
  return { ...counts, aliveBytes, residentBytes };
}

// What is loaded late is loaded before anything is measured.
await firstSync(1_000);
process.send?.(await load(Number(process.argv[2])));
