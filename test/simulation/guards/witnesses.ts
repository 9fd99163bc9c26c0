// Goal: for each guard one small history that breaks a promise without it, and none with it.
// Method: random histories over the weakened core until its promise breaks, shrunk; `npm run simulate -- --witnesses`
// renews those that a change of the core has made useless.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundled, type Guard, type Weakening } from '../../guards/weakened.ts';
import type { History } from '../histories/history.ts';
import { historyOf } from '../histories/random-history.ts';
import { nameOf, shrink } from '../histories/shrinking.ts';
import { simulate, type Verdict } from '../simulation.ts';
import { guards } from './guards.ts';

const path = fileURLToPath(new URL('witnesses.jsonl', import.meta.url));

/** The simulator over a core of its own. */
export interface WeakenedSimulator {
  simulate(history: History): Promise<Verdict>;
}

/** Bundles and loads a simulator over a weakened core. */
export function weakened(weakening: Weakening): Promise<WeakenedSimulator> {
  const simulator = fileURLToPath(new URL('../simulation.ts', import.meta.url));
  return bundled({ entryPoints: [simulator] }, weakening);
}

/** The stored histories, by the guard's name. */
export function storedWitnesses(): Record<string, History> {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, History]));
}

function store(witnesses: Record<string, History>): void {
  writeFileSync(
    path,
    Object.entries(witnesses)
      .map((it) => `${JSON.stringify(it)}\n`)
      .join(''),
  );
}

/** What a history breaks first over this core: promise and words. */
export async function breachOf(
  core: Pick<WeakenedSimulator, 'simulate'>,
  history: History,
): Promise<string> {
  const [violation] = (await core.simulate(history)).violations;
  return violation === undefined ? 'nothing' : nameOf(violation);
}

/** Finds and shrinks a witness among `seeds` random histories, or says what was seen instead. */
export async function findWitness(guard: Guard, seeds: number): Promise<History | string> {
  const core = await weakened(guard);
  const others: Record<string, number> = {};
  for (let seed = 0; seed < seeds; seed += 1) {
    const history = historyOf(seed);
    const breach = await breachOf(core, history);
    if (breach === guard.breaks) {
      const smallest = await shrink(history, guard.breaks, core.simulate);
      if ((await breachOf({ simulate }, smallest)) === 'nothing') return smallest;
    } else if (breach !== 'nothing') others[breach] = (others[breach] ?? 0) + 1;
  }
  return JSON.stringify(others);
}

/** Keeps the witnesses that still are some, finds the others anew, and stores all; says which are missing. */
export async function renewWitnesses(seeds: number): Promise<string[]> {
  const stored = storedWitnesses();
  const renewed: Record<string, History> = {};
  const missing: string[] = [];
  for (const guard of guards) {
    const known = stored[guard.name];
    const isStill =
      known !== undefined && (await breachOf(await weakened(guard), known)) === guard.breaks;
    const witness = isStill ? known : await findWitness(guard, seeds);
    if (typeof witness === 'string') {
      missing.push(guard.name);
      console.log(`MISSING ${guard.name}, seen: ${witness}`);
    } else {
      renewed[guard.name] = witness;
      console.log(`${isStill ? 'kept' : 'found'} ${guard.name}`);
    }
    store({ ...stored, ...renewed });
  }
  store(renewed);
  return missing;
}
