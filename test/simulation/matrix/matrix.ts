// Goal: every awaited step meets every fault, in every mode, under every policy, alone and beside another.
// Method: a history without faults tells its steps; then one history for each fault that each step can meet,
// alone, with a second actor of each kind that comes at that very step, and with one that is at each of its
// own steps when the first comes back from standing still.
import type { ReplayPolicy } from '../../../src/core/journal/replay-policy.ts';
import { turnMs } from '../histories/choosers.ts';
import type { MadeCall } from '../histories/disturbances.ts';
import { type FaultKind, faultsAt } from '../histories/faults.ts';
import {
  type ActorKind,
  actorKinds,
  type Beginning,
  beginningMs,
  type History,
  type Host,
  programs,
  times,
} from '../histories/history.ts';
import { simulate } from '../simulation.ts';
import { rotationModes } from '../world/provider.ts';

/** One history of the matrix; its name finds it again. */
export interface MatrixCase {
  readonly name: string;
  readonly history: History;
}

/** A history without faults, from which the cases with one fault are made. */
export interface Base extends MatrixCase {
  /** Its name without mode and policy. */
  readonly setting: string;
  /** Who comes as the second. */
  readonly seconds: readonly ActorKind[];
}

/** Every policy; a grace of ten minutes is what the provider of the matrix keeps, where it has one. */
export const policies: readonly ReplayPolicy[] = [
  { kind: 'reusable' },
  { kind: 'grace', seconds: 600 },
  { kind: 'single-use' },
  { kind: 'unknown' },
];

const minuteMs = 60_000;
const lifeMs = 24 * 60 * minuteMs;

/** How old the access token is: just due, in its last hour, or over. */
const agesMs = {
  due: lifeMs / 2 + minuteMs,
  last: lifeMs - 60 * minuteMs,
  over: lifeMs + minuteMs,
} as const;

interface Scene {
  readonly kinds: readonly ActorKind[];
  readonly host: Host;
  readonly beginning: Beginning;
  readonly age: keyof typeof agesMs;
  readonly seconds: readonly ActorKind[];
}

const connected = { beginning: 'connected', age: 'due', seconds: [] } as const;

/** Who is alone, where and since when; and who is met by all others. */
const scenes: readonly Scene[] = [
  {
    ...connected,
    kinds: programs.filter((kind) => kind !== 'consumer'),
    host: 'lambda',
    seconds: actorKinds,
  },
  // With more time left, a consumer asks nobody.
  { ...connected, kinds: ['consumer'], host: 'lambda', age: 'last', seconds: actorKinds },
  { ...connected, kinds: ['schedule'], host: 'machine', seconds: actorKinds },
  { ...connected, kinds: programs.filter((kind) => kind !== 'schedule'), host: 'machine' },
  { ...connected, kinds: ['consumer'], host: 'lambda' },
  { ...connected, kinds: ['schedule'], host: 'lambda', age: 'last' },
  { ...connected, kinds: ['schedule', 'consumer'], host: 'lambda', age: 'over' },
  { ...connected, kinds: ['schedule', 'login', 'adopt'], host: 'lambda', beginning: 'empty' },
  { ...connected, kinds: ['schedule', 'consumer', 'login'], host: 'lambda', beginning: 'adopted' },
  { ...connected, kinds: ['schedule', 'operator'], host: 'lambda', beginning: 'elsewhere' },
  { ...connected, kinds: ['schedule', 'operator'], host: 'lambda', beginning: 'unreadable' },
];

/** All histories without faults. */
export function bases(): Base[] {
  return scenes.flatMap((scene) =>
    scene.kinds.flatMap((kind) =>
      rotationModes.flatMap((mode) =>
        policies.map((policy) => {
          const { host, beginning, age, seconds } = scene;
          const setting = `${kind} on ${host} ${beginning} ${age}`;
          const name = `${setting} ${mode} ${policy.kind}`;
          const history = { ...plain, host, policy, beginning, ageMs: agesMs[age] };
          const provider = { ...plain.provider, mode };
          const actors = [{ kind, atMs: 0, skewMs: 0 }];
          return { name, setting, seconds, history: { ...history, provider, actors } };
        }),
      ),
    ),
  );
}

const plain: History = {
  seed: 1,
  host: 'lambda',
  provider: {
    mode: 'single-use',
    graceSeconds: 600,
    killsOldAccess: false,
    omitsRefreshToken: false,
    accessTokenSeconds: lifeMs / 1000,
    dialect: 'rfc',
  },
  policy: { kind: 'unknown' },
  beginning: 'connected',
  ageMs: agesMs.due,
  sentBefore: 0,
  actors: [],
  faults: [],
  order: 'turns',
};

const standsStill = /lives$|suspended$/;
const isPass = (kind: ActorKind) => kind === 'schedule' || kind === 'login';
const stillMs = times.leaseTermMs + 60_000;
const stepsOfPass = 24;

/** The cases of one base: calm, and each step with each fault, alone and beside each second actor. */
export async function casesOf(base: Base): Promise<MatrixCase[]> {
  const { name, history, seconds } = base;
  const { calls } = await simulate(history);
  const cases: MatrixCase[] = [{ name: `${name}: calm`, history }];
  for (const [index, call] of (calls[0] ?? []).entries()) {
    for (const kind of faultsAt(call.label)) {
      const struck = `${name}: ${index} ${call.label} ${kind}`;
      const faulty = { ...history, faults: [{ actor: 0, call: index, kind }] };
      cases.push({ name: struck, history: faulty });
      for (const second of seconds) {
        cases.push({ name: `${struck}, ${second}`, history: joined(faulty, second, call, kind) });
      }
      if (!standsStill.test(kind)) continue;
      for (const second of seconds.filter(isPass)) {
        for (let step = 0; step < stepsOfPass; step += 1) {
          const back = { ...history, faults: [{ actor: 0, call: index, kind, forMs: stillMs }] };
          const atMs = call.atMs - beginningMs + stillMs - step * turnMs;
          const met = { ...back, actors: [...back.actors, { kind: second, atMs, skewMs: 0 }] };
          cases.push({ name: `${struck}, back at step ${step} of ${second}`, history: met });
        }
      }
    }
  }
  return cases;
}

/** A second actor comes as the first is struck; where that one stands still and lives, after its term. */
function joined(history: History, kind: ActorKind, call: MadeCall, fault: FaultKind): History {
  const afterMs = standsStill.test(fault) ? times.leaseTermMs + 500 : 0;
  const atMs = call.atMs - beginningMs + afterMs;
  return { ...history, actors: [...history.actors, { kind, atMs, skewMs: 0 }] };
}

/** The history of a case's name. */
export async function caseNamed(name: string): Promise<History | undefined> {
  const base = bases().find((one) => name.startsWith(`${one.name}:`));
  const cases = base === undefined ? [] : await casesOf(base);
  return cases.find((one) => one.name === name)?.history;
}
