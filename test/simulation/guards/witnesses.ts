// Goal: for each guard one small history that breaks a promise without it, and none with it.
// Method: random histories over the weakened core until its promise breaks, shrunk; `npm run simulate -- --witnesses`
// renews those that a change of the core has made useless.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { History } from '../histories/history.ts';
import { historyOf } from '../histories/random-history.ts';
import { nameOf, shrink } from '../histories/shrinking.ts';
import { simulate } from '../simulation.ts';
import { type Guard, guards } from './guards.ts';
import { type WeakenedSimulator, weakened } from './weakened.ts';

const path = fileURLToPath(new URL('witnesses.json', import.meta.url));

/** The stored histories, by the guard's name. */
export function storedWitnesses(): Record<string, History> {
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, History>)
    : {};
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
    writeFileSync(path, `${JSON.stringify({ ...stored, ...renewed }, null, 2)}\n`);
  }
  writeFileSync(path, `${JSON.stringify(renewed, null, 2)}\n`);
  return missing;
}
