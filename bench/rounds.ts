/** The median of what was measured, and how far the middle half of it is spread. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** One contestant: does its work once and says what it cost, in whatever unit all of them use. */
export type Contestant = () => Promise<number> | number;

/**
 * Measures contestants in turn, round after round, so that what else the machine does meets them all alike;
 * the first round warms up and does not count.
 */
export async function inTurn<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  rounds: number,
): Promise<Record<Name, Spread>> {
  const names = Object.keys(contestants) as Name[];
  const figures = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    // Nobody always comes after the same other one, whose garbage is collected in their time.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const figure = await contestants[name]();
      if (round > 0) figures.get(name)?.push(figure);
    }
  }
  const spreads = names.map((name) => [name, spreadOf(figures.get(name) ?? [])] as const);
  return Object.fromEntries(spreads) as Record<Name, Spread>;
}

/** Quartiles of some figures. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** Nanoseconds for each of `times` runs of an asynchronous action, one after the other. */
export async function nanosecondsEach(times: number, action: () => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  for (let run = 0; run < times; run += 1) await action();
  return Number(process.hrtime.bigint() - start) / times;
}

/** Nanoseconds of processor time for each of `times` runs of an asynchronous action, one after the other. */
export async function cpuNanosecondsEach(times: number, action: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let run = 0; run < times; run += 1) await action();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / times;
}
