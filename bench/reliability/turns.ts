import type { Seeded } from './seeded.ts';

/** One process of a contender. */
export interface Actor {
  readonly name: string;
  isDead: boolean;
  /** Steps left before it is killed; `undefined`: it lives. */
  stepsLeft: number | undefined;
}

interface Pending {
  readonly actor: Actor;
  readonly atMs: number;
  readonly proceed: () => void;
}

const stepMs = 20;

/**
 * Virtual time, and whose turn it is: each step of an actor, at a store or at the provider, waits until it is
 * chosen by the seed. A choice is made only when every actor waits, so real sockets decide nothing.
 */
export class Turns {
  nowMs: number;
  readonly #chance: Seeded;
  #pending: Pending[] = [];

  constructor(startMs: number, chance: Seeded) {
    this.nowMs = startMs;
    this.#chance = chance;
  }

  /** Waits for the actor's turn, and not before `delayMs` have passed; never ends for one that is dead. */
  async turn(actor: Actor, delayMs = 0): Promise<void> {
    await new Promise<void>((proceed) => {
      if (actor.isDead) return;
      this.#pending.push({ actor, atMs: this.nowMs + delayMs, proceed });
    });
  }

  /** Counts a step of an actor that is to be killed; true if this was its last. */
  dies(actor: Actor): boolean {
    if (actor.stepsLeft === undefined) return false;
    actor.isDead = actor.stepsLeft === 0;
    actor.stepsLeft -= 1;
    return actor.isDead;
  }

  /** Runs actors until each is done or dead. */
  async run(works: ReadonlyMap<Actor, () => Promise<void>>): Promise<void> {
    const living = new Set<Actor>(works.keys());
    const ended = [...works].map(([actor, work]) => work().finally(() => living.delete(actor)));
    const failures: unknown[] = [];
    for (const end of ended) end.catch((error) => failures.push(error));
    for (;;) {
      for (const actor of living) if (actor.isDead) living.delete(actor);
      if (failures.length > 0) throw failures[0];
      if (living.size === 0) break;
      if (this.#pending.filter(({ actor }) => !actor.isDead).length < living.size) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      this.#choose();
    }
    this.#pending = [];
  }

  #choose(): void {
    const open = this.#pending.filter(({ actor }) => !actor.isDead);
    const earliestMs = Math.min(...open.map(({ atMs }) => atMs));
    this.nowMs = Math.max(this.nowMs, earliestMs);
    const ready = open
      .filter(({ atMs }) => atMs <= this.nowMs)
      .toSorted((one, other) => (one.actor.name < other.actor.name ? -1 : 1));
    const chosen = ready[this.#chance.below(ready.length)];
    if (chosen === undefined) return;
    this.#pending = open.filter((pending) => pending !== chosen);
    this.nowMs += stepMs;
    chosen.proceed();
  }
}
