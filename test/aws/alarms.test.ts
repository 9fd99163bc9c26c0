import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { alarmsOf } from '../../src/aws/alarms.ts';
import { sentTo } from '../../src/aws/metrics.ts';

it('finds the alarms of its own stack on every page, and leaves out those of others', async () => {
  const client = new CloudWatchClient({ region: 'eu-south-1' });
  const of = (prefix: string, StateValue: 'OK' | 'ALARM') => ({
    AlarmDescription: `Fresco (${prefix}): a person is needed. What to do: …`,
    StateValue,
    StateTransitionedTimestamp: new Date(1_000),
  });
  mockClient(client)
    .on(DescribeAlarmsCommand)
    .resolvesOnce({ MetricAlarms: [of('fresco', 'OK'), of('other', 'ALARM')], NextToken: 'more' })
    .resolves({ MetricAlarms: [{ AlarmName: 'not ours' }, of('fresco', 'ALARM')] });
  const says = 'a person is needed. What to do: …';
  expect(await alarmsOf(client, 'fresco')).toEqual([
    { says, state: 'OK', sinceMs: 1_000 },
    { says, state: 'ALARM', sinceMs: 1_000 },
  ]);
});

it('says that the alarms could not be looked at, and by whose right', async () => {
  const client = new CloudWatchClient({ region: 'eu-south-1' });
  const denied = Object.assign(new Error('not authorized'), { name: 'AccessDenied' });
  mockClient(client).on(DescribeAlarmsCommand).rejects(denied);
  await expect(alarmsOf(client, 'fresco')).rejects.toMatchObject({ name: 'StoreRefused' });
});

it('adds up what a queue was sent in so many days', async () => {
  const client = new CloudWatchClient({ region: 'eu-south-1' });
  const mocked = mockClient(client);
  mocked.on(GetMetricStatisticsCommand).resolves({ Datapoints: [{ Sum: 400 }, { Sum: 2 }] });
  const nowMs = Date.UTC(2026, 10, 30);
  const url = 'https://sqs.eu-south-1.amazonaws.com/000000000000/notifications';
  expect(await sentTo(client, url, { days: 30, nowMs })).toBe(402);
  expect(mocked.commandCalls(GetMetricStatisticsCommand)[0]?.args[0].input).toEqual({
    Namespace: 'AWS/SQS',
    MetricName: 'NumberOfMessagesSent',
    Dimensions: [{ Name: 'QueueName', Value: 'notifications' }],
    StartTime: new Date(Date.UTC(2026, 9, 31)),
    EndTime: new Date(nowMs),
    Period: 86_400,
    Statistics: ['Sum'],
  });
});
