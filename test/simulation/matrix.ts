// Goal: every awaited step meets every fault, in every mode, under every policy, alone and beside another.
// Method: a history without faults tells its steps; then one history for each fault that each step can meet.
import type { ReplayPolicy } from '../../src/core/replay-policy.ts';
import { faultsAt } from './faults.ts';
import { type ActorKind, actorKinds, type History, type Host } from './history.ts';
import { type RotationMode, rotationModes } from './provider.ts';
import { simulate } from './simulation.ts';

/** One history of the matrix; its name finds it again. */
export interface MatrixCase {
  readonly name: string;
  readonly history: History;
}

/** Every policy; a grace of ten minutes is what the provider of the matrix keeps, where it has one. */
export const policies: readonly ReplayPolicy[] = [
  { kind: 'reusable' },
  { kind: 'grace', seconds: 600 },
  { kind: 'single-use' },
  { kind: 'unknown' },
];

const hosts: readonly Host[] = ['lambda', 'machine'];
const lifeMs = 24 * 3_600_000;

/** Who acts: the schedule alone, and with one of each kind beside it. */
export const casts: readonly (readonly ActorKind[])[] = [
  ['schedule'],
  ...actorKinds.map((kind) => ['schedule', kind] as const),
];

/** A history without faults, from which the cases with one fault are made. */
export function baseHistories(): MatrixCase[] {
  const bases: MatrixCase[] = [];
  for (const cast of casts) {
    for (const host of hosts) {
      for (const mode of rotationModes) {
        for (const policy of policies) bases.push(baseOf(cast, host, mode, policy));
      }
    }
  }
  return bases;
}

function baseOf(
  cast: readonly ActorKind[],
  host: Host,
  mode: RotationMode,
  policy: ReplayPolicy,
): MatrixCase {
  return {
    name: `${cast.join('+')} ${host} ${mode} ${policy.kind}`,
    history: {
      seed: 1,
      host,
      provider: {
        mode,
        graceSeconds: 600,
        killsOldAccess: false,
        omitsRefreshToken: false,
        accessTokenSeconds: lifeMs / 1000,
      },
      policy,
      beginning: 'connected',
      sentBefore: 0,
      ageMs: lifeMs / 2 + 60_000,
      actors: cast.map((kind, index) => ({ kind, atMs: index * 10, skewMs: 0 })),
      faults: [],
      order: 'uniform',
    },
  };
}

/** The cases of some bases, each step with each fault, and the base itself first. */
export async function* casesOf(bases: readonly MatrixCase[]): AsyncGenerator<MatrixCase> {
  for (const { name, history } of bases) {
    yield { name: `${name} calm`, history };
    const { calls } = await simulate(history);
    for (const [actor, labels] of calls.entries()) {
      for (const [call, label] of (labels ?? []).entries()) {
        for (const kind of faultsAt(label)) {
          const faults = [{ actor, call, kind }];
          yield { name: `${name} ${actor}.${call} ${kind}`, history: { ...history, faults } };
        }
      }
    }
  }
}

/** The history of a case's name. */
export async function caseNamed(name: string): Promise<History | undefined> {
  const bases = baseHistories().filter((base) => name.startsWith(`${base.name} `));
  for await (const one of casesOf(bases)) {
    if (one.name === name) return one.history;
  }
  return undefined;
}
