import type { SyncCounts } from '../events/event.ts';
import { StoreRefused } from '../ports.ts';
import { field, parseRecord } from '../records/record.ts';
import { Secret } from '../secret.ts';
import type { Stamp, SyncStore } from './ports.ts';

/** A list or bin that was not read, and why. */
export interface LeftOut {
  readonly list: string;
  readonly why: string;
}

/** A sync from its start to its completion, over as many passes as it takes. */
export interface SyncRecord {
  readonly id: string;
  readonly startedAtMs: number;
  /** It is complete when everything up to this is published. */
  readonly until: Stamp;
  /** Everything from here on is published again; `null`: only what is new. */
  readonly since: Stamp | null;
  /** Keys of the lists and bins that need no more work. */
  readonly done: readonly string[];
  /** How often each list or bin has failed, and passes as a whole. */
  readonly failures: Readonly<Record<string, number>>;
  /** What the token has no permission for. */
  readonly skipped: readonly LeftOut[];
  /** What should have been read and could not be. */
  readonly unread: readonly LeftOut[];
  readonly counts: SyncCounts;
  /** Entities told, by resource. */
  readonly resources: Readonly<Record<string, number>>;
  /** It has ended: no pass goes on with it. */
  readonly isComplete: boolean;
}

const noCounts: SyncCounts = { requests: 0, pages: 0, changed: 0, deleted: 0, alreadyTold: 0 };

/** A sync that begins. */
export function newRecord(
  begun: Pick<SyncRecord, 'id' | 'startedAtMs' | 'until' | 'since'>,
): SyncRecord {
  const nothing = { done: [], failures: {}, skipped: [], unread: [], resources: {} };
  return { ...begun, ...nothing, counts: noCounts, isComplete: false };
}

/** A record with more counted. */
export function counted(record: SyncRecord, more: Partial<SyncCounts>): SyncRecord {
  const counts = Object.fromEntries(
    (Object.keys(noCounts) as (keyof SyncCounts)[]).map((key) => [
      key,
      record.counts[key] + (more[key] ?? 0),
    ]),
  ) as unknown as SyncCounts;
  return { ...record, counts };
}

const recordKey = 'sync';

/** The record of a sync as one pass has it in hand; saved when a list or bin ends and when the pass does. */
export class SyncSession {
  readonly #store: SyncStore;
  #revision: number;
  #record: SyncRecord;
  #unanswered: string | undefined;

  private constructor(store: SyncStore, record: SyncRecord, revision: number) {
    this.#store = store;
    this.#record = record;
    this.#revision = revision;
  }

  /** The record that is stored, or a new one in its place; rejects with `StoreRefused`. */
  static async open(
    store: SyncStore,
    choose: (stored: SyncRecord | undefined) => SyncRecord | undefined,
  ): Promise<SyncSession | undefined> {
    const { text, revision } = await store.read(recordKey);
    const record = choose(text === undefined ? undefined : decodeRecord(text));
    return record && new SyncSession(store, record, revision);
  }

  get record(): SyncRecord {
    return this.#record;
  }

  amend(change: (record: SyncRecord) => SyncRecord): void {
    this.#record = change(this.#record);
  }

  /** `conflict`: another pass is at work, this one has to end. */
  async save(): Promise<'written' | 'conflict'> {
    const text = JSON.stringify({ v: 1, ...this.#record });
    const before = this.#unanswered;
    this.#unanswered = text;
    let answer = await this.#store.write(recordKey, text, this.#revision);
    if (answer === 'conflict' && before !== undefined) {
      // The write before was not answered, and may have been carried out.
      const stored = await this.#store.read(recordKey);
      if (stored.text !== before) return 'conflict';
      this.#revision = stored.revision;
      answer = await this.#store.write(recordKey, text, this.#revision);
    }
    this.#unanswered = undefined;
    this.#revision += 1;
    return answer;
  }
}

function decodeRecord(text: string): SyncRecord {
  const stored = parseRecord(new Secret(text), 'record of a sync');
  field.text(stored, 'id');
  field.text(stored, 'until');
  field.count(stored, 'startedAtMs');
  const { v: _, ...record } = stored.fields;
  const { done, failures, skipped, unread = [], counts, resources } = record;
  const parts = [failures, counts, resources];
  const lists = [done, skipped, unread];
  if (lists.every(Array.isArray) && parts.every((it) => Object(it) === it)) {
    return { ...record, unread } as unknown as SyncRecord;
  }
  throw new StoreRefused('damaged', 'the record of a sync cannot be read');
}
