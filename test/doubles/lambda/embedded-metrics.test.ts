import { expect, it } from 'vitest';
import { metricLine } from '../../../src/aws/reporting/metric-line.ts';
import { metricLinesIn } from './embedded-metrics.ts';

const group = { dimensions: ['prefix'], unit: 'Count', values: { Passes: 1 } } as const;
const good = metricLine(1_795_810_685_438, { prefix: 'fresco' }, [group]);
const names = (count: number, of = 'name') => Array.from({ length: count }, (_, n) => `${of}-${n}`);
const values = (count: number, of?: string) =>
  Object.fromEntries(names(count, of).map((name) => [name, 1]));

it('takes a line of metrics, and leaves others alone', () => {
  expect(metricLinesIn(`{"level":"INFO"}\n${good}\nanything`)).toEqual([JSON.parse(good)]);
  const dimensions = Object.fromEntries(names(30).map((name) => [name, 'x'.repeat(1024)]));
  const full = { ...group, dimensions: names(30), values: values(100, 'metric') };
  expect(metricLinesIn(metricLine(0, dimensions, [full]))).toHaveLength(1);
});

it.each([
  ['a fraction of a millisecond', good.replace('438,', '438.6443,'), 'Timestamp is not integer'],
  ['no time', good.replace('"Timestamp":1795810685438,', ''), 'Timestamp is missing'],
  ['a text before it', `INFO ${good}`, 'not valid JSON'],
  ['no dimension of that name', good.replace('"prefix":"fresco",', ''), 'the dimension prefix'],
  ['an empty dimension', metricLine(0, { prefix: '' }, [group]), 'the dimension prefix'],
  [
    'a long dimension',
    metricLine(0, { prefix: 'x'.repeat(1025) }, [group]),
    'the dimension prefix is no text of 1 to 1024 characters',
  ],
  ['a number that is none', good.replace('"Passes":1', '"Passes":null'), 'the metric Passes'],
  ['a number missing', good.replace(',"Passes":1', ''), 'the metric Passes is no finite number'],
  ['an unknown unit', good.replace('"Count"', '"Hours"'), 'Unit is not one of'],
  ['no metric', good.replace(/"Metrics":\[.*?\]/, '"Metrics":[]'), 'has fewer than 1 items'],
  ['an empty namespace', good.replace('"Fresco"', '""'), 'Namespace is too short'],
  ['31 dimensions', metricLine(0, {}, [{ ...group, dimensions: names(31) }]), 'more than 30 items'],
  ['101 metrics', metricLine(0, {}, [{ ...group, values: values(101) }]), 'more than 100 items'],
])('refuses a line with %s', (_, line, why) => {
  expect(() => metricLinesIn(line)).toThrow(why);
});
