import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { changingItems, rotatingSecrets, secretArns, usingKeyThrough } from './permissions.ts';
import { sendingTo } from './queues.ts';
import type { Rotation } from './rotation.ts';
import { journalKeys, type Operator, type Store, subscriptionKeys, syncKeys } from './store.ts';
import type { Webhook } from './webhook.ts';

/** Whom to let do what the command does. */
export interface OperatorsProps {
  readonly prefix: string;
  readonly connections: readonly string[];
  readonly operators: readonly Operator[];
  readonly store: Store;
  readonly rotation: Rotation;
  readonly webhook: Webhook | undefined;
  readonly parameterArn: string;
  readonly busArn: string;
}

/**
 * What a login, a status, a diagnosis, a recovery, a rotation at will, a sync and a redrive need. A role that
 * cannot be changed here, such as one of IAM Identity Center, has to bring these rights with it.
 */
export function letOperate(scope: Construct, id: string, props: OperatorsProps): void {
  const { prefix, connections, store, rotation } = props;
  const { keyArn } = store.key;
  const of = (kinds: Parameters<typeof secretArns>[1]['kinds']) =>
    secretArns(scope, { prefix, connections, kinds });
  const policy = new Policy(scope, id, {
    statements: [
      ...rotatingSecrets(scope, keyArn, of(['client', 'grant', 'access-token'])),
      new PolicyStatement({
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'],
        resources: of(['client', 'grant', 'access-token']),
      }),
      new PolicyStatement({
        actions: ['secretsmanager:RotateSecret', 'secretsmanager:CancelRotateSecret'],
        resources: of(['grant']),
      }),
      changingItems(store.table.tableArn, journalKeys, ['GetItem', 'PutItem']),
      changingItems(
        store.table.tableArn,
        [subscriptionKeys, ...syncKeys],
        ['GetItem', 'UpdateItem'],
      ),
      usingKeyThrough(scope, keyArn, 'dynamodb'),
      new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [props.parameterArn] }),
      new PolicyStatement({
        actions: ['events:DescribeEventBus', 'events:PutEvents'],
        resources: [props.busArn],
      }),
      new PolicyStatement({
        actions: ['scheduler:GetSchedule'],
        resources: [...rotation.checks.values()].map((check) => check.scheduleArn),
      }),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [rotation.operatorAlias, rotation.consumersAlias, rotation.nativeAlias].map(
          (alias) => alias.functionArn,
        ),
      }),
      ...(props.webhook === undefined ? [] : redriving(scope, keyArn, props.webhook)),
    ],
  });
  for (const operator of props.operators) operator.attachInlinePolicy(policy);
}

/** SQS moves dead letters as whoever asked for it: that takes rights at both ends, and the key through SQS. */
function redriving(scope: Construct, keyArn: string, webhook: Webhook): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: [
        'sqs:GetQueueAttributes',
        'sqs:StartMessageMoveTask',
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
      ],
      resources: [webhook.deadLetterQueue.queueArn],
    }),
    ...sendingTo(scope, keyArn, webhook.queue),
  ];
}
