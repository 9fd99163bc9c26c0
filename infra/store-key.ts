import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { secretArns } from './permissions/permissions.ts';

/** Whose secrets the key guards, and who may open them. */
export interface StoreKeyProps {
  readonly prefix: string;
  /** ARNs of the rotator's role and of the operators. */
  readonly allowedPrincipals: readonly string[];
  /** A key to use in place of a new one, with the policy that it has. */
  readonly key: IKey | undefined;
}

const cryptography = [
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/**
 * The key of everything that Fresco stores. Rights come from identity policies, so that an administrator
 * is not locked out; but what a client or grant secret holds it opens for the allowed principals alone.
 */
export function storeKey(scope: Construct, id: string, props: StoreKeyProps): IKey {
  // Its stack may be made before this one, and must not wait for the roles that a policy would name.
  if (props.key !== undefined) return Key.fromKeyArn(scope, id, props.key.keyArn);
  const key = newKey(scope, id, props.prefix);
  key.addToResourcePolicy(keepersOnly(scope, props));
  key.addToResourcePolicy(usedBy(scope, 'events.amazonaws.com'));
  key.addToResourcePolicy(usedBy(scope, 'cloudwatch.amazonaws.com'));
  return key;
}

function newKey(scope: Construct, id: string, prefix: string): Key {
  return new Key(scope, id, {
    alias: prefix,
    description: `Fresco (${prefix}): secrets, table, queues and bus`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

function keepersOnly(scope: Construct, props: StoreKeyProps): PolicyStatement {
  const { prefix, allowedPrincipals } = props;
  const privates = secretArns(scope, { prefix, kinds: ['client', 'grant'] });
  return new PolicyStatement({
    sid: 'KeepersOnly',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: cryptography,
    resources: ['*'],
    conditions: {
      StringLike: { 'kms:EncryptionContext:SecretARN': privates },
      // With this Secrets Manager tries a key for the creator of a secret, which is CloudFormation.
      StringNotEquals: {
        'kms:EncryptionContext:SecretVersionId': 'RequestToValidateKeyAccess',
      },
      ArnNotEquals: { 'aws:PrincipalArn': allowedPrincipals },
    },
  });
}

/** An encrypted bus and an encrypted topic are written to by services that have no role here. */
function usedBy(scope: Construct, service: string): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal(service)],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}
