import { join } from 'node:path';
import { openFileStore } from '../../src/local/file-store.ts';
import { systemClock } from '../../src/local/system.ts';
import { journalStoreContract } from '../contract/journal-store.ts';
import { pendingSecretContract, versionedSecretContract } from '../contract/versioned-secret.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The same connection through two stores opened apart, as two processes would. */
async function openTwice() {
  const path = join(await temporaryFolder(), 'store');
  const open = () => openFileStore(path, { clock: systemClock, create: true });
  const stores = await Promise.all([open(), open()]);
  return stores.map((store) => store.connection('default'));
}

const openGrants = async () => (await openTwice()).map(({ grant }) => grant);

versionedSecretContract('the grant in a file store', openGrants);
pendingSecretContract('the grant in a file store', openGrants);
journalStoreContract('the journal in a file store', async () =>
  (await openTwice()).map(({ journal }) => journal),
);
