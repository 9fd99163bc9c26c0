import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnResourcePolicy, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { secretName } from '../src/stack-facts.ts';
import type { SecretKind } from './permissions.ts';

/** What a connection is made of. */
export interface ConnectionProps {
  readonly prefix: string;
  readonly connection: string;
  /** Encrypts all three secrets. */
  readonly key: IKey;
  /** ARNs of the rotator's role and of the operators: nobody else may read client or grant, or write. */
  readonly keepers: readonly string[];
}

const readActions = ['secretsmanager:GetSecretValue'];
const writeActions = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];

const secrets: Readonly<Record<SecretKind, { description: string; denied: readonly string[] }>> = {
  client: {
    description: 'Fresco: the application registered with the provider',
    denied: [...readActions, ...writeActions],
  },
  grant: {
    description: 'Fresco: the refresh token; private to the rotator and to login',
    denied: [...readActions, ...writeActions],
  },
  'access-token': {
    description: 'Fresco: the access token, for consumers',
    denied: writeActions,
  },
};

/**
 * The three secrets of a connection: empty until somebody logs in, kept when the stack goes. Each has a
 * policy that denies its values to all but the keepers, and that an administrator can still take off.
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
        resourcePolicy: exceptFor(props.keepers, denied),
        blockPublicPolicy: true,
      }).applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    }
  }
}

// A condition and no principal: who is named as a principal and deleted later is lost for good.
function exceptFor(keepers: readonly string[], actions: readonly string[]): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'KeepersOnly',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: actions,
        Resource: '*',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': keepers } },
      },
    ],
  };
}
