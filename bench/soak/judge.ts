import type { Sample } from './stack.ts';

/** A sample with what the load was then. */
export type Moment = Omit<Sample, 'kind'> & {
  readonly atSeconds: number;
  readonly fault: string | null;
  readonly sent: number;
  readonly published: number;
};

/** One latency. */
export interface Latency {
  readonly atSeconds: number;
  readonly ms: number;
}

/** All that a run has measured. */
export interface Soaked {
  readonly minutes: number;
  readonly perSecond: number;
  readonly cycleSeconds: number;
  readonly restSeconds: number;
  readonly moments: readonly Moment[];
  readonly publishedMs: readonly Latency[];
  readonly acceptedMs: readonly Latency[];
}

/** One cycle in numbers; latencies are of its quiet part. */
export interface CycleFigures {
  /** Under load, where garbage waits for its collection. */
  readonly rssMb: number;
  readonly rssAtRestMb: number;
  /** Of what lives. */
  readonly heapMb: number;
  readonly handlesAtRest: Readonly<Record<string, number>>;
  readonly filesAtRest: number;
  readonly acceptedP50Ms: number;
  readonly acceptedP95Ms: number;
  readonly publishedP50Ms: number;
  readonly publishedP95Ms: number;
}

/** What the run comes to; the first cycle is for warming up. */
export interface Verdict {
  readonly isGood: boolean;
  /** How far each has grown at most since the first cycle that counts. */
  readonly memoryWithin: number;
  readonly memoryAtRestWithin: number;
  readonly heapWithin: number;
  readonly handlesEqual: boolean;
  readonly latencyRatio: number;
  readonly cycles: readonly CycleFigures[];
}

const memoryTolerance = 0.1;
// Flat: the median of the last cycle is not a third above that of the first one that counts.
const latencyTolerance = 1.33;

/** Memory within 10 % of the first cycle after the warm-up, handles equal at each rest, latency flat. */
export function judge(soaked: Soaked): Verdict {
  const count = Math.round((soaked.minutes * 60) / soaked.cycleSeconds);
  const cycles = Array.from({ length: count }, (_, at) => figuresOf(soaked, at));
  const [first, ...rest] = cycles.slice(1);
  if (first === undefined) throw new Error('the run was too short to be judged');
  const within = (of: (cycle: CycleFigures) => number) =>
    Math.max(0, ...rest.map((cycle) => of(cycle) / of(first) - 1));
  const memoryWithin = within(({ rssMb }) => rssMb);
  const memoryAtRestWithin = within(({ rssAtRestMb }) => rssAtRestMb);
  const heapWithin = within(({ heapMb }) => heapMb);
  const handlesEqual = rest.every(
    ({ handlesAtRest, filesAtRest }) =>
      filesAtRest === first.filesAtRest && isSame(handlesAtRest, first.handlesAtRest),
  );
  const last = cycles.at(-1) ?? first;
  const latencyRatio = Math.max(
    last.acceptedP50Ms / first.acceptedP50Ms,
    last.publishedP50Ms / first.publishedP50Ms,
  );
  const isGood =
    memoryWithin <= memoryTolerance &&
    heapWithin <= memoryTolerance &&
    handlesEqual &&
    latencyRatio <= latencyTolerance;
  return {
    isGood,
    memoryWithin,
    memoryAtRestWithin,
    heapWithin,
    handlesEqual,
    latencyRatio,
    cycles,
  };
}

function figuresOf(soaked: Soaked, at: number): CycleFigures {
  const { cycleSeconds, moments } = soaked;
  const from = at * cycleSeconds;
  const own = moments.filter(
    ({ atSeconds }) => atSeconds >= from && atSeconds < from + cycleSeconds,
  );
  // A retry that comes in the rest opens a connection for some seconds.
  const [resting] = own
    .filter(({ fault }) => fault === 'rest')
    .toSorted((one, other) => one.files - other.files);
  const quiet = (latencies: readonly Latency[]) =>
    latencies
      .filter(
        ({ atSeconds }) =>
          atSeconds >= from + cycleSeconds / 20 && atSeconds < from + cycleSeconds / 2,
      )
      .map(({ ms }) => ms)
      .toSorted((a, b) => a - b);
  const [accepted, published] = [quiet(soaked.acceptedMs), quiet(soaked.publishedMs)];
  return {
    rssMb: mean(own.map(({ rssBytes }) => rssBytes / 1_048_576)),
    rssAtRestMb: rounded(
      Math.min(
        ...own.filter(({ fault }) => fault === 'rest').map(({ rssBytes }) => rssBytes / 1_048_576),
      ),
    ),
    heapMb: mean(own.map(({ heapUsedBytes }) => heapUsedBytes / 1_048_576)),
    handlesAtRest: resting?.handles ?? {},
    filesAtRest: resting?.files ?? 0,
    acceptedP50Ms: quantile(accepted, 0.5),
    acceptedP95Ms: quantile(accepted, 0.95),
    publishedP50Ms: quantile(published, 0.5),
    publishedP95Ms: quantile(published, 0.95),
  };
}

function isSame(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>) {
  const kinds = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...kinds].every((kind) => one[kind] === other[kind]);
}

function mean(values: readonly number[]): number {
  return rounded(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
}

/** The value below which such a part of the sorted values lies. */
export function quantile(sorted: readonly number[], part: number): number {
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
