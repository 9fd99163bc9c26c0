import * as v from 'valibot';
import { type ConsentStore, slotOf } from '../core/consent/ports.ts';
import { decodeStart, decodeTicket, encodeStart, encodeTicket } from '../core/consent/stored.ts';
import type { Clock } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import type { FileStore } from './file-store/file-store.ts';
import type { Change, RecordFormat } from './file-store/record-file.ts';
import { instantMs, shaped, text } from './file-store/stored-shape.ts';

interface Kept {
  readonly value: string;
  readonly untilMs: number;
  readonly isTaken?: boolean | undefined;
}

interface Consents {
  /** By slot. */
  readonly starts: Readonly<Record<string, Kept>>;
  /** By hash. */
  readonly tickets: Readonly<Record<string, Kept>>;
}

const kept = v.record(
  v.string(),
  v.object({ value: text, untilMs: instantMs, isTaken: v.optional(v.boolean()) }),
);
const schema: v.GenericSchema<unknown, Consents> = v.object({ starts: kept, tickets: kept });

/** The JSON of one connection's starts and tickets. */
export const consentsFormat: RecordFormat<Consents> = {
  name: 'consents',
  encode: (consents) => ({ ...consents }),
  decode: (record) => shaped(record, schema),
};

/** Starts and tickets of one connection, in one file; what has expired goes with the next write. */
export function consentStore(
  store: FileStore,
  connection: string,
  clock: Pick<Clock, 'nowMs'>,
): ConsentStore {
  const file = store.record(`consents-${connection}`, consentsFormat);
  const update = <R>(change: (stored: Consents) => Change<Consents, R>) =>
    file.update<R>((stored) => change(living(stored, clock.nowMs())));
  const startIn = (stored: Consents | undefined, stateHash: string) => {
    const own = stored?.starts[slotOf(stateHash)];
    if (own === undefined) return undefined;
    const start = decodeStart(new Secret(own.value));
    return start.stateHash === stateHash ? { own, start } : undefined;
  };
  return {
    keepStart: (start, nowMs) =>
      update(({ starts, tickets }) => {
        const slot = slotOf(start.stateHash);
        if ((starts[slot]?.untilMs ?? 0) > nowMs) return { answer: false };
        const own = { value: encodeStart(start).reveal(), untilMs: start.expiresAtMs };
        return { answer: true, next: { starts: { ...starts, [slot]: own }, tickets } };
      }),
    start: async (stateHash) => startIn(await file.read(), stateHash)?.start,
    takeStart: (stateHash) =>
      update((stored) => {
        const found = startIn(stored, stateHash);
        if (found === undefined || found.own.isTaken === true) return { answer: false };
        const taken = { ...found.own, isTaken: true };
        const starts = { ...stored.starts, [slotOf(stateHash)]: taken };
        return { answer: true, next: { ...stored, starts } };
      }),
    keepTicket: (hash, ticket) =>
      update(({ starts, tickets }) => {
        const own = { value: encodeTicket(ticket).reveal(), untilMs: ticket.expiresAtMs };
        return { answer: undefined, next: { starts, tickets: { ...tickets, [hash]: own } } };
      }),
    ticket: async (hash) => {
      const found = (await file.read())?.tickets[hash];
      return found && decodeTicket(new Secret(found.value));
    },
  };
}

function living(stored: Consents = { starts: {}, tickets: {} }, nowMs: number): Consents {
  const still = (all: Readonly<Record<string, Kept>>) =>
    Object.fromEntries(Object.entries(all).filter(([, { untilMs }]) => untilMs > nowMs));
  return { starts: still(stored.starts), tickets: still(stored.tickets) };
}
