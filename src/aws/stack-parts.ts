import { DescribeEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  DescribeSecretCommand,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { bounded, call } from './failures.ts';

/** Whether a secret is there, whatever is in it; one that is marked for deletion is not. Rejects with `StoreRefused`. */
export async function isSecretThere(client: SecretsManagerClient, name: string): Promise<boolean> {
  const answer = await call(
    `look for the secret ${name}`,
    () => client.send(new DescribeSecretCommand({ SecretId: name })),
    ['ResourceNotFoundException'],
  );
  return answer !== 'ResourceNotFoundException' && answer.DeletedDate === undefined;
}

/** Every version of a secret that is still kept, those without a label too; rejects with `StoreRefused`. */
export async function secretVersions(
  client: SecretsManagerClient,
  name: string,
): Promise<readonly { readonly versionId: string; readonly labels: readonly string[] }[]> {
  const found: { versionId: string; labels: readonly string[] }[] = [];
  let NextToken: string | undefined;
  do {
    const input = { SecretId: name, IncludeDeprecated: true, ...(NextToken && { NextToken }) };
    const answer = await call(`list the versions of ${name}`, () =>
      client.send(new ListSecretVersionIdsCommand(input)),
    );
    for (const { VersionId, VersionStages = [] } of answer.Versions ?? []) {
      if (VersionId !== undefined) found.push({ versionId: VersionId, labels: VersionStages });
    }
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** How a schedule stands. */
export type ScheduleState = 'enabled' | 'disabled' | 'missing';

/** Looks at a schedule, `<group>/<name>` or one of the default group; rejects with `StoreRefused`. */
export async function scheduleState(
  schedule: string,
  client = new SchedulerClient(bounded),
): Promise<ScheduleState> {
  const [Name, GroupName] = schedule.split('/').toReversed();
  const answer = await call(
    `look at the schedule ${schedule}`,
    () => client.send(new GetScheduleCommand({ Name, GroupName })),
    ['ResourceNotFoundException'],
  );
  if (answer === 'ResourceNotFoundException') return 'missing';
  return answer.State === 'DISABLED' ? 'disabled' : 'enabled';
}

/** Whether a bus, by name or ARN, is there; rejects with `StoreRefused`. */
export async function isBusThere(
  bus: string,
  client = new EventBridgeClient(bounded),
): Promise<boolean> {
  const answer = await call(
    `look for the bus ${bus}`,
    () => client.send(new DescribeEventBusCommand({ Name: bus })),
    ['ResourceNotFoundException'],
  );
  return answer !== 'ResourceNotFoundException';
}
