import { metricLinesIn } from '../doubles/lambda/embedded-metrics.ts';

type Properties = Readonly<Record<string, unknown>>;

interface Point {
  readonly key: string;
  readonly period: number;
  readonly value: number;
}

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: Properties; readonly Stat: string };
}

/** Metrics by the period they fell into, and the state in which they leave an alarm of a template. */
export class CloudWatch {
  readonly #points: Point[] = [];

  put(metric: Properties, value: number, period: number): void {
    this.#points.push({ key: keyOf(metric), period, value });
  }

  /** Reads the lines of embedded metrics among what a function has printed. */
  putEmbedded(logs: string, period: number): void {
    for (const fields of metricLinesIn(logs)) {
      for (const { Namespace, Dimensions, Metrics } of fields._aws.CloudWatchMetrics) {
        for (const names of Dimensions) {
          for (const { Name } of Metrics) {
            const dimensions = names.map((name) => ({ Name: name, Value: fields[name] }));
            const metric = { Namespace, MetricName: Name, Dimensions: dimensions };
            this.put(metric, Number(fields[Name]), period);
          }
        }
      }
    }
  }

  /** Whether the alarm's condition is breached in each of its periods, this one being the last. */
  isBreached(alarm: Properties, period: number): boolean {
    const count = Number(alarm['EvaluationPeriods']);
    const periods = Array.from({ length: count }, (_, back) => period - back);
    return periods.every((one) => {
      const value = this.#valueOf(alarm, one);
      if (value === undefined) return alarm['TreatMissingData'] === 'breaching';
      const threshold = Number(alarm['Threshold']);
      return alarm['ComparisonOperator'] === 'LessThanThreshold'
        ? value < threshold
        : value >= threshold;
    });
  }

  #valueOf(alarm: Properties, period: number): number | undefined {
    const queries = alarm['Metrics'] as readonly Query[] | undefined;
    if (queries === undefined) return this.#statistic(alarm, String(alarm['Statistic']), period);
    const [result] = queries.filter((it) => (it as { ReturnData?: boolean }).ReturnData !== false);
    return this.#evaluate(result?.Id ?? '', queries, period);
  }

  /** Sums alone: a metric that is missing makes the whole missing, as CloudWatch has it. */
  #evaluate(id: string, queries: readonly Query[], period: number): number | undefined {
    const query = queries.find((it) => it.Id === id);
    if (query?.MetricStat !== undefined) {
      return this.#statistic(query.MetricStat.Metric, query.MetricStat.Stat, period);
    }
    const parts = query?.Expression?.split(' + ') ?? [];
    if (parts.length === 0) throw new Error(`the alarm asks for ${id}, which is nowhere`);
    const values = parts.map((part) => this.#evaluate(part, queries, period));
    return values.reduce((sum, value) =>
      sum === undefined || value === undefined ? undefined : sum + value,
    );
  }

  #statistic(metric: Properties, statistic: string, period: number): number | undefined {
    const key = keyOf(metric);
    const values = this.#points
      .filter((point) => point.key === key && point.period === period)
      .map(({ value }) => value);
    if (values.length === 0) return undefined;
    switch (statistic) {
      case 'Sum':
        return values.reduce((sum, value) => sum + value);
      case 'Minimum':
        return Math.min(...values);
      case 'Maximum':
        return Math.max(...values);
      default:
        throw new Error(`the statistic ${statistic} is not known to the tests`);
    }
  }
}

function keyOf(metric: Properties): string {
  const dimensions = (metric['Dimensions'] ?? []) as readonly { Name: string; Value: unknown }[];
  const sorted = dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort();
  return [metric['Namespace'], metric['MetricName'], ...sorted].join(' ');
}
