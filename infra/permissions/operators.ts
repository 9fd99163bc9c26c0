import { ArnFormat, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { sendingTo } from '../queues.ts';
import type { Rotation } from '../rotation.ts';
import {
  consentKeys,
  journalKeys,
  type Operator,
  type Store,
  subscriptionKeys,
  syncKeys,
} from '../store.ts';
import type { Webhook } from '../webhook.ts';
import { changingItems, rotatingSecrets, secretArns, usingKeyThrough } from './permissions.ts';

/** Whom to let do what the command does. */
export interface OperatorsProps {
  readonly prefix: string;
  readonly operators: readonly Operator[];
  readonly store: Store;
  readonly rotation: Rotation;
  readonly webhook: Webhook | undefined;
  readonly parameterArn: string;
  readonly busArn: string;
}

/**
 * What a login, a status, a diagnosis, a recovery, a rotation, a sync and a redrive need, as a managed policy: a
 * user takes 2,048 characters of inline policies in all. A role that cannot be changed here, such as one of IAM
 * Identity Center, has to bring these rights with it.
 */
export function grantOperators(scope: Construct, id: string, props: OperatorsProps): void {
  if (props.operators.length === 0) return;
  const policy = new ManagedPolicy(scope, id, {
    description: `Fresco (${props.prefix}): what operators need`,
    statements: operating(scope, props),
  });
  for (const operator of props.operators) attach(policy, operator);
}

function attach(policy: ManagedPolicy, operator: Operator): void {
  if ('userArn' in operator) policy.attachToUser(operator);
  else if (Role.isRole(operator)) policy.attachToRole(operator);
  // Of an imported role: attaches where it may be changed, and does nothing where not.
  else operator.addManagedPolicy(policy);
}

function operating(scope: Construct, props: OperatorsProps): PolicyStatement[] {
  const { prefix, store, rotation } = props;
  const { keyArn } = store.key;
  const secrets = { prefix, kinds: ['client', 'grant', 'access-token'] } as const;
  return [
    ...rotatingSecrets(scope, keyArn, secrets),
    new PolicyStatement({
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'],
      resources: secretArns(scope, secrets),
    }),
    new PolicyStatement({
      actions: ['secretsmanager:RotateSecret', 'secretsmanager:CancelRotateSecret'],
      resources: secretArns(scope, { prefix, kinds: ['grant'] }),
    }),
    changingItems(store.table.tableArn, journalKeys, ['GetItem', 'PutItem']),
    changingItems(
      store.table.tableArn,
      [subscriptionKeys, ...syncKeys, ...(rotation.consentAlias ? [consentKeys] : [])],
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
      resources: checkArns(scope, rotation),
    }),
    new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: [rotation.operatorAlias, rotation.consumersAlias, rotation.nativeAlias].map(
        (alias) => alias.functionArn,
      ),
    }),
    new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: [alarmArns(scope)] }),
    ...(props.webhook === undefined ? [] : redriving(scope, keyArn, props.webhook)),
  ];
}

/** All alarms of the region: their names are CloudFormation's. */
export function alarmArns(scope: Construct): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  const all = { service: 'cloudwatch', resource: 'alarm', resourceName: '*', arnFormat };
  return Stack.of(scope).formatArn(all);
}

/** The schedules of the checks, whatever their connections. */
export function checkArns(scope: Construct, { checks }: Rotation): string[] {
  const resourceName = `${checks.scheduleGroupName}/*`;
  return [Stack.of(scope).formatArn({ service: 'scheduler', resource: 'schedule', resourceName })];
}

/** SQS moves dead letters with the rights of the caller: that takes rights at both ends, and the key through SQS. */
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
    new PolicyStatement({
      actions: ['sqs:GetQueueAttributes'],
      resources: [webhook.queue.queueArn],
    }),
    ...sendingTo(scope, keyArn, webhook.queue),
  ];
}
