// Goal: the whole matrix in no more runs than it takes.
// Method: a case is played under one policy while that is watched; where nobody has asked for the policy, the run
// is the same under every other one, and stands for them all.
import type { ReplayPolicy } from '../../src/core/replay-policy.ts';
import { type Base, casesOf, type MatrixCase } from './matrix.ts';
import { simulate, type Verdict } from './simulation.ts';

/** A case that was played. */
export interface PlayedCase {
  readonly name: string;
  readonly verdict: Verdict;
  /** How many cases of the matrix this run decides, itself among them. */
  readonly standsFor: number;
}

/** Plays the cases of some bases; with a stride, every n-th one, under every policy. */
export async function* playCases(some: readonly Base[], stride = 1): AsyncGenerator<PlayedCase> {
  let next = 0;
  for (const alike of alikeOf(some)) {
    for (const group of await groupsOf(alike)) {
      const [first] = group;
      const cases = await casesOf(first);
      for (; next < cases.length; next += stride) {
        yield* playUnderEach(cases[next] as MatrixCase, group);
      }
      next -= cases.length;
    }
  }
}

/** Bases that only the policy tells apart. */
type Alike = readonly [Base, ...Base[]];

function alikeOf(some: readonly Base[]): Alike[] {
  const found = new Map<string, [Base, ...Base[]]>();
  for (const base of some) {
    const known = found.get(base.setting);
    if (known === undefined) found.set(base.setting, [base]);
    else known.push(base);
  }
  return [...found.values()];
}

/** Where the history without faults asks for the policy already, each base has steps of its own. */
async function groupsOf(alike: Alike): Promise<Alike[]> {
  const { isAsked } = await watched(alike[0].history);
  return isAsked ? alike.map((base) => [base] as const) : [alike];
}

async function* playUnderEach(
  { name, history }: MatrixCase,
  [first, ...others]: Alike,
): AsyncGenerator<PlayedCase> {
  const { verdict, isAsked } = await watched(history);
  yield { name, verdict, standsFor: isAsked ? 1 : 1 + others.length };
  if (!isAsked) return;
  for (const other of others) {
    const { policy } = other.history;
    const mine = `${other.name}${name.slice(first.name.length)}`;
    yield { name: mine, verdict: await simulate({ ...history, policy }), standsFor: 1 };
  }
}

/** Plays a history and tells whether core or judge has looked at its policy. */
async function watched(
  history: MatrixCase['history'],
): Promise<{ readonly verdict: Verdict; readonly isAsked: boolean }> {
  let isAsked = false;
  const policy = new Proxy<ReplayPolicy>(history.policy, {
    get: (target, key) => {
      isAsked = true;
      return Reflect.get(target, key);
    },
  });
  const verdict = await simulate({ ...history, policy });
  return { verdict, isAsked };
}
