import {
  type ConsentStart,
  type ConsentStore,
  slotOf,
  type Ticket,
} from '../../src/core/consent/ports.ts';
import {
  decodeStart,
  decodeTicket,
  encodeStart,
  encodeTicket,
} from '../../src/core/consent/stored.ts';

type Kept = ConsentStart & { isTaken?: true };

/** Starts and tickets in memory, which a test may look at. */
export class ConsentModel {
  readonly starts = new Map<string, Kept>();
  readonly tickets = new Map<string, Ticket>();

  keepStart(start: ConsentStart, atMs: number): boolean {
    const slot = slotOf(start.stateHash);
    if ((this.starts.get(slot)?.expiresAtMs ?? 0) > atMs) return false;
    this.starts.set(slot, decodeStart(encodeStart(start)));
    return true;
  }

  start(stateHash: string): ConsentStart | undefined {
    const { isTaken: _, ...start } = this.#find(stateHash) ?? {};
    return 'stateHash' in start ? start : undefined;
  }

  takeStart(stateHash: string): boolean {
    const found = this.#find(stateHash);
    if (found === undefined || found.isTaken) return false;
    found.isTaken = true;
    return true;
  }

  keepTicket(hash: string, ticket: Ticket): void {
    this.tickets.set(hash, decodeTicket(encodeTicket(ticket)));
  }

  #find(stateHash: string): Kept | undefined {
    const found = this.starts.get(slotOf(stateHash));
    return found?.stateHash === stateHash ? found : undefined;
  }
}

/** The same as the store that the door asks. */
export function memoryConsents() {
  const model = new ConsentModel();
  const { starts, tickets } = model;
  const store: ConsentStore = {
    keepStart: async (...given) => model.keepStart(...given),
    start: async (hash) => model.start(hash),
    takeStart: async (hash) => model.takeStart(hash),
    keepTicket: async (...given) => model.keepTicket(...given),
    ticket: async (hash) => tickets.get(hash),
  };
  return { starts, tickets, store };
}
