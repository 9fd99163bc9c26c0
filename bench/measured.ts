/** One comparison: what was measured, beside what, and whether the goal is reached. */
export interface Measured {
  /** Names it on the command line and its plot's file. */
  readonly name: string;
  readonly title: string;
  readonly goal: string;
  readonly isReached: boolean;
  /** The result in a few words, for the README's table. */
  readonly summary: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What a reader has to know to believe it. */
  readonly remark?: string;
  readonly plot?: Plot;
}

/** Bars on a logarithmic scale, or lines over a logarithmic axis. */
export interface Plot {
  readonly unit: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [label: string, value: number])[];
  }[];
}

/** A GitHub table. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Three significant digits, with a unit that fits: ns, µs, ms or s. */
export function duration(nanoseconds: number): string {
  const units = [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
  ] as const;
  const [unit, size] = units.find(([, least]) => Math.abs(nanoseconds) >= least) ?? ['ns', 1];
  return `${significant(nanoseconds / size)} ${unit}`;
}

/** A number with three significant digits, and its thousands apart. */
export function significant(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** A ratio such as `0.63 ×`. */
export function ratio(value: number): string {
  return `${significant(value)} ×`;
}
