import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { secretName } from '../../src/config/stack-outputs.ts';

/** The three secrets of a connection. */
export type SecretKind = Parameters<typeof secretName>[2];

/** Which secrets: of some kinds, and of one connection or of every one that the prefix has. */
export interface SecretSelection {
  readonly prefix: string;
  readonly kinds: readonly SecretKind[];
  /** @default - every connection, so that a policy does not grow with them */
  readonly connection?: string;
}

/**
 * ARNs of secrets by name. Secrets Manager adds a dash and six characters of its own, so the question
 * marks are the narrowest pattern that is known before a secret exists.
 */
export function secretArns(
  scope: Construct,
  { prefix, kinds, connection = '*' }: SecretSelection,
): string[] {
  return kinds.map((kind) => secretArn(scope, `${secretName(prefix, connection, kind)}-??????`));
}

function secretArn(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({ service: 'secretsmanager', resource: `secret:${name}` });
}

/** Reads the values of these secrets, and opens nothing else with the key. */
export function readingSecrets(
  scope: Construct,
  keyArn: string,
  selection: SecretSelection,
): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['secretsmanager:GetSecretValue'],
      resources: secretArns(scope, selection),
    }),
    usingKeyForSecrets(scope, keyArn, selection, ['kms:Decrypt']),
  ];
}

/** Reads these secrets, adds versions and moves labels; neither makes, changes nor deletes a secret. */
export function rotatingSecrets(
  scope: Construct,
  keyArn: string,
  selection: SecretSelection,
): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: [
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      resources: secretArns(scope, selection),
    }),
    usingKeyForSecrets(scope, keyArn, selection, ['kms:Decrypt', 'kms:GenerateDataKey']),
  ];
}

function usingKeyForSecrets(
  scope: Construct,
  keyArn: string,
  selection: SecretSelection,
  actions: string[],
): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [keyArn],
    conditions: {
      StringEquals: { 'kms:ViaService': viaService(scope, 'secretsmanager') },
      StringLike: { 'kms:EncryptionContext:SecretARN': secretArns(scope, selection) },
      // The star of a pattern spans slashes: a prefix that goes on where this one ends is another stage.
      StringNotLike: {
        'kms:EncryptionContext:SecretARN': secretArn(scope, `${selection.prefix}/*/*/*`),
      },
    },
  });
}

/** Uses the key through one service alone, as SQS and DynamoDB ask of those who call them. */
export function usingKeyThrough(
  scope: Construct,
  keyArn: string,
  service: 'sqs' | 'dynamodb',
): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
    resources: [keyArn],
    conditions: { StringEquals: { 'kms:ViaService': viaService(scope, service) } },
  });
}

/** Reads and writes items whose key begins so; `*` stands for the rest of a key. */
export function changingItems(
  tableArn: string,
  keys: readonly string[],
  actions: readonly ('GetItem' | 'PutItem' | 'UpdateItem' | 'BatchWriteItem')[],
): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } },
  });
}

function viaService(scope: Construct, service: string): string {
  return `${service}.${Stack.of(scope).region}.amazonaws.com`;
}
