import * as v from 'valibot';
import type { EntityId } from '../core/webhooks/notification.ts';
import type { Claim, SeenEvents } from '../core/webhooks/ports.ts';
import type { FileStore } from './file-store/file-store.ts';
import { hashedFiles } from './file-store/hashed-files.ts';
import type { Change, RecordFormat } from './file-store/record-file.ts';
import { count, instantMs, shaped } from './file-store/stored-shape.ts';

interface SeenEvent {
  readonly state: 'claimed' | 'published';
  /** End of the claim. */
  readonly untilMs: number;
  readonly settled: readonly EntityId[];
  readonly content?: string | undefined;
}

type SeenByKey = Readonly<Record<string, SeenEvent>>;

// Longer than the provider or the queue delivers an event again.
const keptMs = 30 * 86_400_000;

const schema: v.GenericSchema<unknown, { readonly events: SeenByKey }> = v.object({
  events: v.record(
    v.string(),
    v.object({
      state: v.picklist(['claimed', 'published']),
      untilMs: instantMs,
      settled: v.array(v.union([v.number(), v.string()])),
      content: v.optional(v.string()),
    }),
  ),
});

/** The JSON of events that were seen. */
export const seenFormat: RecordFormat<SeenByKey> = {
  name: 'events seen',
  encode: (events) => ({ events }),
  decode: (record) => shaped(record, schema).events,
};

interface CountedReads {
  readonly reads: number;
  readonly untilMs: number;
}

type CountsByKey = Readonly<Record<string, CountedReads>>;

const countsSchema: v.GenericSchema<unknown, { readonly counts: CountsByKey }> = v.object({
  counts: v.record(v.string(), v.object({ reads: count, untilMs: instantMs })),
});

/** The JSON of counted reads. */
export const countsFormat: RecordFormat<CountsByKey> = {
  name: 'reads counted',
  encode: (counts) => ({ counts }),
  decode: (record) => shaped(record, countsSchema).counts,
};

/** Events seen, in files by the hash of their key; kept for 30 days. */
export function seenEvents(store: FileStore): SeenEvents {
  const fileOf = hashedFiles(store, 'seen', seenFormat);
  const counts = store.record('reads-counted', countsFormat);
  return {
    claim: (key, nowMs, untilMs, content = '') =>
      fileOf(key).update((stored = {}): Change<SeenByKey, Claim> => {
        const claim = claimOf(stored[key], nowMs, content);
        if (claim.kind !== 'claimed') return { answer: claim };
        const event: SeenEvent = { state: 'claimed', untilMs, settled: claim.settled, content };
        return { answer: claim, next: { ...recent(stored, nowMs), [key]: event } };
      }),
    confirm: (key, untilMs, content) =>
      fileOf(key).update((stored = {}) => ({
        answer: undefined,
        next: { ...stored, [key]: { state: 'published', untilMs, settled: [], content } },
      })),
    release: (key, untilMs, settled) =>
      fileOf(key).update((stored = {}) => {
        const event = stored[key];
        if (event?.state !== 'claimed' || event.untilMs !== untilMs) return { answer: undefined };
        return { answer: undefined, next: { ...stored, [key]: { ...event, untilMs: 0, settled } } };
      }),
    countReads: (key, reads, max, untilMs) =>
      counts.update((stored = {}): Change<CountsByKey, boolean> => {
        const sum = (stored[key]?.reads ?? 0) + reads;
        if (sum > max) return { answer: false };
        // A key counts one hour: those of earlier ones are not asked for again.
        const kept = Object.entries(stored).filter(([, it]) => it.untilMs >= untilMs);
        return {
          answer: true,
          next: { ...Object.fromEntries(kept), [key]: { reads: sum, untilMs } },
        };
      }),
  };
}

function claimOf(event: SeenEvent | undefined, nowMs: number, content: string): Claim {
  if (event === undefined) return { kind: 'claimed', settled: [] };
  const { content: stored = '' } = event;
  if (stored !== '' && stored !== content) return { kind: 'differs' };
  if (event.state === 'published') return { kind: 'published' };
  if (event.untilMs > nowMs) return { kind: 'held', untilMs: event.untilMs };
  return { kind: 'claimed', settled: event.settled };
}

function recent(events: SeenByKey, nowMs: number): SeenByKey {
  return Object.fromEntries(
    Object.entries(events).filter(([, { untilMs }]) => untilMs === 0 || untilMs > nowMs - keptMs),
  );
}
