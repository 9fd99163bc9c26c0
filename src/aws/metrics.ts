import { type CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { call } from './failures.ts';

const dayMs = 86_400_000;

/** How many messages a queue was sent in the last days, as SQS counts them; rejects with `StoreRefused`. */
export async function sentTo(
  client: CloudWatchClient,
  queueUrl: string,
  { days, nowMs }: { readonly days: number; readonly nowMs: number },
): Promise<number> {
  const Value = queueUrl.split('/').at(-1) ?? '';
  const { Datapoints = [] } = await call('count the webhooks', () =>
    client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/SQS',
        MetricName: 'NumberOfMessagesSent',
        Dimensions: [{ Name: 'QueueName', Value }],
        StartTime: new Date(nowMs - days * dayMs),
        EndTime: new Date(nowMs),
        Period: dayMs / 1000,
        Statistics: ['Sum'],
      }),
    ),
  );
  return Datapoints.reduce((sum, point) => sum + (point.Sum ?? 0), 0);
}
