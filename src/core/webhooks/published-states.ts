import { StoreRefused } from '../ports.ts';
import type { ChangeFeed, PublishedState, PublishedStates } from '../sync/ports.ts';
import type { Notification } from './notification.ts';
import type { ReadEntity } from './read-entities.ts';

/** The record of what was published, with the way to find an entity's stamp. */
export interface PublishedLog {
  readonly entities: Pick<PublishedStates, 'note' | 'doubt'>;
  readonly stampOf: ChangeFeed['stampOf'];
}

/** Notes what a notification has published; if the note is refused, a sync publishes it again. */
export async function notePublished(
  { entities, stampOf }: PublishedLog,
  { companyId, resource, change }: Notification,
  reads: readonly ReadEntity[],
): Promise<void> {
  const notes = reads.map(async ({ id, read }) => {
    const state = stateOf(read, stampOf);
    if (state !== undefined) await entities.note(companyId, resource, id, state);
  });
  // Where notification and API do not agree, the API is believed for now: the next sync asks once more.
  const other = change === 'delete' ? 'entity' : 'absent';
  const isDoubted = ({ read }: ReadEntity) => read?.kind === other;
  const doubted = reads.filter(isDoubted).map(({ id }) => id);
  if (doubted.length > 0) notes.push(entities.doubt(companyId, resource, doubted));
  for (const note of await Promise.allSettled(notes)) {
    if (note.status === 'rejected' && !(note.reason instanceof StoreRefused)) throw note.reason;
  }
}

function stateOf(
  read: ReadEntity['read'],
  stampOf: ChangeFeed['stampOf'],
): PublishedState | undefined {
  if (read?.kind === 'absent') return { kind: 'deleted' };
  if (read?.kind !== 'entity') return undefined;
  // A reference says that the entity exists, and nothing of its state.
  if (read.entity === undefined) return { kind: 'stamp', stamp: '' };
  const stamp = stampOf(read.entity);
  return stamp === undefined ? undefined : { kind: 'stamp', stamp };
}
