import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { bounded } from '../aws/failures.ts';
import { rotatorClient } from '../aws/lambda.ts';
import {
  isBusThere,
  isSecretThere,
  type ScheduleState,
  scheduleState,
} from '../aws/stack-parts.ts';
import { type StackOutputs, secretName } from '../config/stack-outputs.ts';
import type { RefreshAnswer } from '../core/consumers/token-source.ts';

/** The parts of a stack that serve one connection; looking changes nothing. Each rejects with `StoreRefused`. */
export interface Deployed {
  hasSecret(kind: Parameters<typeof secretName>[2]): Promise<boolean>;
  /** Of the hourly check; `undefined` where the stack is too old to name it. */
  schedule(): Promise<ScheduleState | undefined>;
  /** Has the rotator read all that it reads, and spend nothing: only to be asked where a token is published. */
  rotator(): Promise<RefreshAnswer>;
  hasBus(): Promise<boolean>;
  readonly bus: string;
  readonly scheduleName: string | undefined;
}

/** What a stack's facts say of the parts behind one connection. */
export function deployedFor(
  connection: { readonly prefix: string; readonly name: string; readonly facts: StackOutputs },
  clients: { readonly secrets: SecretsManagerClient; readonly lambda: LambdaClient },
): Deployed {
  const { prefix, name, facts } = connection;
  const { checkGroup, checks } = facts;
  const scheduleName = checkGroup === undefined ? checks?.[name] : `${checkGroup}/${name}`;
  return {
    hasSecret: (kind) => isSecretThere(clients.secrets, secretName(prefix, name, kind)),
    schedule: async () =>
      scheduleName === undefined
        ? undefined
        : scheduleState(new SchedulerClient(bounded), scheduleName),
    // Older than any that was ever published: answered at once, without canary or spend.
    rotator: () =>
      rotatorClient(clients.lambda, facts.consumersAlias, name).ask({
        rejected: { grant: 0, generation: 0, attempt: 0 },
      }),
    hasBus: () => isBusThere(new EventBridgeClient(bounded), facts.bus),
    bus: facts.bus,
    scheduleName,
  };
}

/** Whether this machine can ask AWS anything at all. */
export async function awsAccess(): Promise<'ready' | 'no region' | 'no credentials'> {
  const { config } = new SSMClient(bounded);
  const region = await config.region().catch(() => undefined);
  if (!region) return 'no region';
  return config.credentials().then(
    () => 'ready',
    () => 'no credentials',
  );
}
