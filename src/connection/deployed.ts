import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AlarmState } from '../aws/alarms.ts';
import { bounded } from '../aws/failures.ts';
import { rotatorClient } from '../aws/lambda.ts';
import { messagesIn, sqs } from '../aws/sqs/sqs.ts';
import {
  isBusThere,
  isSecretThere,
  type ScheduleState,
  scheduleState,
} from '../aws/stack-parts.ts';
import { type StackOutputs, secretName } from '../config/stack-outputs.ts';
import type { RefreshAnswer } from '../core/consumers/rotator.ts';
import { systemClock } from '../local/clock.ts';

/** The parts of a stack that serve one connection; looking changes nothing. Each rejects with `StoreRefused`. */
export interface Deployed {
  hasSecret(kind: Parameters<typeof secretName>[2]): Promise<boolean>;
  /** Of the hourly check; `undefined` where the stack is too old to name it. */
  schedule(): Promise<ScheduleState | undefined>;
  /** Has the rotator read all that it reads, and spend nothing: only to be asked where a token is published. */
  rotator(): Promise<RefreshAnswer>;
  hasBus(): Promise<boolean>;
  /** All alarms that the stack has made, its other connections' too. */
  alarms(): Promise<readonly AlarmState[]>;
  /** How many webhooks of the stack wait, and how many are dead letters; `undefined` where it takes none. */
  queues(): Promise<{ readonly waiting: number; readonly dead: number } | undefined>;
  /** How many messages the queue of webhooks was sent in the last days; 0 where the stack takes none. */
  received(days: number): Promise<number>;
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
  let watching: Promise<CloudWatchClient> | undefined;
  const watch = () => {
    watching ??= cloudWatch();
    return watching;
  };
  let queueClient: ReturnType<typeof sqs> | undefined;
  return {
    hasSecret: (kind) => isSecretThere(clients.secrets, secretName(prefix, name, kind)),
    schedule: async () => (scheduleName === undefined ? undefined : scheduleState(scheduleName)),
    // Older than any that was ever published: answered at once, without canary or spend.
    rotator: () =>
      rotatorClient(clients.lambda, facts.consumersAlias, name).ask({
        rejected: { grant: 0, generation: 0, attempt: 0 },
      }),
    hasBus: () => isBusThere(facts.bus),
    alarms: async () => {
      const { alarmsOf } = await import('../aws/alarms.ts');
      return alarmsOf(await watch(), prefix);
    },
    received: async (days) => {
      const { queueUrl } = facts;
      if (queueUrl === undefined) return 0;
      const { sentTo } = await import('../aws/metrics.ts');
      return sentTo(await watch(), queueUrl, { days, nowMs: systemClock.nowMs() });
    },
    queues: async () => {
      const { queueUrl, deadLetterQueueUrl } = facts;
      if (queueUrl === undefined || deadLetterQueueUrl === undefined) return undefined;
      queueClient ??= sqs();
      const client = queueClient;
      const [waiting, dead] = await Promise.all([
        messagesIn(client, queueUrl),
        messagesIn(client, deadLetterQueueUrl),
      ]);
      return { waiting, dead };
    },
    bus: facts.bus,
    scheduleName,
  };
}

async function cloudWatch(): Promise<CloudWatchClient> {
  const { CloudWatchClient: Client } = await import('@aws-sdk/client-cloudwatch');
  return new Client(bounded);
}
