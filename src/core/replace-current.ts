import { type Random, type SecretVersion, StoreRefused, type VersionedSecret } from './ports.ts';
import { newVersionId } from './records/version-id.ts';
import { backoffMs, isPassing } from './retry.ts';
import type { Pass } from './rotation/pass.ts';
import type { Secret } from './secret.ts';

/** What to do about what is current: leave it, put a value in its place, or read again. */
export type Decision<Kept> =
  | { readonly keep: Kept }
  | { readonly replaceBy: Secret }
  | 'look again';

/** Waits before the next try and resolves with true; false: there is none. */
export type Until = (tries: number, refusal: StoreRefused | undefined) => Promise<boolean>;

/** How a version is made current. */
export interface Replacement<Kept> {
  /** The version's id, and the value that it holds already; another id is made for another value. */
  readonly candidate: { readonly versionId: string; readonly value?: Secret };
  readonly random: Random;
  readonly until: Until;
  /** What is said when the tries are over and no store refused. */
  readonly gaveUp: string;
  /** Asked again after each read; `mayHaveMoved`: an earlier try may have made the candidate current. */
  readonly decide: (
    current: SecretVersion | undefined,
    mayHaveMoved: boolean,
  ) => Decision<Kept> | Promise<Decision<Kept>>;
}

/** Until a pass has to end. */
export function untilEnd({ ports: { clock }, endMs }: Pick<Pass, 'ports' | 'endMs'>): Until {
  return async (tries) => {
    const waitMs = backoffMs(tries);
    if (clock.monotonicMs() + waitMs >= endMs) return false;
    await clock.wait(waitMs);
    return true;
  };
}

/** Eight tries at once, for those who have no pass; a refusal is the caller's to repeat. */
export const eightTimes: Until = async (tries, refusal) => refusal === undefined && tries < 7;

/**
 * The one compare-and-set: makes a version current from whatever is, as long as `decide` says so; unanswered
 * or outrun, it reads again. `kept` is set where what is current stays. Throws `StoreRefused`.
 */
export async function replaceCurrent<Kept = never>(
  secret: VersionedSecret,
  { candidate, random, until, gaveUp, decide }: Replacement<Kept>,
): Promise<{ readonly versionId: string; readonly kept?: Kept }> {
  const mine: Mine = { ...candidate, mayHaveMoved: false };
  for (let tries = 0; ; tries += 1) {
    let refusal: StoreRefused | undefined;
    try {
      const current = await secret.current();
      const isIn = mine.value !== undefined && current?.versionId === mine.versionId;
      if (isIn) return { versionId: mine.versionId };
      const decision = await decide(current, mine.mayHaveMoved);
      if (decision !== 'look again') {
        if ('keep' in decision) return { versionId: mine.versionId, kept: decision.keep };
        // The first version of an empty secret is current by its put alone, and may be replaced before the next look.
        if (current === undefined) mine.mayHaveMoved = true;
        const isStored = await store(secret, mine, decision.replaceBy, random);
        if (isStored && (await move(secret, mine, current))) return { versionId: mine.versionId };
      }
    } catch (error) {
      if (!(error instanceof StoreRefused && isPassing(error))) throw error;
      refusal = error;
    }
    if (!(await until(tries, refusal))) throw refusal ?? new StoreRefused('unavailable', gaveUp);
  }
}

/** The candidate: `value` is what its version is known to hold. */
interface Mine {
  versionId: string;
  value?: Secret | undefined;
  mayHaveMoved: boolean;
}

async function store(
  secret: VersionedSecret,
  mine: Mine,
  value: Secret,
  random: Random,
): Promise<boolean> {
  if (mine.value?.equals(value)) return true;
  if (mine.value !== undefined) mine.versionId = newVersionId(random);
  mine.value = undefined;
  if ((await secret.put(mine.versionId, value)) === 'taken') {
    mine.versionId = newVersionId(random);
    return false;
  }
  mine.value = value;
  return true;
}

async function move(
  secret: VersionedSecret,
  mine: Mine,
  current: SecretVersion | undefined,
): Promise<boolean> {
  if (current === undefined) return (await secret.current())?.versionId === mine.versionId;
  try {
    const moved = await secret.promote(mine.versionId, current.versionId); // guard: promotion from the version compared
    // A version whose only label was taken by a later one may have vanished: it is put again.
    if (moved === 'absent') mine.value = undefined;
    return moved === 'promoted';
  } catch (error) {
    mine.mayHaveMoved = true;
    throw error;
  }
}
