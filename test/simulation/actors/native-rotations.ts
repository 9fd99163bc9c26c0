// Goal: Secrets Manager's own rotation as AWS delivers it: four steps, again where one failed, now and then twice.
// Method: each delivery is a process; a step is over when all of its deliveries are, and one has succeeded.
import { type RotationStep, rotateNatively } from '../../../src/core/rotation/native.ts';
import type { Simulation } from '../simulation.ts';
import { type Start, startProcess, type Then } from './processes.ts';

const steps: readonly RotationStep[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const deliveriesMax = 5;

/** A rotation that Secrets Manager has started. */
export interface StartedRotation {
  readonly versionId: string;
  /** Each step is delivered twice at once. */
  readonly isTwice: boolean;
  /** The step that is delivered next; as many as there are: finished. */
  step: number;
}

/** Whether all four steps are done. */
export function isFinished({ step }: StartedRotation): boolean {
  return step >= steps.length;
}

/** Secrets Manager starts a rotation, unless another one is pending. */
export function startRotation(simulation: Simulation, start: Start, isTwice: boolean): void {
  const { world } = simulation;
  world.later(start.atMs - world.nowMs, () => {
    const versionId = `native-${start.actor}-0000-0000-0000-000000000000`;
    if (!world.secrets.grant.startRotation(versionId)) {
      simulation.count('native rotation refused');
      return;
    }
    const rotation = { versionId, isTwice, step: 0 };
    simulation.rotations.push(rotation);
    proceed(simulation, start, rotation, deliveriesMax);
  });
}

/** Delivers the step that is next, again where it failed, and then those after it. */
export function proceed(
  simulation: Simulation,
  start: Start,
  rotation: StartedRotation,
  tries: number,
): void {
  const { world } = simulation;
  const step = steps[rotation.step];
  if (step === undefined || tries === 0) return;
  deliver(simulation, start, rotation, step, (isDone) => {
    const isRepeated = !isDone || (!world.areFaultsOver && world.chance.isChance(0.15));
    if (!isRepeated) rotation.step += 1;
    world.later(world.chance.between(10, 20_000), () =>
      proceed(simulation, start, rotation, isRepeated ? tries - 1 : tries),
    );
  });
}

function deliver(
  simulation: Simulation,
  start: Start,
  { versionId, isTwice }: StartedRotation,
  step: RotationStep,
  then: (isDone: boolean) => void,
): void {
  const { world, ledger } = simulation;
  const deliveries = isTwice ? 2 : 1;
  let [ended, succeeded] = [0, 0];
  const onEnd: Then<string> = (result) => {
    ended += 1;
    if (result !== undefined) succeeded += 1;
    if (ended === deliveries) then(succeeded > 0);
  };
  for (let index = 0; index < deliveries; index += 1) {
    const delivery = { ...start, atMs: world.nowMs + index * world.chance.below(500), name: step };
    startProcess(
      simulation,
      delivery,
      async (ports, process) => {
        ledger.deeds.of(process).request = { trigger: 'native' };
        const remainingMs = () => process.killsAtMs - world.nowMs;
        await rotateNatively(ports, { step, versionId, remainingMs });
        return 'done';
      },
      onEnd,
    );
  }
}
