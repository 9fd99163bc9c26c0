import { afterAll, beforeAll, expect, it } from 'vitest';
import { metricNamespace, rotatorMetrics } from '../../src/config/metric-names.ts';
import { type RotatorStack, startRotatorStack } from '../bundles/rotator-stack.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { type Assembly, frescoIn, synthesize } from './assembly.ts';
import { resourcesOf } from './template.ts';

// Goal: what the template deploys works. Method: its own environment, time limit, schedule input and alarm
// conditions are read back from the synthesized template and run over the doubles, with the built bundle.
let assembly: Assembly;
let stack: RotatorStack;

const all = (type: string) =>
  resourcesOf(assembly.deployed, type).map(([, { Properties }]) => Properties);

beforeAll(async () => {
  stack = await startRotatorStack(async (providerUrl) => {
    assembly = await synthesize((app) => {
      frescoIn(app, { providerUrl, watching: 'full' });
    });
    const rotator = all('AWS::Lambda::Function').find((it) =>
      String(it['Description']).includes('refreshes access tokens'),
    );
    if (rotator === undefined) throw new Error('the template has no rotator');
    const { Variables: variables } = rotator['Environment'] as {
      Variables: Record<string, string>;
    };
    return { variables, timeoutMs: Number(rotator['Timeout']) * 1000 };
  });
});

afterAll(() => stack?.stop());

/** The last line of metrics that a function wrote, as CloudWatch would read it. */
function metricsIn(logs: string): Record<string, number> {
  const lines = logs.split('\n').filter((line) => line.includes(`"${metricNamespace}"`));
  return JSON.parse(lines.at(-1)?.slice(lines.at(-1)?.indexOf('{')) ?? '{}');
}

function breaches(alarmEntry: string, metrics: Record<string, number>): boolean {
  const alarm = all('AWS::CloudWatch::Alarm').find((it) =>
    String(it['AlarmDescription']).endsWith(`#${alarmEntry}`),
  );
  const value = metrics[String(alarm?.['MetricName'])];
  if (value === undefined) throw new Error(`${alarmEntry} watches what was not measured`);
  return alarm?.['ComparisonOperator'] === 'LessThanThreshold'
    ? value < Number(alarm['Threshold'])
    : value >= Number(alarm?.['Threshold']);
}

function scheduled(): unknown {
  const inputs = all('AWS::Scheduler::Schedule').map(
    (it) => (it['Target'] as { Input: string }).Input,
  );
  return JSON.parse(inputs[0] ?? '');
}

it('from login to a scheduled rotation to an alarm, and back', async () => {
  await stack.logIn(13 * 3_600_000);
  const rotated = await stack.through('schedule', scheduled());
  expect(rotated.error).toBeUndefined();
  expect(stack.bus.events.map((event) => event.detailType)).toEqual(['Token Refreshed']);
  const well = metricsIn(rotated.logs);
  expect(well[rotatorMetrics.hoursLeft.name]).toBeGreaterThan(23);
  for (const entry of ['person-needed', 'access-token-near-its-end', 'uncertain-attempt']) {
    expect([entry, breaches(entry, well)]).toEqual([entry, false]);
  }

  await controlSandbox(stack.providerUrl, 'revoke');
  const operated = { connection: 'default', onlyIfDue: false };
  await stack.through('operator', operated);
  const refused = await stack.through('operator', operated);
  const broken = metricsIn(refused.logs);
  expect(breaches('person-needed', broken)).toBe(true);
  expect(stack.bus.events.map((event) => event.detailType)).toContain('Reauthorization Required');

  await stack.logIn();
  const mended = await stack.through('schedule', scheduled());
  expect(breaches('person-needed', metricsIn(mended.logs))).toBe(false);
});

it('a grant that was copied from another stage is not spent', async () => {
  await stack.logIn(13 * 3_600_000, '123456789012/eu-west-1/staging');
  const sent = async () => {
    const state = await fetch(`${stack.providerUrl}/_sandbox/state`);
    return ((await state.json()) as { counters: { tokenRequests: number } }).counters.tokenRequests;
  };
  const before = await sent();
  const { logs } = await stack.through('schedule', scheduled());
  expect(logs).toContain('elsewhere');
  expect(breaches('person-needed', metricsIn(logs))).toBe(true);
  expect(await sent()).toBe(before);
});
