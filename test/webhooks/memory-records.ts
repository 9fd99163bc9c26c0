import type { FileStore } from '../../src/local/file-store/file-store.ts';
import type { Change, RecordFile } from '../../src/local/file-store/record-file.ts';

/**
 * A file store whose records, queue and events seen among them, are in memory: tens of thousands of writes
 * that are replaced, synced and locked on a disk take half an hour. Its connections stay files.
 */
export function withMemoryRecords(store: FileStore): FileStore {
  return { ...store, record: memoryRecord };
}

/** Changes one after the other, as a locked file is changed. */
function memoryRecord<T>(): RecordFile<T> {
  let stored: T | undefined;
  const record = {
    read: async () => stored,
    update: async <R>(change: (before: T | undefined) => Change<T, R>): Promise<R> => {
      await Promise.resolve();
      const { answer, next } = change(stored);
      if (next !== undefined) stored = next;
      return answer;
    },
  };
  return record as unknown as RecordFile<T>;
}
