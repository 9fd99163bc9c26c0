import { StoreRefused } from '../../core/ports.ts';

/** What stat(2) says of a file or a folder. */
export interface Ownership {
  readonly uid: number;
  readonly mode: number;
}

/** The widest mode that is taken: others may do nothing (`600`, `700`), or read and not write (`644`, `755`). */
export type WidestMode = '600' | '700' | '644' | '755';

/** Throws `StoreRefused` ('denied') for what is another user's, or may be read or changed by others. */
export function refuseOthers(path: string, { uid, mode }: Ownership, widest: WidestMode): void {
  const own = process.geteuid?.();
  const isReadable = widest === '644' || widest === '755';
  // Root could change it anyway; what is secret is this user's alone all the same.
  if (own !== undefined && uid !== own && !(isReadable && uid === 0)) {
    throw new StoreRefused(
      'denied',
      `${path} belongs to another user (uid ${uid}, this one is ${own}): run as its owner, or remove it if you do not know it`,
    );
  }
  const strange = mode & ~Number.parseInt(widest, 8) & 0o077;
  if (strange === 0) return;
  const found = (mode & 0o777).toString(8);
  const then = isReadable
    ? 'look at what is in it'
    : 'if others have used this machine log in again';
  throw new StoreRefused(
    'denied',
    `${path} is open to other users (mode ${found}): run chmod ${widest} ${path}, and ${then}`,
  );
}
