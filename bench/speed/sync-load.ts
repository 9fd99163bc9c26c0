// Goal: a sync asks for as many pages as there are, and needs the same memory for a thousand entities as for a million.
// Method: the sync of the stack over an API that makes each page when it is asked for, one process for each size.
import { type Measured, ratio, significant } from '../measured.ts';
import { apart } from './apart.ts';
import type { SyncLoad } from './sync-load-process.ts';

const sizes = [1_000, 10_000, 100_000, 1_000_000];

/** Row 7. */
export async function syncLoad(): Promise<Measured> {
  const loads: SyncLoad[] = [];
  for (const entities of sizes) {
    loads.push(await apart<SyncLoad>('sync-load-process.ts', entities, ['--expose-gc']));
  }
  const [least] = loads;
  if (least === undefined) throw new Error('nothing was measured');
  const most = Math.max(...loads.map(({ requests, needed }) => requests / needed));
  const growth = Math.max(...loads.map(({ aliveBytes }) => aliveBytes / least.aliveBytes));
  return {
    name: 'sync-load',
    title: 'A first sync: requests and memory',
    goal: 'at most 1.05 × the pages of 100; for 10⁶ entities at most 1.2 × the memory of 10³',
    isReached: most <= 1.05 && growth <= 1.2,
    summary: `${ratio(most)} the pages; ${ratio(growth)} the memory`,
    head: ['entities', 'requests', 'beside the pages', 'alive at most', 'beside 10³', 'resident'],
    rows: loads.map(({ entities, requests, needed, aliveBytes, residentBytes }) => [
      entities.toLocaleString('en-US'),
      requests.toLocaleString('en-US'),
      ratio(requests / needed),
      megabytes(aliveBytes),
      ratio(aliveBytes / least.aliveBytes),
      megabytes(residentBytes),
    ]),
    remark:
      'The pages: those of 100 in each of the 19 lists, one at least, and the two bins. Alive: the heap after collections during the sync, at its most; resident is what the process took, garbage that was not collected yet included.',
    plot: {
      unit: 'logarithmic',
      series: [
        {
          name: 'requests',
          points: loads.map(({ entities, requests }) => [significant(entities), requests]),
        },
        {
          name: 'MB alive',
          points: loads.map(({ entities, aliveBytes }) => [
            significant(entities),
            aliveBytes / 1_048_576,
          ]),
        },
      ],
    },
  };
}

function megabytes(bytes: number): string {
  return `${significant(bytes / 1_048_576)} MB`;
}
