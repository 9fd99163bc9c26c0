import { Duration } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FrescoProps } from '../../../infra/fresco.ts';
import { everyNightAt, preparationFor } from '../../../infra/nightly/night.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { completionMetric } from '../../../src/lambda/sync.ts';
import { type Assembly, frescoIn, synthesize } from '../assembly.ts';
import { CloudWatch } from '../cloudwatch.ts';
import { resourcesOf } from '../template.ts';

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
      { at: '03:05', lasts: Duration.hours(1) },
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

  it('a job just after the hour that is missing once is prepared before it, for as long as any night takes', () => {
    expect(scheduled('job-3')).toMatchObject({
      expression: 'cron(50 1 * * ? *)',
      input: { minValidityMs: (75 + 60 + 60) * 60_000 },
    });
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
    metrics.putEmbedded(completionMetric(0, ofDefault), 0);
    const minutes = [30 * 60 - 1, 30 * 60];
    expect(minutes.map((it) => metrics.isBreached(first, it))).toEqual([false, true]);
  });

  it.each<[FrescoProps, RegExp]>([
    [{ nightlySync: '4:15' }, /such as 03:30, got '4:15'/],
    [{ nightlyJobs: [{ at: '25:00', lasts: Duration.hours(1) }] }, /got '25:00'/],
    [{ nightlySync: '02:00' }, /'02:00' does not exist in the night in which summer time begins/],
    [{ nightlySync: '02:59' }, /choose a time before 02:00 or from 03:00 on/],
    [{ nightlyJobs: [{ at: '04:00', lasts: Duration.hours(24) }] }, /23 hours at most/],
    [{ nightlyJobs: [{ at: '03:05', lasts: Duration.hours(23) }] }, /21 hours at most/],
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

describe('over the nights of a year', () => {
  const ordinary = '2026-11-24';
  const [begins, ends] = ['2027-03-28', '2026-10-25'];
  const romeClock = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Rome',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const clocks = new Map(
    [ordinary, begins, ends].flatMap((day) => {
      const from = Date.parse(`${day}T00:00Z`) - 26 * 3_600_000;
      return Array.from({ length: 52 * 60 }, (_, minute) => from + minute * 60_000).map(
        (atMs) => [`${day} ${atMs}`, romeClock.format(atMs)] as const,
      );
    }),
  );

  /** The moments of a night at which the clock in Italy shows a time: none, one or two. */
  function momentsOf(night: string, day: string, minutes: number): number[] {
    const shown = `${day} ${clock(minutes)}`;
    return [...clocks].flatMap(([key, rome]) =>
      key.startsWith(night) && rome === shown ? [Number(key.split(' ')[1])] : [],
    );
  }

  const clock = (minutes: number) =>
    [Math.floor(minutes / 60), minutes % 60].map((it) => String(it).padStart(2, '0')).join(':');
  const before = (day: string) =>
    new Date(Date.parse(`${day}T00:00Z`) - 86_400_000).toISOString().slice(0, 10);

  // Around the hours that are missing or come twice, by the minute where something changes.
  const times = [
    0, 14, 15, 60, 105, 119, 120, 134, 135, 150, 179, 180, 185, 194, 195, 196, 210, 720,
  ];

  it.each([ordinary, begins, ends])(
    'each job of %s finds a token that was asked for a quarter of an hour ahead and lasts',
    (day) => {
      for (const job of times) {
        const { minutes, aheadMinutesMax } = preparationFor(clock(job));
        const prepared = momentsOf(day, minutes > job ? before(day) : day, minutes);
        expect([clock(job), prepared.length]).toEqual([clock(job), 1]);
        const skipped = momentsOf(day, day, job + 60);
        const starts = momentsOf(day, day, job);
        // A job in the missing hour is skipped, or starts as the clock goes on from 03:00.
        for (const start of starts.length > 0 ? starts : skipped) {
          const ahead = (start - (prepared[0] ?? 0)) / 60_000;
          expect([clock(job), ahead >= 15, ahead <= aheadMinutesMax]).toEqual([
            clock(job),
            true,
            true,
          ]);
        }
      }
    },
  );

  it('a sync begins on each, whatever the time that is taken', () => {
    for (const time of times) {
      const taken = (() => {
        try {
          return everyNightAt(clock(time));
        } catch {
          return undefined;
        }
      })();
      const isMissing = momentsOf(begins, begins, time).length === 0;
      expect([clock(time), taken]).toEqual([clock(time), isMissing ? undefined : time]);
    }
  });
});
