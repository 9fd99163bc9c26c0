// Goal: what many histories came to, added up, and the failing ones by name.
// Method: plain counts, so that tallies of several processes can be merged.

import { nameOf } from './histories/shrinking.ts';
import type { Verdict } from './simulation.ts';

/** Counts over many histories. */
export interface Tally {
  /** Those that were played. */
  histories: number;
  /** Those that are decided by it: a played one may stand for others that cannot differ. */
  decided: number;
  steps: number;
  readonly windows: Record<string, number>;
  readonly counts: Record<string, number>;
  readonly faults: Record<string, number>;
  /** Violations by name, with the seeds or cases that show them. */
  readonly failures: Record<string, string[]>;
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  return { histories: 0, decided: 0, steps: 0, windows: {}, counts: {}, faults: {}, failures: {} };
}

/** Adds one verdict; `label` names the history, which stands for so many. */
export function addVerdict(tally: Tally, verdict: Verdict, label: string, standsFor = 1): void {
  tally.histories += 1;
  tally.decided += standsFor;
  tally.steps += verdict.steps;
  for (const [window, count] of verdict.windows) add(tally.windows, window, count);
  for (const [what, count] of verdict.counts) add(tally.counts, what, count);
  for (const fault of verdict.faults) add(tally.faults, fault, 1);
  const [violation] = verdict.violations;
  if (violation === undefined) return;
  const name = nameOf(violation);
  tally.failures[name] = [...(tally.failures[name] ?? []), label];
}

/** Adds another process's tally. */
export function addTally(tally: Tally, other: Tally): void {
  tally.histories += other.histories;
  tally.decided += other.decided;
  tally.steps += other.steps;
  for (const kind of ['windows', 'counts', 'faults'] as const) {
    for (const [what, count] of Object.entries(other[kind])) add(tally[kind], what, count);
  }
  for (const [name, labels] of Object.entries(other.failures)) {
    tally.failures[name] = [...(tally.failures[name] ?? []), ...labels];
  }
}

function add(counts: Record<string, number>, what: string, count: number): void {
  counts[what] = (counts[what] ?? 0) + count;
}

/** Lines for people: everything that was counted. */
export function describe(tally: Tally, seconds: number): string {
  const rate = Math.round(tally.histories / seconds);
  const lines = [
    `${tally.histories} histories in ${seconds.toFixed(1)} s: ${rate} histories/s, ${tally.steps} steps`,
    section('outcomes', tally.counts),
    section('faults', tally.faults),
    section('windows', tally.windows),
  ];
  return lines.join('\n');
}

function section(name: string, counts: Record<string, number>): string {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return `${name}\n${entries.map(([what, count]) => `  ${String(count).padStart(8)}  ${what}`).join('\n')}`;
}
