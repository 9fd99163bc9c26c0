import { DefaultStackSynthesizer, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnResourcePolicy, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { secretName } from '../src/config/stack-outputs.ts';
import type { SecretKind } from './permissions/permissions.ts';

/** What a connection is made of. */
export interface ConnectionProps {
  readonly prefix: string;
  readonly connection: string;
  /** Encrypts all three secrets. */
  readonly key: IKey;
  /** ARNs of the rotator's role and of the operators: nobody else may read client or grant, or write. */
  readonly allowedPrincipals: readonly string[];
}

/** What hands a value out, to a reader or to another region. */
const reading = [
  'secretsmanager:GetSecretValue',
  'secretsmanager:BatchGetSecretValue',
  'secretsmanager:ReplicateSecretToRegions',
];
/** What writes a value or moves a label. */
const writing = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];
/** What may do so too, and is CloudFormation's to call: it keeps tags, description, key and schedule. */
const changing = [
  'secretsmanager:UpdateSecret',
  'secretsmanager:RotateSecret',
  'secretsmanager:CancelRotateSecret',
];

const secrets: Readonly<Record<SecretKind, { description: string; denied: readonly string[] }>> = {
  client: {
    description: 'Fresco: the application registered with the provider',
    denied: [...reading, ...writing],
  },
  grant: {
    description: 'Fresco: the refresh token; private to the rotator and to login',
    denied: [...reading, ...writing],
  },
  'access-token': {
    description: 'Fresco: the access token, for consumers',
    denied: [...writing, 'secretsmanager:ReplicateSecretToRegions'],
  },
};

/**
 * The three secrets of a connection: empty until somebody logs in, kept when the stack goes. Each has a
 * policy that denies its values to all but the allowed principals, and that an administrator can still take off.
 */
export class Connection extends Construct {
  constructor(scope: Construct, id: string, props: ConnectionProps) {
    super(scope, id);
    for (const kind of Object.keys(secrets) as SecretKind[]) {
      const { description, denied } = secrets[kind];
      const secret = new CfnSecret(this, kind, {
        name: secretName(props.prefix, props.connection, kind),
        description,
        kmsKeyId: props.key.keyArn,
      });
      secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
      new CfnResourcePolicy(this, `${kind}-policy`, {
        secretId: secret.ref,
        resourcePolicy: exceptFor(this, props.allowedPrincipals, denied),
        blockPublicPolicy: true,
      }).applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    }
  }
}

// Conditions and no principal: who is named as a principal and deleted later is lost for good.
function exceptFor(
  scope: Construct,
  allowedPrincipals: readonly string[],
  actions: readonly string[],
) {
  const deny = (Sid: string, Action: readonly string[], Condition: object) => ({
    Sid,
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action,
    Resource: '*',
    Condition,
  });
  return {
    Version: '2012-10-17',
    Statement: [
      deny('KeepersOnly', actions, { ArnNotEquals: { 'aws:PrincipalArn': allowedPrincipals } }),
      deny('KeepersAndDeploysOnly', changing, {
        ArnNotEquals: { 'aws:PrincipalArn': [...allowedPrincipals, ...deployingRole(scope)] },
        'ForAllValues:StringNotEquals': { 'aws:CalledVia': 'cloudformation.amazonaws.com' },
      }),
    ],
  };
}

/** The role that CloudFormation deploys with, which itself alone can assume. */
function deployingRole(scope: Construct): string[] {
  const { synthesizer } = Stack.of(scope);
  if (!(synthesizer instanceof DefaultStackSynthesizer)) return [];
  return [Fn.sub(synthesizer.cloudFormationExecutionRoleArn)];
}
