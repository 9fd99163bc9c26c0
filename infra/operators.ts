import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { changingItems, rotatingSecrets, secretArns, usingKeyThrough } from './permissions.ts';
import type { Rotation } from './rotation.ts';
import { journalKeys, type Operator, type Store } from './store.ts';

/** Whom to let do what the command does. */
export interface OperatorsProps {
  readonly prefix: string;
  readonly connections: readonly string[];
  readonly operators: readonly Operator[];
  readonly store: Store;
  readonly rotation: Rotation;
  readonly parameterArn: string;
}

/**
 * What a login, a status, a recovery and a rotation at will need. A role that cannot be changed here, such
 * as one of IAM Identity Center, has to bring these rights with it.
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
      usingKeyThrough(scope, keyArn, 'dynamodb'),
      new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [props.parameterArn] }),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [rotation.operatorAlias, rotation.consumersAlias, rotation.nativeAlias].map(
          (alias) => alias.functionArn,
        ),
      }),
    ],
  });
  for (const operator of props.operators) operator.attachInlinePolicy(policy);
}
