// Goal: the whole matrix in no more runs than it takes.
// Method: a run tells whether anybody asked for the policy, or for what the server makes of a token that was used.
// What nobody asked for makes no difference: the run stands for all cases that differ from it in that alone.

import { simulate, type Verdict } from '../simulation.ts';
import { type Base, casesOf, type MatrixCase } from './matrix.ts';

/** A case that was played. */
export interface PlayedCase {
  readonly name: string;
  readonly verdict: Verdict;
  /** The cases that this run decides, itself first. */
  readonly standsFor: readonly string[];
}

/** Plays the cases of some bases; with a stride, every n-th one of those that are alike. */
export async function* playCases(some: readonly Base[], stride = 1): AsyncGenerator<PlayedCase> {
  let next = 0;
  for (const alike of alikeOf(some)) {
    // Histories without faults that differ have steps of their own.
    for await (const { bases } of decided(alike, (base) => base.history)) {
      const [first] = bases;
      const cases = first === undefined ? [] : await casesOf(first);
      for (; next < cases.length; next += stride) yield* playOnEach(cases[next], bases);
      next -= cases.length;
    }
  }
}

async function* playOnEach(
  one: MatrixCase | undefined,
  bases: readonly Base[],
): AsyncGenerator<PlayedCase> {
  if (one === undefined) return;
  const what = one.name.slice(one.name.indexOf(':'));
  const { actors, faults } = one.history;
  const runs = decided(bases, ({ history }) => ({ ...history, actors, faults }));
  for await (const { verdict, bases: those } of runs) {
    const standsFor = those.map(({ name }) => `${name}${what}`);
    yield { name: standsFor[0] ?? one.name, verdict, standsFor };
  }
}

/** Plays on bases until each is decided: with what a run decides, the one it was played on first. */
async function* decided(
  bases: readonly Base[],
  historyOf: (base: Base) => Base['history'],
): AsyncGenerator<{ readonly verdict: Verdict; readonly bases: readonly Base[] }> {
  let open = bases;
  while (open[0] !== undefined) {
    const [{ history }] = open;
    const verdict = await simulate(historyOf(open[0]));
    const isSame = (other: Base) =>
      (!verdict.asked.policy || other.history.policy.kind === history.policy.kind) &&
      (!verdict.asked.mode || other.history.provider.mode === history.provider.mode);
    yield { verdict, bases: open.filter(isSame) };
    open = open.filter((base) => !isSame(base));
  }
}

/** Bases that differ in policy and mode; the mode that brings the same string again is of its own. */
function alikeOf(some: readonly Base[]): (readonly Base[])[] {
  const found = new Map<string, Base[]>();
  for (const base of some) {
    const key = `${base.setting}, same: ${base.history.provider.mode === 'same'}`;
    found.set(key, [...(found.get(key) ?? []), base]);
  }
  return [...found.values()];
}
