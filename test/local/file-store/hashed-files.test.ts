import { expect, it } from 'vitest';
import type { FileStore } from '../../../src/local/file-store/file-store.ts';
import { hashedFiles } from '../../../src/local/file-store/hashed-files.ts';
import type { RecordFile } from '../../../src/local/file-store/record-file.ts';

/** Opens nothing and remembers the names that were asked for. */
function namesOnly() {
  const names: string[] = [];
  const record = <T>(name: string): RecordFile<T> => {
    names.push(name);
    return {} as RecordFile<T>;
  };
  return { names, store: { record } as unknown as FileStore };
}

const format = { name: 'any', encode: () => ({}), decode: () => undefined };

it('a hundred thousand keys are spread so far that no file holds more than 60', () => {
  const { store } = namesOnly();
  const fileOf = hashedFiles(store, 'seen', format);
  const keysIn = new Map<RecordFile<undefined>, number>();
  for (let at = 0; at < 100_000; at += 1) {
    const file = fileOf(`default/event-${at}`);
    keysIn.set(file, (keysIn.get(file) ?? 0) + 1);
  }
  expect(Math.max(...keysIn.values())).toBeLessThanOrEqual(60);
});

it('a key has the same file each time, and the file is opened once', () => {
  const { store, names } = namesOnly();
  const fileOf = hashedFiles(store, 'seen', format);
  expect(fileOf('k')).toBe(fileOf('k'));
  expect(names).toEqual(['seen-825']);
});
