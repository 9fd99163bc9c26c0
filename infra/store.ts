import { CfnParameter, CfnRule, Fn, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import {
  type IRole,
  type IUser,
  type PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { Connection } from './connection.ts';
import {
  changingItems,
  readingSecrets,
  rotatingSecrets,
  usingKeyThrough,
} from './permissions/permissions.ts';
import { storeKey } from './store-key.ts';

/** A role or user that may log in and rotate at any time. */
export type Operator = IRole | IUser;

/** What is to be kept, and for whom. */
export interface StoreProps {
  readonly prefix: string;
  readonly connections: readonly string[];
  readonly operators: readonly Operator[];
  readonly key: IKey | undefined;
  /** Whether a person may consent by a link. */
  readonly reconnect: boolean;
}

/**
 * What outlives the rest: key, secrets, table, and the one role that may rotate. A stack of its own,
 * protected from deletion, since neither a secret nor a key that CloudFormation has let go of can be taken
 * back by it: after a destroy and another deploy the store is as it was.
 */
export class Store extends Stack {
  readonly key: IKey;
  readonly table: Table;
  readonly rotatorRole: Role;

  constructor(scope: Construct, id: string, props: StoreProps) {
    const { prefix, connections } = props;
    super(scope, id, {
      stackName: `${prefix.replace(/[^A-Za-z0-9-]/g, '-')}-store`,
      description: `Fresco (${prefix}): secrets, table and key, kept when the rest is destroyed`,
      terminationProtection: true,
      ...environmentOf(Stack.of(scope)),
    });
    keepPrefix(this, prefix);
    this.rotatorRole = new Role(this, 'RotatorRole', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Fresco (${prefix}): the rotator, the only function that reads a refresh token`,
    });
    const allowedPrincipals = [this.rotatorRole.roleArn, ...props.operators.map(arnOf)];
    this.key = storeKey(this, 'Key', { prefix, allowedPrincipals, key: props.key });
    this.table = journalTable(this, this.key);
    for (const connection of connections) {
      new Connection(this, connection, { prefix, connection, key: this.key, allowedPrincipals });
    }
    this.#letRotate(props);
  }

  /** A consent asks for what subscriptions need, and tells the receiver whose notifications to take. */
  #consenting(): PolicyStatement[] {
    const { tableArn } = this.table;
    return [
      changingItems(tableArn, [consentKeys, senderKeys], ['GetItem', 'UpdateItem']),
      changingItems(tableArn, [subscriptionKeys], ['GetItem']),
    ];
  }

  #letRotate({ prefix, reconnect }: StoreProps): void {
    const { key, table, rotatorRole } = this;
    for (const statement of [
      ...readingSecrets(this, key.keyArn, { prefix, kinds: ['client'] }),
      ...rotatingSecrets(this, key.keyArn, { prefix, kinds: ['grant', 'access-token'] }),
      changingItems(table.tableArn, journalKeys, ['GetItem', 'PutItem']),
      ...(reconnect ? this.#consenting() : []),
      usingKeyThrough(this, key.keyArn, 'dynamodb'),
    ]) {
      rotatorRole.addToPolicy(statement);
    }
  }
}

/**
 * Has CloudFormation refuse a stack of another prefix in the place of this one. A parameter keeps the value of the
 * first deploy, and names of stacks are not one to one with prefixes: `a/b` and `a-b` have the same.
 */
export function keepPrefix(scope: Construct, prefix: string): void {
  // With a blank, since connections beside it may have any name without one.
  const { valueAsString: first } = new CfnParameter(scope, 'First Prefix', {
    default: prefix,
    description: 'The prefix that this stack was first deployed with',
  });
  const assertDescription = `This stack was deployed with another prefix than ${prefix}, whose connections would be refreshed no more: give the stack another name (docs/deploy.md)`;
  new CfnRule(scope, 'Prefix Stays', {
    assertions: [{ assert: Fn.conditionEquals(first, prefix), assertDescription }],
  });
}

/** The items that say which subscriptions a connection should have. */
export const subscriptionKeys = 'subscriptions#*';

/** Of those, the items that say whose notifications a connection takes. */
export const senderKeys = 'subscriptions#*#senders';

/** The items in which a sync keeps its position, what was published, and quotas at rest. */
export const syncKeys = ['sync#*', 'told#*', 'pause#*'];

/** The items of people on their way to a new consent, and of tickets for it. */
export const consentKeys = 'consent#*';

/** The items that are journals of connections. */
export const journalKeys = ['journal#*'];

/** The ARN by which a policy knows an operator. */
export function arnOf(operator: Operator): string {
  return 'roleArn' in operator ? operator.roleArn : operator.userArn;
}

function environmentOf({ account, region }: Stack) {
  const known = (value: string) => !Token.isUnresolved(value);
  return { env: { ...(known(account) && { account }), ...(known(region) && { region }) } };
}

/** Journals, events seen and quotas at rest; only the latter two have a time to live. */
function journalTable(scope: Construct, key: IKey): Table {
  return new Table(scope, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: 'expiresAt',
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
