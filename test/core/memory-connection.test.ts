// Goal: what the specifications of the core are played on is no kinder than the real thing.
import { journalStoreContract } from '../contract/journal-store.ts';
import { pendingSecretContract, versionedSecretContract } from '../contract/versioned-secret.ts';
import { MemoryJournal, MemorySecret } from './memory-connection.ts';

versionedSecretContract('the secret in memory', async () => [new MemorySecret()], {
  hasLimits: true,
});
pendingSecretContract('the secret in memory', async () => [new MemorySecret()]);
journalStoreContract('the journal in memory', async () => [new MemoryJournal()]);
