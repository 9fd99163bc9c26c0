import { Duration } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FrescoProps } from '../../infra/fresco.ts';
import { parseConfig } from '../../src/config.ts';
import { completionMetric } from '../../src/wiring/sync.ts';
import { type Assembly, frescoIn, synthesize } from './assembly.ts';
import { CloudWatch } from './cloudwatch.ts';
import { resourcesOf } from './template.ts';

let assembly: Assembly;

const all = (type: string) =>
  resourcesOf(assembly.deployed, type).map(([, { Properties }]) => Properties);
const synthesized = (props: FrescoProps) => synthesize((app) => void frescoIn(app, props));

/** A schedule's time, its zone and what it sends, by what its description ends with. */
function scheduled(name: string) {
  const found = all('AWS::Scheduler::Schedule').find((it) =>
    String(it['Description']).endsWith(name),
  );
  const target = found?.['Target'] as { Input: string; Arn: string };
  return {
    expression: found?.['ScheduleExpression'],
    zone: found?.['ScheduleExpressionTimezone'],
    input: JSON.parse(target.Input),
    target: target.Arn,
  };
}

beforeAll(async () => {
  assembly = await synthesized({
    connections: ['default', 'other'],
    nightlySync: '04:15',
    nightlyJobs: [
      { at: '00:10', lasts: Duration.hours(3) },
      { at: '03:30', lasts: Duration.minutes(30), connection: 'other' },
    ],
  });
});

describe('at night', () => {
  it('each connection is synced at the time that the clock in Italy shows', () => {
    expect(scheduled('sync-default')).toMatchObject({
      expression: 'cron(15 4 * * ? *)',
      zone: 'Europe/Rome',
      input: { connection: 'default' },
    });
    expect(scheduled('sync-other').input).toEqual({ connection: 'other' });
  });

  it('a token that lasts for each job is asked for a quarter of an hour ahead, as consumers do', () => {
    expect(scheduled('job-1')).toMatchObject({
      expression: 'cron(55 23 * * ? *)',
      input: { connection: 'default', minValidityMs: 195 * 60_000 },
      target: expect.stringMatching(/consumers/),
    });
    expect(scheduled('job-2').input).toEqual({ connection: 'other', minValidityMs: 45 * 60_000 });
  });

  it('the sync can read back what it is told, and goes on by its own queue', () => {
    const sync = all('AWS::Lambda::Function').find((it) =>
      String(it['Description']).includes('since the last sync'),
    );
    const environment = sync?.['Environment'] as { Variables: Record<string, string> } | undefined;
    expect(parseConfig('sync', environment?.Variables ?? {})).toMatchObject({
      connections: ['default', 'other'],
    });
    const sources = all('AWS::Lambda::EventSourceMapping').filter((it) => it['BatchSize'] === 1);
    expect(sources).toHaveLength(1);
  });

  it('a sync that dies before it has left word begins again, and each of its messages comes five times', () => {
    const ofNight = all('AWS::Lambda::EventInvokeConfig').filter(
      (it) => it['Qualifier'] === 'nightly',
    );
    expect(ofNight).toMatchObject([{ MaximumRetryAttempts: 2 }]);
    const redriven = all('AWS::SQS::Queue').filter((it) => it['VisibilityTimeout'] === 6 * 900);
    expect(redriven).toMatchObject([{ RedrivePolicy: { maxReceiveCount: 5 } }]);
  });

  it('somebody is told once thirty hours have passed without a sync completed', () => {
    const alarms = all('AWS::CloudWatch::Alarm').filter((it) =>
      String(it['AlarmDescription']).endsWith('#sync-not-complete'),
    );
    expect(alarms).toHaveLength(2);
    const [first] = alarms as [Readonly<Record<string, unknown>>];
    const metrics = new CloudWatch();
    const ofDefault = { prefix: 'fresco', connection: 'default' };
    metrics.putEmbedded(completionMetric(0, ofDefault), 2);
    expect([31, 32].map((period) => metrics.isBreached(first, period))).toEqual([false, true]);
  });

  it.each<[FrescoProps, RegExp]>([
    [{ nightlySync: '4:15' }, /such as 03:30, got '4:15'/],
    [{ nightlyJobs: [{ at: '25:00', lasts: Duration.hours(1) }] }, /got '25:00'/],
    [{ nightlyJobs: [{ at: '03:00', lasts: Duration.hours(24) }] }, /23 hours at most/],
    [
      { nightlyJobs: [{ at: '03:00', lasts: Duration.hours(1), connection: 'nobody' }] },
      /no connection 'nobody'/,
    ],
  ])('%j is refused', async (props, words) => {
    await expect(synthesized(props)).rejects.toThrow(words);
  });

  it('nothing happens unless it is chosen', async () => {
    assembly = await synthesized({});
    const names = all('AWS::Scheduler::Schedule').map((it) => String(it['Description']));
    expect(names).toEqual([
      'Fresco: checks fresco/default',
      'Fresco: looks after the subscriptions of default',
    ]);
  });
});
