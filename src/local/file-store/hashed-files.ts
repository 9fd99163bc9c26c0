import { createHash } from 'node:crypto';
import type { FileStore } from './file-store.ts';
import type { RecordFile, RecordFormat } from './record-file.ts';

/**
 * The file that a key belongs to, of 4,096 by its hash (`<name>-<hash>.json`). A change rewrites its whole file:
 * spread so far, a hundred thousand keys cost each change no more than a few kilobytes.
 */
export function hashedFiles<T>(
  store: FileStore,
  name: string,
  format: RecordFormat<T>,
): (key: string) => RecordFile<T> {
  const files = new Map<string, RecordFile<T>>();
  return (key) => {
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 3);
    const file = files.get(hash) ?? store.record(`${name}-${hash}`, format);
    files.set(hash, file);
    return file;
  };
}
