// Goal: orders of steps that find different faults: fully mixed, mostly one after another, or as written.
// Method: a chooser picks among the suspended calls that are ready; all chance is from one stream.

import type { Chooser, SuspendedCall } from '../world/scheduler.ts';
import type { History } from './history.ts';
import { Prng } from './prng.ts';

/** The chooser that a history asks for. */
export function chooserOf(history: History): Chooser {
  const chance = new Prng(history.seed, 3);
  if (history.order === 'uniform') return uniform(chance);
  if (history.order === 'sticky') return sticky(chance);
  if (history.order === 'turns') return turns();
  return scripted(history.order);
}

function uniform(chance: Prng): Chooser {
  return {
    choose: (ready) => chance.below(ready.length),
    latencyMs: () => latency(chance),
  };
}

/** Stays with one process for a while. */
function sticky(chance: Prng): Chooser {
  let favourite: SuspendedCall['process'] | undefined;
  return {
    choose: (ready) => {
      const stays = ready.findIndex((call) => call.process === favourite);
      const at = stays >= 0 && chance.isChance(0.85) ? stays : chance.below(ready.length);
      favourite = ready[at]?.process;
      return at;
    },
    latencyMs: () => latency(chance),
  };
}

/** What one call takes where processes take turns. */
export const turnMs = 50;

/** Never the same process twice where another one is ready; nobody is slow. */
function turns(): Chooser {
  let last: SuspendedCall['process'] | undefined;
  return {
    choose: (ready) => {
      const other = ready.findIndex((call) => call.process !== last);
      const at = Math.max(0, other);
      last = ready[at]?.process;
      return at;
    },
    latencyMs: () => turnMs,
  };
}

/** Follows a list of process ids, one for each choice; afterwards, and where it can't, the first call. */
function scripted(script: readonly number[]): Chooser {
  let at = 0;
  return {
    choose: (ready) => {
      const wanted = script[at];
      at += 1;
      return Math.max(
        0,
        ready.findIndex((call) => call.process.id === wanted),
      );
    },
    latencyMs: () => 50,
  };
}

function latency(chance: Prng): number {
  const draw = chance.below(256);
  if (draw < 250) return draw;
  return draw === 255 ? 4000 : 1000;
}
