// Goal: histories that hurt, drawn from a seed.
// Method: mostly the combinations in which things break: due tokens, few actors, a handful of faults early on.
import type { ReplayPolicy } from '../../../src/core/journal/replay-policy.ts';
import { dialectNames } from '../../../src/sandbox/oauth/dialects.ts';
import { type ProviderSettings, rotationModes } from '../world/provider.ts';
import type { PlannedFault } from './faults.ts';
import {
  type ActorKind,
  type ActorPlan,
  actorKinds,
  type Beginning,
  type History,
  type Host,
  programs,
  times,
} from './history.ts';
import { Prng } from './prng.ts';

const hourMs = 3_600_000;

/** The history of a seed. */
export function historyOf(seed: number): History {
  const chance = new Prng(seed, 1);
  const provider = { ...providerOf(chance), dialect: new Prng(seed, 9).pick(dialectNames) };
  const host = chance.isChance(0.75) ? 'lambda' : 'machine';
  const { actors, faults } = chance.isChance(0.15) ? lateHolder(chance) : crowd(chance, host);
  const isManual = new Prng(seed, 17).isChance(0.5);
  return {
    seed,
    host,
    provider,
    policy: policyOf(chance, provider),
    beginning: beginningOf(chance),
    sentBefore: chance.isChance(0.93) ? 0 : chance.pick([11, 12, 38, 39, 40]),
    ageMs: ageOf(chance, provider.accessTokenSeconds * 1000),
    actors: isManual ? actors.map(byManualToken) : actors,
    faults,
    order: chance.isChance(0.6) ? 'uniform' : 'sticky',
  };
}

function providerOf(chance: Prng): Omit<ProviderSettings, 'dialect'> {
  return {
    mode: chance.pick(rotationModes),
    graceSeconds: chance.pick([30, 600, 7200]),
    killsOldAccess: chance.isChance(0.3),
    omitsRefreshToken: chance.isChance(0.3),
    accessTokenSeconds: chance.pick([4, 6, 24]) * 3600,
  };
}

function policyOf(
  chance: Prng,
  { mode, graceSeconds }: Omit<ProviderSettings, 'dialect'>,
): ReplayPolicy {
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

/** Who acts, and what befalls them. */
type Cast = Pick<History, 'actors' | 'faults'>;

function crowd(chance: Prng, host: Host): Cast {
  const actors = actorsOf(chance, host);
  return { actors, faults: faultsOf(chance, actors.length) };
}

/** Who would log in puts in a manual token instead. */
function byManualToken(plan: ActorPlan): ActorPlan {
  return plan.kind === 'login' ? { ...plan, kind: 'manual' } : plan;
}

/** One stands still beyond its term and comes back just while others are at work. */
function lateHolder(chance: Prng): Cast {
  const call = chance.isChance(0.4) ? 9 : chance.below(22);
  const forMs = times.leaseTermMs + chance.between(1000, 20 * 60_000);
  const kind = chance.pick([
    'is paused and lives',
    'is answered late and lives',
    'is suspended',
  ] as const);
  const backAtMs = forMs + call * 150;
  const others = chance.pick([1, 1, 2]);
  const actors: ActorPlan[] = [{ kind: 'schedule', atMs: 0, skewMs: 0 }];
  for (let index = 0; index < others; index += 1) {
    const other = chance.isChance(0.6) ? 'schedule' : chance.pick(programs);
    actors.push({ kind: other, atMs: Math.max(0, backAtMs - chance.below(5000)), skewMs: 0 });
  }
  const extra = faultsOf(chance, actors.length).slice(0, chance.below(3));
  return { actors, faults: [...extra, { actor: 0, call, kind, forMs }] };
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
