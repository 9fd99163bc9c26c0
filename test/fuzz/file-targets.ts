import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { StoreRefused } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemRandom } from '../../src/local/clock.ts';
import { expectedSubscriptions } from '../../src/local/expected-subscriptions.ts';
import { type FileStore, openFileStore } from '../../src/local/file-store/file-store.ts';
import { localQueue, queueFormat } from '../../src/local/queue.ts';
import { quotaPauses } from '../../src/local/quota-pauses.ts';
import { seenEvents } from '../../src/local/seen-events.ts';
import { syncFile } from '../../src/local/sync-store.ts';
import { hostileJson, type Json } from './hostile.ts';
import * as sample from './samples.ts';
import { type Ending, type Target, target } from './target.ts';

const clock = { nowMs: () => 5_000, monotonicMs: () => 0, wait: async () => undefined };

const secretFile: Json = {
  v: 1,
  labels: { AWSCURRENT: 'v1', next: 'v2' },
  versions: [
    { versionId: 'v1', value: 'r/0001invented' },
    { versionId: 'v2', value: 'r/0002invented' },
  ],
};

interface Case {
  readonly file: string;
  readonly sample: Json;
  /** A read, and a change of what is stored. */
  readonly work: (store: FileStore) => readonly [() => Promise<unknown>, () => Promise<unknown>];
}

const cases: readonly Case[] = [
  {
    file: 'connections/default/grant.json',
    sample: secretFile,
    work: (store) => {
      const { grant } = store.connection('default');
      return [() => grant.current(), () => grant.put('v3', new Secret('r/0003invented'))];
    },
  },
  {
    file: 'connections/default/journal.json',
    sample: { v: 1, revision: 3, journal: sample.journalJson },
    work: (store) => {
      const { journal } = store.connection('default');
      return [() => journal.read(), () => journal.write(sample.journal, 3)];
    },
  },
  {
    file: 'queue.json',
    sample: {
      v: 1,
      messages: [
        { messageId: 'm', body: 'x', sentAtMs: 1, visibleAtMs: 1, receiveCount: 0, receipt: '' },
      ],
      deadLetters: [],
    },
    work: (store) => {
      const options = { clock, random: systemRandom, visibilityTimeoutMs: 1, maxReceiveCount: 2 };
      const queue = localQueue(store.record('queue', queueFormat), options);
      return [() => queue.depth(), () => queue.receive()];
    },
  },
  {
    file: 'quota-pauses.json',
    sample: { v: 1, untilMs: { 1: 5 } },
    work: (store) => {
      const pauses = quotaPauses(store);
      return [() => pauses.untilMs(1), () => pauses.raise(1, 9_000_000)];
    },
  },
  {
    // By the hash of the key 'k'.
    file: 'seen-825.json',
    sample: { v: 1, events: { k: { state: 'claimed', untilMs: 1, settled: [1, 'x'] } } },
    work: (store) => {
      const seen = seenEvents(store);
      return [() => seen.confirm('k', 99), () => seen.claim('k', 5_000, 6_000)];
    },
  },
  {
    file: 'sync-default.json',
    sample: { v: 1, entries: { sync: { text: JSON.stringify(sample.syncJson), revision: 1 } } },
    work: (store) => {
      const sync = syncFile(store, 'default');
      return [() => sync.read('sync'), () => sync.write('sync', 'x', 1)];
    },
  },
  {
    file: 'subscriptions-default.json',
    sample: {
      v: 1,
      subscriptions: [{ id: 'SUB230', companyId: 1, sink: 'https://x', types: ['t'] }],
    },
    work: (store) => {
      const expected = expectedSubscriptions(store, 'default');
      return [() => expected.list(), () => expected.change(() => [])];
    },
  },
  {
    file: 'store.json',
    sample: { v: 1, store: 'fresco' },
    work: (store) => [
      () => openFileStore(store.path, { clock }),
      () => openFileStore(store.path, { clock, create: true }),
    ],
  },
];

/** Store files, in a folder of the caller's that the inputs of one target use one after the other. */
export function fileTargets(folder: string): readonly Target[] {
  return cases.map((it, at) =>
    target(`store files: ${it.file}`, {
      // Each input is some files and their way to the disk.
      share: 0.1,
      input: fc.record({ text: hostileJson(it.sample), isChange: fc.boolean() }),
      feed: ({ text, isChange }) => fedFile(join(folder, String(at)), it, text, isChange),
    }),
  );
}

async function fedFile(
  folder: string,
  { file, work }: Case,
  text: string,
  isChange: boolean,
): Promise<Ending> {
  await rm(folder, { recursive: true, force: true });
  const store = await openFileStore(folder, { clock, create: true });
  await mkdir(join(folder, 'connections/default'), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, file), text, { mode: 0o600 });
  const before = await readFile(join(folder, file));
  const [read, change] = work(store);
  try {
    await (isChange ? change : read)();
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    await mustBeUntouched(folder, file, before);
    return 'refused';
  }
  // What was written can be read, or it would be the damage.
  await read();
  await mustBeTidy(folder, file);
  return 'taken';
}

async function mustBeUntouched(folder: string, file: string, before: Buffer): Promise<void> {
  const after = await readFile(join(folder, file));
  if (!after.equals(before)) throw new Error('what was refused was written over');
  await mustBeTidy(folder, file);
}

async function mustBeTidy(folder: string, file: string): Promise<void> {
  const names = await readdir(join(folder, file, '..'));
  const left = names.filter(
    (name) => !/^[a-z0-9-]+\.(json|lock)$|^connections$|^default$/.test(name),
  );
  if (left.length > 0) throw new Error(`it leaves ${left.join(', ')}`);
}
