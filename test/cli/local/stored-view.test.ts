import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storedView } from '../../../src/cli/local/stored-view.ts';
import { emptyJournal } from '../../../src/core/journal/journal.ts';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { loggedOutMark } from '../../../src/core/records/logged-out.ts';
import { Secret } from '../../../src/core/secret.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import { grantOf, startMs } from '../../core/memory-connection.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';

it('what a logout or damage has left among the versions is passed over', async () => {
  const path = join(await temporaryFolder(), 'store');
  const store = await openFileStore(path, { clock: systemClock, create: true });
  const stored = store.connection('default');
  await stored.grant.put('damaged', new Secret('not json'));
  await stored.grant.put('marked', loggedOutMark('default', startMs));
  await stored.grant.promote('marked', 'damaged');
  await stored.grant.put('after', encodeGrant(grantOf(0, { grant: 2 })));
  await stored.grant.promote('after', 'marked');
  const view = await storedView({ stored, isDead: () => false }, emptyJournal);
  expect(view.grant).toEqual([
    { versionId: 'after', labels: ['AWSCURRENT', 'next'], grant: 2, generation: 1, attempt: 0 },
  ]);
});
