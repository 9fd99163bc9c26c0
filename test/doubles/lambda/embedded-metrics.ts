import { readFileSync } from 'node:fs';
import { breachesOf, type Schema } from '../../schemas/json-schema.ts';

/** A line of metrics that CloudWatch takes. */
export interface MetricLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const schema = JSON.parse(
  readFileSync(new URL('embedded-metric-format.json', import.meta.url), 'utf8'),
) as Schema;

/**
 * The lines of metrics among what a function has printed. CloudWatch throws a line away that breaks its format
 * and says nothing; here such a line is an error.
 */
export function metricLinesIn(printed: string): MetricLine[] {
  const lines = printed.split('\n').filter((line) => line.includes('"_aws"'));
  return lines.map((line) => {
    const parsed: unknown = JSON.parse(line);
    const shape = breachesOf(schema, parsed);
    const breaches = shape.length > 0 ? shape : memberBreaches(parsed as MetricLine);
    if (breaches.length === 0) return parsed as MetricLine;
    throw new Error(`CloudWatch takes no metric from ${line}: ${breaches.join('; ')}`);
  });
}

/** What a schema cannot say: that all that is named is there, as a text or as a number. */
function memberBreaches(line: MetricLine): string[] {
  return line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => [
    ...Dimensions.flat()
      .filter((name) => !isDimension(line[name]))
      .map((name) => `the dimension ${name} is no text of 1 to 1024 characters`),
    ...Metrics.filter(({ Name }) => !isMetric(line[Name])).map(
      ({ Name }) => `the metric ${Name} is no finite number`,
    ),
  ]);
}

function isDimension(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 1 && value.length <= 1024;
}

function isMetric(value: unknown): boolean {
  const numbers = [value].flat();
  return numbers.length >= 1 && numbers.length <= 100 && numbers.every(Number.isFinite);
}
