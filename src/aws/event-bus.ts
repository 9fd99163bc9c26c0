import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import type { EventBus, FrescoEvent } from '../core/events/event.ts';
import { type BatchedCall, batchedCalls } from './batched-calls.ts';
import { bounded, call } from './failures.ts';

/** The bus of a stack. */
export interface EventBridge
  extends Pick<BatchedCall<unknown>, 'clock' | 'gather' | 'callsAtOnce'> {
  /** @default one of its own */
  readonly client?: EventBridgeClient;
  /** Name or ARN. */
  readonly bus: string;
}

/**
 * Puts events on the bus, ten or 256 KB at a time. Each entry's own result counts: those that failed are
 * put again twice, and what is then left is a refusal. Events before it may be out already.
 */
export function eventBridgeBus({
  client = new EventBridgeClient(bounded),
  bus,
  ...calls
}: EventBridge): EventBus {
  const put = batchedCalls<PutEventsRequestEntry>({
    ...calls,
    what: (count) => `put ${count} events on ${bus}`,
    itemsMax: 10,
    bytesOf,
    send: async (entries) => {
      const { Entries: results = [] } = await call(`put events on ${bus}`, () =>
        client.send(new PutEventsCommand({ Entries: [...entries] })),
      );
      return entries.map((_, at) =>
        results[at]?.EventId === undefined ? (results[at]?.ErrorCode ?? 'no code') : undefined,
      );
    },
  });
  return { publish: (events) => put(events.map((event) => entryOf(event, bus))) };
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
