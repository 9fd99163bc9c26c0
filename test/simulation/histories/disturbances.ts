// Goal: what a fault does to one call, before it has its turn and when it has it.
// Method: delays, deaths and refusals here; what happens within a store or a server is the ports' own.
import { StoreRefused } from '../../../src/core/ports.ts';
import type { Process } from '../world/scheduler.ts';
import { type CallLabel, type FaultKind, faultMeant, type PlannedFault } from './faults.ts';
import { times } from './history.ts';
import type { Prng } from './prng.ts';

/** A fault of a call, and how long it makes it stand still. */
export interface Strike {
  readonly kind: FaultKind;
  readonly forMs: number | undefined;
}

/** A fault with the time that passes before a call takes effect, and before it is answered. */
export interface Disturbance {
  readonly kind: FaultKind | undefined;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Nothing happens. */
export const calm: Disturbance = { kind: undefined, beforeMs: 0, afterMs: 0 };

/** A port call of an actor, and when it was made. */
export interface MadeCall {
  readonly label: CallLabel;
  readonly atMs: number;
}

/** The faults that a history plans, handed out call by call. */
export class Plan {
  readonly #byIndex: Map<number, PlannedFault>[] = [];
  readonly #byLabel: Map<CallLabel, PlannedFault>[] = [];
  /** The calls of each actor so far, over all its processes, in their order. */
  readonly calls: MadeCall[][] = [];

  constructor(faults: readonly PlannedFault[]) {
    for (const fault of faults) {
      if (typeof fault.call === 'number') entry(this.#byIndex, fault.actor).set(fault.call, fault);
      else entry(this.#byLabel, fault.actor).set(fault.call, fault);
    }
  }

  /** The fault of an actor's next call, if there is one that can happen at it. */
  next(actor: number, label: CallLabel, atMs: number): Strike | undefined {
    if (actor < 0) return undefined;
    this.calls[actor] ??= [];
    const index = this.calls[actor].push({ label, atMs }) - 1;
    const planned = this.#byIndex[actor]?.get(index) ?? this.#atLabel(actor, label);
    const kind = planned && faultMeant(planned.kind, label);
    return kind && { kind, forMs: planned.forMs };
  }

  #atLabel(actor: number, label: CallLabel): PlannedFault | undefined {
    const planned = this.#byLabel[actor]?.get(label);
    if (planned !== undefined) this.#byLabel[actor]?.delete(label);
    return planned;
  }
}

function entry<K>(lists: Map<K, PlannedFault>[], actor: number): Map<K, PlannedFault> {
  const known = lists[actor];
  if (known !== undefined) return known;
  const fresh = new Map<K, PlannedFault>();
  lists[actor] = fresh;
  return fresh;
}

/** What a fault does to a call of this process. */
export function disturbanceOf(process: Process, strike: Strike, chance: Prng): Disturbance {
  const { kind } = strike;
  const slowMs = chance.between(1500, 9000);
  const pauseMs = strike.forMs ?? times.leaseTermMs + chance.between(1000, 90 * 60_000);
  switch (kind) {
    case 'is slow':
      return { kind, beforeMs: slowMs, afterMs: 0 };
    case 'is answered slowly':
      return { kind, beforeMs: 0, afterMs: slowMs };
    case 'is paused and killed':
      process.killsAtMs = Math.min(process.killsAtMs, process.startsAtMs + times.lifeMs);
      return { kind, beforeMs: times.leaseTermMs * 2, afterMs: 0 };
    case 'is paused and lives':
      process.killsAtMs = Number.POSITIVE_INFINITY;
      return { kind, beforeMs: pauseMs, afterMs: 0 };
    case 'is suspended':
      process.killsAtMs = Number.POSITIVE_INFINITY;
      process.lagMs += pauseMs;
      return { kind, beforeMs: pauseMs, afterMs: 0 };
    case 'is answered late and lives':
      process.killsAtMs = Number.POSITIVE_INFINITY;
      return { kind, beforeMs: 0, afterMs: pauseMs };
    default:
      return { kind, beforeMs: 0, afterMs: 0 };
  }
}

/** The refusal that a fault means. */
export function refusalOf(kind: FaultKind | undefined): StoreRefused | undefined {
  switch (kind) {
    case 'is refused':
    case 'is refused after effect':
      return new StoreRefused('unavailable', 'the store did not answer');
    case 'is throttled':
      return new StoreRefused('throttled', 'the store throttles');
    case 'is denied':
      return new StoreRefused('denied', 'the store denies access');
    default:
      return undefined;
  }
}
