import * as v from 'valibot';
import type { EntityId } from '../core/changes/notification.ts';
import type { Claim, SeenEvents } from '../core/changes/notification-ports.ts';
import type { FileStore } from './file-store.ts';
import { hashedFiles } from './hashed-files.ts';
import type { Change, RecordFormat } from './record-file.ts';
import { instantMs, shaped } from './stored-shape.ts';

interface SeenEvent {
  readonly state: 'claimed' | 'published';
  /** End of the claim. */
  readonly untilMs: number;
  readonly settled: readonly EntityId[];
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
    }),
  ),
});

const format: RecordFormat<SeenByKey> = {
  name: 'events seen',
  encode: (events) => ({ events }),
  decode: (record) => shaped(record, schema).events,
};

/** Events seen, in files by the hash of their key; kept for 30 days. */
export function seenEvents(store: FileStore): SeenEvents {
  const fileOf = hashedFiles(store, 'seen', format);
  const change = (key: string, untilMs: number, to: (event: SeenEvent) => SeenEvent) =>
    fileOf(key).update((stored = {}) => {
      const event = stored[key];
      const isOurs = event?.state === 'claimed' && event.untilMs === untilMs;
      return { answer: undefined, ...(isOurs && { next: { ...stored, [key]: to(event) } }) };
    });
  return {
    claim: (key, nowMs, untilMs) =>
      fileOf(key).update((stored = {}): Change<SeenByKey, Claim> => {
        const claim = claimOf(stored[key], nowMs);
        if (claim.kind !== 'claimed') return { answer: claim };
        const event: SeenEvent = { state: 'claimed', untilMs, settled: claim.settled };
        return { answer: claim, next: { ...recent(stored, nowMs), [key]: event } };
      }),
    confirm: (key, untilMs) => change(key, untilMs, (event) => ({ ...event, state: 'published' })),
    release: (key, untilMs, settled) =>
      change(key, untilMs, () => ({ state: 'claimed', untilMs: 0, settled })),
  };
}

function claimOf(event: SeenEvent | undefined, nowMs: number): Claim {
  if (event === undefined) return { kind: 'claimed', settled: [] };
  if (event.state === 'published') return { kind: 'published' };
  if (event.untilMs > nowMs) return { kind: 'held', untilMs: event.untilMs };
  return { kind: 'claimed', settled: event.settled };
}

function recent(events: SeenByKey, nowMs: number): SeenByKey {
  return Object.fromEntries(
    Object.entries(events).filter(([, { untilMs }]) => untilMs === 0 || untilMs > nowMs - keptMs),
  );
}
