import { expect, it } from 'vitest';
import { systemClock } from '../../src/local/clock.ts';
import { openFileStore } from '../../src/local/file-store/file-store.ts';
import { publishedStatesFiles, syncFile } from '../../src/local/sync-store.ts';
import { syncStoreContract, toldEntitiesContract } from '../contract/sync-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function twoStores() {
  const path = `${await temporaryFolder()}/store`;
  const open = () => openFileStore(path, { clock: systemClock, create: true });
  return [await open(), await open()] as const;
}

syncStoreContract('a file store', async () => {
  const [one, two] = await twoStores();
  return [syncFile(one, 'default'), syncFile(two, 'default')];
});

toldEntitiesContract('a file store', async () => {
  const [one, two] = await twoStores();
  const options = { connection: 'default', nowMs: () => 0 };
  return [publishedStatesFiles(one, options), publishedStatesFiles(two, options)];
});

it('what was told is forgotten after 30 days', async () => {
  const [store] = await twoStores();
  let nowMs = 0;
  const told = publishedStatesFiles(store, { connection: 'default', nowMs: () => nowMs });
  await told.note(1, 'clients', 7, { kind: 'deleted' });
  nowMs = 30 * 86_400_000 - 1;
  expect((await told.read(1, 'clients', [7])).size).toBe(1);
  nowMs += 1;
  expect((await told.read(1, 'clients', [7])).size).toBe(0);
});
