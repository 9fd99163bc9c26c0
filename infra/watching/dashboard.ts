import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type MetricName, metricNamespace, rotatorMetrics } from '../../src/config/metric-names.ts';
import type { Webhook } from '../webhook.ts';

/** What is drawn. */
export interface DashboardProps {
  readonly prefix: string;
  readonly connections: readonly string[];
  readonly webhook: Webhook | undefined;
}

/** One page: how fresh each connection is, how passes end, and what waits. */
export function dashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const { prefix, connections, webhook } = props;
  const board = new Dashboard(scope, id, { defaultInterval: Duration.days(7) });
  board.addWidgets(
    new GraphWidget({
      title: 'Hours of access token left',
      left: connections.map((connection) =>
        gauge(rotatorMetrics.hoursLeft, 'Minimum', prefix, connection),
      ),
      width: 12,
    }),
    new GraphWidget({
      title: 'A person is needed; hours since an unanswered send',
      left: connections.map((connection) =>
        gauge(rotatorMetrics.personNeeded, 'Maximum', prefix, connection),
      ),
      right: connections.map((connection) =>
        gauge(rotatorMetrics.uncertainHours, 'Maximum', prefix, connection),
      ),
      width: 12,
    }),
    new GraphWidget({
      title: 'Days since the refresh token was used',
      left: connections.map((connection) =>
        gauge(rotatorMetrics.idleDays, 'Maximum', prefix, connection),
      ),
      width: 12,
    }),
    new GraphWidget({ title: 'How passes end', left: [passes(prefix)], width: 12 }),
    ...(webhook === undefined ? [] : [queues(webhook)]),
  );
  return board;
}

function gauge(metric: MetricName, statistic: string, prefix: string, connection: string): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: metric.name,
    dimensionsMap: { prefix, connection },
    statistic,
    period: Duration.hours(1),
    label: connection,
  });
}

function passes(prefix: string): MathExpression {
  const { name, dimensions } = rotatorMetrics.passes;
  const schema = [metricNamespace, ...dimensions].join(',');
  return new MathExpression({
    expression: `SEARCH('{${schema}} MetricName="${name}" prefix="${prefix}"', 'Sum', 3600)`,
    usingMetrics: {},
    label: '',
    period: Duration.hours(1),
  });
}

function queues({ queue, deadLetterQueue }: Webhook): GraphWidget {
  return new GraphWidget({
    title: 'Notifications that wait, and dead letters',
    left: [
      queue.metricApproximateNumberOfMessagesVisible({ label: 'waiting' }),
      deadLetterQueue.metricApproximateNumberOfMessagesVisible({ label: 'dead letters' }),
    ],
    width: 12,
  });
}
