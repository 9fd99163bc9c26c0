// Goal: the smallest history that breaks the same promise.
// Method: leave out faults and actors, and simplify the rest, for as long as the violation stays.

import type { Violation } from '../judge/pairs.ts';
import { simulate } from '../simulation.ts';
import type { History } from './history.ts';

/** Plays a history: over the core as it is, or over a weakened one. */
export type Play = (history: History) => Promise<{ readonly violations: readonly Violation[] }>;

/** A history that still breaks `promise`, with nothing in it that could be left out. */
export async function shrink(
  history: History,
  promise: string,
  play: Play = simulate,
): Promise<History> {
  let smallest = history;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of candidatesOf(smallest)) {
      if (!(await breaks(candidate, promise, play))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

async function breaks(history: History, promise: string, play: Play): Promise<boolean> {
  const { violations } = await play(history);
  return violations[0] !== undefined && nameOf(violations[0]) === promise;
}

/** What shrinking must preserve. */
export function nameOf(violation: Violation): string {
  return `${violation.promise} ${violation.what}`;
}

function* candidatesOf(history: History): Generator<History> {
  for (const [at] of history.faults.entries()) {
    yield { ...history, faults: history.faults.toSpliced(at, 1) };
  }
  for (const [at] of history.actors.entries()) {
    if (history.actors.length > 1) yield withoutActor(history, at);
  }
  for (const [at, actor] of history.actors.entries()) {
    for (const simpler of [
      { ...actor, kind: 'schedule' as const },
      { ...actor, skewMs: 0 },
      { ...actor, atMs: at * 10 },
    ]) {
      const isSimpler = JSON.stringify(simpler) !== JSON.stringify(actor);
      if (isSimpler) yield { ...history, actors: history.actors.with(at, simpler) };
    }
  }
  if (history.beginning !== 'connected') yield { ...history, beginning: 'connected' };
  if (history.sentBefore > 0) yield { ...history, sentBefore: 0 };
  const { provider } = history;
  for (const option of ['killsOldAccess', 'omitsRefreshToken'] as const) {
    if (provider[option]) yield { ...history, provider: { ...provider, [option]: false } };
  }
  if (history.order === 'uniform') yield { ...history, order: 'sticky' };
  if (history.order === 'sticky') yield { ...history, order: [] };
}

function withoutActor(history: History, at: number): History {
  return {
    ...history,
    actors: history.actors.toSpliced(at, 1),
    faults: history.faults
      .filter((fault) => fault.actor !== at)
      .map((fault) => (fault.actor > at ? { ...fault, actor: fault.actor - 1 } : fault)),
  };
}
