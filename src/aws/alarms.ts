import { type CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { call } from './failures.ts';

/** One alarm of a stack, in the words of its description. */
export interface AlarmState {
  readonly says: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Since when it has been so, in epoch milliseconds. */
  readonly sinceMs: number | null;
}

/** The alarms that the stack of a prefix has made, known by how their description begins; rejects with `StoreRefused`. */
export async function alarmsOf(
  client: CloudWatchClient,
  prefix: string,
): Promise<readonly AlarmState[]> {
  const ours = `Fresco (${prefix}): `;
  return call('look at the alarms', async () => {
    const found: AlarmState[] = [];
    for await (const page of paginateDescribeAlarms({ client }, {})) {
      for (const alarm of page.MetricAlarms ?? []) {
        const { AlarmDescription: says = '', StateValue: state = 'INSUFFICIENT_DATA' } = alarm;
        if (!says.startsWith(ours)) continue;
        const sinceMs = alarm.StateTransitionedTimestamp?.getTime() ?? null;
        found.push({ says: says.slice(ours.length), state, sinceMs });
      }
    }
    return found;
  });
}
