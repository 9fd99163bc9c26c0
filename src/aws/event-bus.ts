import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import type { EventBus, FrescoEvent } from '../core/events/event.ts';
import { type Clock, StoreRefused } from '../core/ports.ts';
import { call } from './failures.ts';

/** Quota of PutEvents for one call, and so for one entry too. */
const bytesMax = 262_144;
const entriesMax = 10;
const triesMax = 3;
const firstWaitMs = 100;

/** The bus of a stack. */
export interface EventBridge {
  readonly client: EventBridgeClient;
  /** Name or ARN. */
  readonly bus: string;
  readonly clock: Clock;
}

/**
 * Puts events on the bus, ten or 256 KB at a time. Each entry's own result counts: those that failed are
 * put again twice, and what is then left is a refusal. Events before it may be out already.
 */
export function eventBridgeBus(to: EventBridge): EventBus {
  return {
    publish: async (events) => {
      for (const batch of batches(events.map((event) => entryOf(event, to.bus)))) {
        await putAll(to, batch);
      }
    },
  };
}

function entryOf({ detailType, detail }: FrescoEvent, bus: string): PutEventsRequestEntry {
  return {
    EventBusName: bus,
    Source: 'fresco',
    DetailType: detailType,
    Detail: JSON.stringify(detail),
  };
}

/** As AWS counts: source, detail type and detail in UTF-8; no time, no resources. */
function bytesOf({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number {
  return Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
}

function batches(entries: readonly PutEventsRequestEntry[]): PutEventsRequestEntry[][] {
  const made: PutEventsRequestEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const bytes = bytesOf(entry);
    const batch = made.at(-1);
    if (batch === undefined || batch.length === entriesMax || bytes > room) {
      made.push([entry]);
      room = bytesMax - bytes;
    } else {
      batch.push(entry);
      room -= bytes;
    }
  }
  return made;
}

async function putAll(to: EventBridge, batch: PutEventsRequestEntry[]): Promise<void> {
  let left = batch;
  let failures: PutEventsResultEntry[] = [];
  for (let tries = 0; tries < triesMax && left.length > 0; tries += 1) {
    if (tries > 0) await to.clock.wait(firstWaitMs * 4 ** (tries - 1));
    const entries = left;
    const { Entries: results = [] } = await call(`put events on ${to.bus}`, () =>
      to.client.send(new PutEventsCommand({ Entries: entries })),
    );
    left = entries.filter((_, at) => results[at]?.EventId === undefined);
    failures = results.filter((result) => result.EventId === undefined);
  }
  if (left.length > 0) throw refused(left.length, failures, to.bus);
}

function refused(count: number, failures: PutEventsResultEntry[], bus: string): StoreRefused {
  const codes = [...new Set(failures.map(({ ErrorCode }) => ErrorCode ?? 'no code'))].sort();
  const throttled = codes.length > 0 && codes.every((code) => /Throttl/.test(code));
  return new StoreRefused(
    throttled ? 'throttled' : 'unavailable',
    `could not put ${count} events on ${bus} (${codes.join(', ')}); they are put again later`,
  );
}
