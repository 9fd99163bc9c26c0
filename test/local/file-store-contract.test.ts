import { join } from 'node:path';
import { admittedSenders } from '../../src/local/admitted-senders.ts';
import { systemClock } from '../../src/local/clock.ts';
import { consentStore } from '../../src/local/consent-store.ts';
import { expectedSubscriptions } from '../../src/local/expected-subscriptions.ts';
import { openFileStore } from '../../src/local/file-store/file-store.ts';
import { quotaPauses } from '../../src/local/quota-pauses.ts';
import { seenEvents } from '../../src/local/seen-events.ts';
import { senderStoreContract } from '../contract/admitted-senders.ts';
import { consentStoreContract } from '../contract/consent-store.ts';
import { expectedSubscriptionsContract } from '../contract/expected-subscriptions.ts';
import { journalStoreContract } from '../contract/journal-store.ts';
import { quotaPausesContract } from '../contract/quota-pauses.ts';
import { seenEventsContract } from '../contract/seen-events.ts';
import { pendingSecretContract, versionedSecretContract } from '../contract/versioned-secret.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The same store opened twice, as two processes would. */
async function openTwice() {
  const path = join(await temporaryFolder(), 'store');
  const open = () => openFileStore(path, { clock: systemClock, create: true });
  return Promise.all([open(), open()]);
}

const openConnections = async () => (await openTwice()).map((store) => store.connection('default'));
const openGrants = async () => (await openConnections()).map(({ grant }) => grant);

versionedSecretContract('the grant in a file store', openGrants);
pendingSecretContract('the grant in a file store', openGrants);
journalStoreContract('the journal in a file store', async () =>
  (await openConnections()).map(({ journal }) => journal),
);
seenEventsContract('a file store', async () => (await openTwice()).map(seenEvents));
quotaPausesContract('a file store', async () => (await openTwice()).map(quotaPauses));
senderStoreContract('a file store', async () =>
  (await openTwice()).map((store) => admittedSenders(store, 'default')),
);
expectedSubscriptionsContract('a file store', async () =>
  (await openTwice()).map((store) => expectedSubscriptions(store, 'default')),
);
consentStoreContract('a file store', async () =>
  (await openTwice()).map((store) => consentStore(store, 'default', systemClock)),
);
