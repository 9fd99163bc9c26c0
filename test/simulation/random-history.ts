// Goal: histories that hurt, drawn from a seed.
// Method: mostly the combinations in which things break: due tokens, few actors, a handful of faults early on.
import type { ReplayPolicy } from '../../src/core/replay-policy.ts';
import type { PlannedFault } from './faults.ts';
import {
  type ActorKind,
  type ActorPlan,
  actorKinds,
  type Beginning,
  type History,
  type Host,
} from './history.ts';
import { Prng } from './prng.ts';
import { type ProviderSettings, rotationModes } from './provider.ts';

const hourMs = 3_600_000;

/** The history of a seed. */
export function historyOf(seed: number): History {
  const chance = new Prng(seed, 1);
  const provider = providerOf(chance);
  const host = chance.isChance(0.75) ? 'lambda' : 'machine';
  const actors = actorsOf(chance, host);
  return {
    seed,
    host,
    provider,
    policy: policyOf(chance, provider),
    beginning: beginningOf(chance),
    sentBefore: chance.isChance(0.93) ? 0 : chance.pick([11, 12, 38, 39, 40]),
    ageMs: ageOf(chance, provider.accessTokenSeconds * 1000),
    actors,
    faults: faultsOf(chance, actors.length),
    order: chance.isChance(0.6) ? 'uniform' : 'sticky',
  };
}

function providerOf(chance: Prng): ProviderSettings {
  return {
    mode: chance.pick(rotationModes),
    graceSeconds: chance.pick([30, 600, 7200]),
    killsOldAccess: chance.isChance(0.3),
    omitsRefreshToken: chance.isChance(0.3),
    accessTokenSeconds: chance.pick([4, 6, 24]) * 3600,
  };
}

function policyOf(chance: Prng, { mode, graceSeconds }: ProviderSettings): ReplayPolicy {
  if (chance.isChance(0.1)) return { kind: 'reusable' };
  if (chance.isChance(0.4)) return { kind: chance.pick(['unknown', 'single-use'] as const) };
  switch (mode) {
    case 'same':
    case 'keep-old':
      return { kind: 'reusable' };
    case 'grace':
      return { kind: 'grace', seconds: graceSeconds };
    case 'single-use':
    case 'single-use-family':
    case 'family-forgiving':
      return { kind: 'single-use' };
  }
}

function beginningOf(chance: Prng): Beginning {
  const draw = chance.next();
  if (draw < 0.9) return 'connected';
  if (draw < 0.94) return 'empty';
  if (draw < 0.97) return 'adopted';
  return draw < 0.985 ? 'elsewhere' : 'unreadable';
}

/** Just due most often; near its end, beyond it, or fresh. */
function ageOf(chance: Prng, lifeMs: number): number {
  const draw = chance.next();
  if (draw < 0.6) return lifeMs / 2 + chance.below(hourMs);
  if (draw < 0.75) return lifeMs - chance.below(2 * hourMs);
  if (draw < 0.9) return lifeMs + chance.below(3 * hourMs);
  return chance.below(lifeMs / 2);
}

function actorsOf(chance: Prng, host: Host): ActorPlan[] {
  const count = chance.pick([1, 2, 2, 2, 3, 3, 4]);
  const actors: ActorPlan[] = [];
  for (let index = 0; index < count; index += 1) {
    const kind: ActorKind =
      index === 0 || chance.isChance(0.4) ? 'schedule' : chance.pick(actorKinds);
    // On one machine all processes have the same clock.
    const isOff = host === 'lambda' && chance.isChance(0.3);
    actors.push({
      kind,
      atMs: chance.isChance(0.8) ? chance.below(2000) : chance.below(4 * hourMs),
      skewMs: isOff ? chance.between(-29_000, 29_000) : 0,
    });
  }
  return actors;
}

function faultsOf(chance: Prng, actors: number): PlannedFault[] {
  const count = chance.pick([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 6, 8]);
  const faults: PlannedFault[] = [];
  for (let index = 0; index < count; index += 1) {
    const late = chance.isChance(0.85) ? chance.below(22) : chance.below(60);
    const call = chance.isChance(0.3) ? 'endpoint.refresh' : late;
    faults.push({ actor: chance.below(actors), call, kind: chance.next() });
  }
  return faults;
}
