import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/local/clock.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import type { RecordFormat } from '../../../src/local/file-store/record-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { diskError, watchedDisk } from '../watched-disk.ts';

const format: RecordFormat<readonly number[]> = {
  name: 'numbers',
  encode: (numbers) => ({ numbers }),
  decode: (record) => record.fields['numbers'] as readonly number[],
};

async function openRecord() {
  const calls: string[] = [];
  const disk = watchedDisk((call) => {
    calls.push(call);
    if (calls.includes('full') && call.startsWith('writeFile')) throw diskError('ENOSPC');
  });
  const path = join(await temporaryFolder(), 'store');
  const store = await openFileStore(path, { clock: systemClock, create: true, disk });
  const file = store.record('numbers', format);
  const add = (number: number) =>
    file.update((stored = []) => ({ answer: stored.length, next: [...stored, number] }));
  const writes = () => calls.filter((call) => call === 'rename temporary to numbers.json').length;
  return { calls, file, add, writes };
}

describe('changes that come at the same time', () => {
  it('are written together, in their order, and each has its own answer', async () => {
    const { file, add, writes } = await openRecord();
    const numbers = Array.from({ length: 200 }, (_, at) => at);
    expect(await Promise.all(numbers.map(add))).toEqual(numbers);
    expect(await file.read()).toEqual(numbers);
    expect(writes()).toBeLessThanOrEqual(3);
  });

  it('are not answered before they are on the disk', async () => {
    const { calls, file, add } = await openRecord();
    await add(1);
    calls.push('full');
    const ends = await Promise.allSettled([add(2), add(3)]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await file.read()).toEqual([1]);
    calls.length = 0;
    expect(await add(4)).toBe(1);
  });

  it('do not suffer from one that breaks its word', async () => {
    const { file, add } = await openRecord();
    const broken = file.update<number>(() => {
      throw new TypeError('invented');
    });
    const ends = await Promise.allSettled([add(1), broken, add(2)]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await file.read()).toEqual([1, 2]);
  });

  it('that change nothing write nothing', async () => {
    const { file, writes } = await openRecord();
    const look = () => file.update((stored) => ({ answer: stored }));
    expect(await Promise.all([look(), look()])).toEqual([undefined, undefined]);
    expect(writes()).toBe(0);
  });
});
