/** Metrics that share their dimensions. */
export interface MetricGroup {
  readonly dimensions: readonly string[];
  readonly unit: 'Count' | 'None';
  readonly values: Readonly<Record<string, number>>;
}

/** Writes a line of metrics past the console, which may add to it: CloudWatch reads lines that are JSON alone. */
export function emitMetrics(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * One line of CloudWatch's embedded metric format, to be written with nothing around it. `names` holds a
 * value for every dimension; names and dimensions are those of `metric-names.ts`, which a test compares.
 */
export function metricLine(
  atMs: number,
  names: Readonly<Record<string, string>>,
  groups: readonly MetricGroup[],
): string {
  return JSON.stringify({
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: groups.map(({ dimensions, unit, values }) => ({
        Namespace: 'Fresco',
        Dimensions: [dimensions],
        Metrics: Object.keys(values).map((Name) => ({ Name, Unit: unit })),
      })),
    },
    ...names,
    ...Object.assign({}, ...groups.map(({ values }) => values)),
  });
}
