import { metricLinesIn } from '../doubles/lambda/embedded-metrics.ts';

type Properties = Readonly<Record<string, unknown>>;

interface Point {
  readonly minute: number;
  readonly value: number;
}

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: Properties;
    readonly Stat: string;
    readonly Period: number;
  };
}

/** Points that CloudWatch looks at beyond the periods of an alarm before it takes one for missing. */
const furtherPeriods = 2;

/** Metrics by the minute they fell into, and the state in which they leave an alarm of a template. */
export class CloudWatch {
  readonly #points = new Map<string, Point[]>();

  put(metric: Properties, value: number, minute: number): void {
    const key = keyOf(metric);
    this.#points.set(key, [...(this.#points.get(key) ?? []), { minute, value }]);
  }

  /** Reads the lines of embedded metrics among what a function has printed. */
  putEmbedded(logs: string, minute: number): void {
    for (const fields of metricLinesIn(logs)) {
      for (const { Namespace, Dimensions, Metrics } of fields._aws.CloudWatchMetrics) {
        for (const names of Dimensions) {
          for (const { Name } of Metrics) {
            const dimensions = names.map((name) => ({ Name: name, Value: fields[name] }));
            const metric = { Namespace, MetricName: Name, Dimensions: dimensions };
            this.put(metric, Number(fields[Name]), minute);
          }
        }
      }
    }
  }

  /**
   * Whether the alarm's condition is breached at the end of a minute. Its periods slide with the clock, and what
   * is missing is first looked for further back: only what is missing there too is taken as the alarm says.
   */
  isBreached(alarm: Properties, minute: number): boolean {
    const count = Number(alarm['EvaluationPeriods']);
    const minutes = periodOf(alarm) / 60;
    const range = Array.from({ length: count + furtherPeriods }, (_, back) =>
      this.#valueOf(alarm, { end: minute - back * minutes, minutes }),
    );
    const real = range.filter((value) => value !== undefined).slice(0, count);
    const missing = count - real.length;
    return (
      real.every((value) => breaches(alarm, value)) &&
      (missing === 0 || alarm['TreatMissingData'] === 'breaching')
    );
  }

  #valueOf(alarm: Properties, window: Window): number | undefined {
    const queries = alarm['Metrics'] as readonly Query[] | undefined;
    if (queries === undefined) return this.#statistic(alarm, String(alarm['Statistic']), window);
    const [result] = queries.filter((it) => (it as { ReturnData?: boolean }).ReturnData !== false);
    const values = new Map(
      queries.flatMap(({ Id, MetricStat }) =>
        MetricStat === undefined
          ? []
          : [[Id, this.#statistic(MetricStat.Metric, MetricStat.Stat, window)]],
      ),
    );
    return sumOf(result?.Expression ?? '', values);
  }

  #statistic(metric: Properties, statistic: string, { end, minutes }: Window): number | undefined {
    const points = this.#points.get(keyOf(metric)) ?? [];
    const values = points
      .filter(({ minute }) => minute > end - minutes && minute <= end)
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

interface Window {
  readonly end: number;
  readonly minutes: number;
}

type Values = ReadonlyMap<string, number | undefined>;

/** A sum of which one is missing has no value, as CloudWatch has it. */
function sumOf(expression: string, values: Values): number | undefined {
  return expression
    .split(' + ')
    .map((term) => termOf(term, values))
    .reduce((sum, value) => (sum === undefined || value === undefined ? undefined : sum + value));
}

function termOf(term: string, values: Values): number | undefined {
  const [, condition] = /^IF\((.+), 1, 0\)$/.exec(term) ?? [];
  if (condition !== undefined)
    return Number(condition.split(' OR ').some((it) => holds(it, values)));
  const [, filled, ifMissing] = /^FILL\((\w+), (\d+)\)$/.exec(term) ?? [];
  const id = filled ?? term;
  if (!values.has(id)) throw new Error(`the alarm asks for ${term}, which the tests do not know`);
  return values.get(id) ?? (ifMissing === undefined ? undefined : Number(ifMissing));
}

function holds(condition: string, values: Values): boolean {
  const [, term = '', operator, than] = /^(.+) (>=|==) (\d+)$/.exec(condition) ?? [];
  const value = termOf(term, values);
  if (value === undefined) return false;
  return operator === '==' ? value === Number(than) : value >= Number(than);
}

function periodOf(alarm: Properties): number {
  const queries = (alarm['Metrics'] ?? []) as readonly Query[];
  const periods = new Set(
    [alarm['Period'], ...queries.map((it) => it.MetricStat?.Period)].filter(
      (it) => it !== undefined,
    ),
  );
  const [period] = periods;
  if (periods.size !== 1) throw new Error('the metrics of an alarm must have one period');
  return Number(period);
}

function breaches(alarm: Properties, value: number): boolean {
  const threshold = Number(alarm['Threshold']);
  return alarm['ComparisonOperator'] === 'LessThanThreshold'
    ? value < threshold
    : value >= threshold;
}

function keyOf(metric: Properties): string {
  const dimensions = (metric['Dimensions'] ?? []) as readonly { Name: string; Value: unknown }[];
  const sorted = dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort();
  return [metric['Namespace'], metric['MetricName'], ...sorted].join(' ');
}
