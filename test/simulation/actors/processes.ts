// Goal: programs as the real world starts, kills and hears of them.
// Method: each is one process over ports of its own, with the real core inside.

import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { NativeRotationFailed } from '../../../src/core/rotation/native.ts';
import type { RotationRequest } from '../../../src/core/rotation/pass.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { times } from '../histories/history.ts';
import type { Simulation } from '../simulation.ts';
import { portsOf, type SimulatedPorts } from '../world/rotator-ports.ts';
import type { Process } from '../world/scheduler.ts';

/** What becomes of a process; `undefined` if it dies or throws. */
export type Then<T> = (result: T | undefined) => void;

/** Whose process, from when, with which clock. */
export interface Start {
  readonly actor: number;
  readonly atMs: number;
  readonly skewMs: number;
}

/** One pass in a process of its own. */
export function startPass(
  simulation: Simulation,
  start: Start & { readonly name: string },
  request: RotationRequest,
  then: Then<Outcome> = () => {},
): void {
  startProcess(
    simulation,
    start,
    (ports, process) => {
      simulation.ledger.deeds.of(process).request = request;
      const remainingMs = () => process.killsAtMs - simulation.world.nowMs;
      const isKilled = Number.isFinite(process.killsAtMs);
      return rotate(ports, isKilled ? { ...request, remainingMs } : request);
    },
    then,
  );
}

/** A program in a process of its own. */
export function startProcess<T>(
  simulation: Simulation,
  start: Start & { readonly name: string },
  body: (ports: SimulatedPorts, process: Process) => Promise<T>,
  then: Then<T> = () => {},
): void {
  const { world, judge } = simulation;
  const lifeMs = world.history.host === 'lambda' ? times.lifeMs : Number.POSITIVE_INFINITY;
  const process = world.scheduler.spawn<T>({
    name: start.name,
    atMs: start.atMs,
    skewMs: start.skewMs,
    lifeMs,
    body: (self) => body(portsOf(simulation, self), self),
    onEnd: (self, result) => {
      judge.onEnd(self);
      simulation.note(self, result);
      then(result);
    },
    onThrow: (self, error) => {
      judge.onEnd(self);
      simulation.noteThrown(self, error);
      then(undefined);
    },
    onDeath: () => then(undefined),
  });
  world.assign(process, start.actor);
}

/** Errors that the core is allowed to end with. */
export function isExpected(error: unknown): boolean {
  return error instanceof StoreRefused || error instanceof NativeRotationFailed;
}
