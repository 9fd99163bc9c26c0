import type { Connection, DamagedFile } from '../../connection/connection.ts';
import { rebuiltJournal } from '../../core/operations/rebuilt-journal.ts';
import { grantsAmong } from '../../core/operations/recover-by-hand.ts';
import { newVersionId } from '../../core/records/version-id.ts';
import { personNeeded } from '../failure.ts';

/** Tells of one file and what became of it. */
export type TellOfFile = (detail: string) => void;

/**
 * What a login stores again, or does without: every file that is damaged is put out of its way. The login may come
 * to nothing, so the journal is rebuilt: without it a token that is on its way would be sent again by itself.
 */
export async function clearForLogin(
  connection: Connection,
  tell: TellOfFile,
  isNeeded: (kind: DamagedFile['kind']) => boolean = () => true,
): Promise<void> {
  for (const file of (await connection.damagedFiles?.()) ?? []) {
    if (!isNeeded(file.kind)) continue;
    tell(`${file.detail}: kept as ${await file.setAside()}`);
    if (file.kind === 'journal') await rebuildJournal(connection);
  }
}

/** Rebuilds from the others what can be; rejects with `Failure` where only a login can. */
export async function mendFiles(connection: Connection, tell: TellOfFile): Promise<void> {
  const damaged = (await connection.damagedFiles?.()) ?? [];
  for (const [kind, next] of onlyByLogin) {
    const file = damaged.find((it) => it.kind === kind);
    if (file !== undefined)
      throw personNeeded`${file.detail}, and nothing else holds what was in it: ${next}`;
  }
  for (const file of damaged) {
    const path = await file.setAside();
    tell(`${file.detail}: ${becomesOf[file.kind]}; the damaged file is kept as ${path}`);
    if (file.kind === 'journal') await rebuildJournal(connection);
  }
}

/** What only a login can bring back, and how. */
const onlyByLogin = [
  ['grant', 'fresco login'],
  ['client', 'fresco login --application-only'],
] as const;

const becomesOf: Readonly<Record<DamagedFile['kind'], string>> = {
  grant: '',
  client: '',
  'access-token': 'it is published again from the grant',
  journal:
    'a new one is made from the grant. Nobody knows whether a refresh was under way, so the refresh token counts as sent',
  record: 'a new, empty one is made; fresco sync publishes what was missed',
};

async function rebuildJournal(connection: Connection): Promise<void> {
  const { byHand, clock, journal, random } = connection;
  const kept = await grantsAmong(byHand.ports(), await byHand.grantVersionIds());
  const rebuilt = rebuiltJournal(
    kept.map(({ grant }) => grant),
    { nowMs: clock.nowMs(), versionId: newVersionId(random) },
  );
  const { revision } = await journal.read();
  await journal.write(rebuilt, revision);
}
