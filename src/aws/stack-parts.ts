import { DescribeEventBusCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { call } from './failures.ts';

/** Whether a secret is there, whatever is in it; one that is marked for deletion is not. Rejects with `StoreRefused`. */
export async function isSecretThere(client: SecretsManagerClient, name: string): Promise<boolean> {
  const answer = await call(
    `look for the secret ${name}`,
    () => client.send(new DescribeSecretCommand({ SecretId: name })),
    ['ResourceNotFoundException'],
  );
  return answer !== 'ResourceNotFoundException' && answer.DeletedDate === undefined;
}

/** How a schedule stands. */
export type ScheduleState = 'enabled' | 'disabled' | 'missing';

/** Looks at a schedule of the default group; rejects with `StoreRefused`. */
export async function scheduleState(client: SchedulerClient, name: string): Promise<ScheduleState> {
  const answer = await call(
    `look at the schedule ${name}`,
    () => client.send(new GetScheduleCommand({ Name: name })),
    ['ResourceNotFoundException'],
  );
  if (answer === 'ResourceNotFoundException') return 'missing';
  return answer.State === 'DISABLED' ? 'disabled' : 'enabled';
}

/** Whether a bus, by name or ARN, is there; rejects with `StoreRefused`. */
export async function isBusThere(client: EventBridgeClient, bus: string): Promise<boolean> {
  const answer = await call(
    `look for the bus ${bus}`,
    () => client.send(new DescribeEventBusCommand({ Name: bus })),
    ['ResourceNotFoundException'],
  );
  return answer !== 'ResourceNotFoundException';
}
