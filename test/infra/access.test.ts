import { readFileSync } from 'node:fs';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import { frescoIn, operatorArn, synthesize } from './assembly.ts';
import {
  type Access,
  identityPolicies,
  isAllowed,
  isAllowedByKey,
  type Statement,
  statementsIn,
  statementsOfRole,
} from './iam.ts';
import { account, arnOf, type Deployed, region, resourcesOf } from './template.ts';

const kinds = ['client', 'grant', 'access-token'] as const;
const aliases = ['schedule', 'consumers', 'native', 'operator', 'consent'] as const;
type Kind = (typeof kinds)[number];

/** Every option that gives somebody a right is on; what a stack without webhooks but with traces gives is `other`. */
let deployed: Deployed;
let other: Deployed;

beforeAll(async () => {
  ({ deployed } = await synthesize((app) => {
    const { fresco } = frescoIn(app, {
      connections: ['default', 'second'],
      rotateNativelyEvery: Duration.days(30),
      alarmEmail: 'ops@example.com',
      renewSubscriptions: true,
      nightlySync: '01:30',
      nightlyJobs: [{ at: '03:30', lasts: Duration.hours(3) }],
    });
    fresco.grantReadToken(consumerIn(app));
  }));
  ({ deployed: other } = await synthesize((app) =>
    frescoIn(app, { webhooks: false, tracing: true }),
  ));
});

function consumerIn(app: App): Role {
  const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
  return new Role(new Stack(app, 'another-stack'), 'Consumer', { assumedBy });
}

/** Who is there, by a part of the role's logical id; and three who have more rights than Fresco gave. */
const roles = {
  rotator: /^RotatorRole/,
  connect: /ReconnectConnectRole/,
  receiver: /WebhookReceiverRole/,
  handler: /WebhookHandlerRole/,
  sync: /NightlySyncRole/,
  scheduler: /RotationSchedulerRole/,
  nightly: /NightlySchedulerRole/,
  watcher: /SubscriptionWatchInvoker/,
  consumer: /^Consumer/,
} as const;
type Who = keyof typeof roles | 'operator' | 'administrator' | 'stranger' | 'deploy';
const everyone = [...Object.keys(roles), 'operator', 'administrator', 'stranger'] as Who[];

it('every role of the templates is one of those that the sentences below are about', () => {
  const patterns = Object.values(roles);
  for (const [id] of resourcesOf(deployed, 'AWS::IAM::Role')) {
    expect([id, patterns.filter((it) => it.test(id)).length]).toEqual([id, 1]);
  }
});

function identityOf(who: Who): { readonly arn: string; readonly statements: readonly Statement[] } {
  switch (who) {
    case 'operator':
      return { arn: operatorArn, statements: statementsOfRole(deployed, 'operator') };
    case 'administrator':
      return {
        arn: `arn:aws:iam::${account}:role/administrator`,
        statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
      };
    case 'deploy':
      return {
        arn: `arn:aws:iam::${account}:role/cdk-hnb659fds-cfn-exec-role-${account}-${region}`,
        statements: identityOf('administrator').statements,
      };
    case 'stranger':
      return { arn: `arn:aws:iam::${account}:role/stranger`, statements: [] };
    default: {
      const found = resourcesOf(deployed, 'AWS::IAM::Role').filter(([id]) => roles[who].test(id));
      const [role] = found;
      if (role === undefined || found.length > 1) throw new Error(`${found.length} roles: ${who}`);
      return { arn: arnOf(...role), statements: statementsOfRole(deployed, role[0]) };
    }
  }
}

function secret(kind: Kind, connection = 'default') {
  const name = `fresco/${connection}/${kind}`;
  const found = resourcesOf(deployed, 'AWS::SecretsManager::Secret').find(
    ([, { Properties }]) => Properties['Name'] === name,
  );
  if (found === undefined) throw new Error(`no secret ${name}`);
  const arn = arnOf(...found);
  const policy = resourcesOf(deployed, 'AWS::SecretsManager::ResourcePolicy').find(
    ([, { Properties }]) => Properties['SecretId'] === arn,
  );
  return { arn, policy: statementsIn(policy?.[1].Properties['ResourcePolicy']) };
}

function key() {
  const [found, ...others] = resourcesOf(deployed, 'AWS::KMS::Key');
  if (found === undefined || others.length > 0) throw new Error('there is not one key');
  return { arn: arnOf(...found), policy: statementsIn(found[1].Properties['KeyPolicy']) };
}

function mayUseKey(who: Who, action: string, arn: string, versionId = 'a-version'): boolean {
  const { arn: principal, statements } = identityOf(who);
  const context = {
    'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': arn,
    'kms:EncryptionContext:SecretVersionId': versionId,
  };
  return isAllowedByKey(
    { principal, action: `kms:${action}`, resource: key().arn, context },
    statements,
    key().policy,
  );
}

function maySecret(
  who: Who,
  action: string,
  { arn, policy }: ReturnType<typeof secret>,
  context: Access['context'] = {},
): boolean {
  const { arn: principal, statements } = identityOf(who);
  const access: Access = { principal, action: `secretsmanager:${action}`, resource: arn, context };
  return isAllowed(access, statements, policy);
}

const mayRead = (who: Who, it: ReturnType<typeof secret>) =>
  maySecret(who, 'GetSecretValue', it) && mayUseKey(who, 'Decrypt', it.arn);
const mayWrite = (who: Who, it: ReturnType<typeof secret>) =>
  maySecret(who, 'PutSecretValue', it) && mayUseKey(who, 'GenerateDataKey', it.arn);

/** The row of a secret in the table of the architecture page: who reads it, who writes it. */
function documented(kind: Kind): readonly string[] {
  const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  return new RegExp(`^\\| \`${kind}\` \\| (.*) \\| (.*) \\|$`, 'm').exec(page)?.slice(1) ?? [];
}

describe('the value of a secret', () => {
  it.each<{ kind: Kind; readers: Who[] }>([
    { kind: 'grant', readers: ['rotator', 'operator'] },
    { kind: 'client', readers: ['rotator', 'operator'] },
    {
      kind: 'access-token',
      readers: ['rotator', 'handler', 'sync', 'consumer', 'operator', 'administrator'],
    },
  ])('of kind $kind is read by $readers and nobody else', ({ kind, readers }) => {
    expect(everyone.filter((who) => mayRead(who, secret(kind)))).toEqual(readers);
    expect(documented(kind)[0]).toBe(readers.join(', '));
  });

  it.each<{ kind: Kind; writers: Who[] }>([
    { kind: 'grant', writers: ['rotator', 'operator'] },
    { kind: 'access-token', writers: ['rotator', 'operator'] },
    { kind: 'client', writers: ['operator'] },
  ])('of kind $kind is written by $writers and nobody else', ({ kind, writers }) => {
    expect(everyone.filter((who) => mayWrite(who, secret(kind)))).toEqual(writers);
    expect(documented(kind)[1]).toBe(writers.join(', '));
    expect(
      everyone.filter((who) => maySecret(who, 'UpdateSecretVersionStage', secret(kind))),
    ).toEqual(writers);
  });

  it.each(['grant', 'client'] as const)(
    'of kind %s is kept from an administrator by the secret’s policy, and by the key’s without it',
    (kind) => {
      const { arn, policy } = secret(kind);
      expect(maySecret('administrator', 'GetSecretValue', { arn, policy })).toBe(false);
      expect(maySecret('administrator', 'GetSecretValue', { arn, policy: [] })).toBe(true);
      expect(mayUseKey('administrator', 'Decrypt', arn)).toBe(false);
      expect(mayUseKey('administrator', 'GenerateDataKey', arn)).toBe(false);
    },
  );

  const allCalls = Object.keys(secretsManager)
    .flatMap((it) => /^(\w+)Command$/.exec(it)?.[1] ?? [])
    .sort();
  const kept = [
    ...['BatchGetSecretValue', 'CancelRotateSecret', 'GetSecretValue', 'PutSecretValue'],
    ...['ReplicateSecretToRegions', 'RotateSecret', 'UpdateSecret', 'UpdateSecretVersionStage'],
  ];

  it.each<[Kind, readonly string[]]>([
    ['grant', kept],
    ['client', kept],
    ['access-token', kept.filter((call) => !call.endsWith('GetSecretValue'))],
  ])('of kind %s takes, of all calls that there are, %j from nobody but keepers', (kind, calls) => {
    expect(allCalls.length).toBeGreaterThan(20);
    expect(allCalls.filter((it) => !maySecret('administrator', it, secret(kind)))).toEqual(calls);
    for (const connection of ['default', 'second']) {
      for (const call of ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage']) {
        const { policy } = secret(kind, connection);
        const allowed = everyone.filter((who) => maySecret(who, call, secret(kind, connection)));
        expect([call, policy.length, allowed.includes('administrator')]).toEqual([call, 2, false]);
      }
    }
  });

  it('is not CloudFormation’s either, which keeps tags, description, key and schedule of a secret', () => {
    for (const kind of kinds) {
      const mine = (call: string) => maySecret('deploy', call, secret(kind));
      expect(kept.filter(mine)).toEqual([
        ...(kind === 'access-token' ? ['BatchGetSecretValue'] : []),
        'CancelRotateSecret',
        ...(kind === 'access-token' ? ['GetSecretValue'] : []),
        ...['RotateSecret', 'UpdateSecret'],
      ]);
      // Deployed without the role of a bootstrap, CloudFormation calls as whoever deploys.
      const context = { 'aws:CalledVia': ['cloudformation.amazonaws.com'] };
      expect(maySecret('administrator', 'UpdateSecret', secret(kind), context)).toBe(true);
      expect(maySecret('administrator', 'PutSecretValue', secret(kind), context)).toBe(false);
    }
  });

  it('is rotated on demand by operators alone, and where it is a grant', () => {
    const rotators = (kind: Kind) =>
      everyone.filter((who) => maySecret(who, 'RotateSecret', secret(kind)));
    expect(kinds.map(rotators)).toEqual([[], ['operator'], []]);
  });

  it('of one connection is not read by a consumer of another', () => {
    expect(mayRead('consumer', secret('access-token', 'second'))).toBe(false);
  });

  it('of a stage whose prefix goes on where this one’s ends is opened by nobody, even with one key for both', () => {
    const ofInner = (kind: Kind) => secret(kind).arn.replace('fresco/', 'fresco/inner/');
    for (const kind of kinds) {
      const openers = everyone.filter((who) => mayUseKey(who, 'Decrypt', ofInner(kind)));
      expect(openers).toEqual(kind === 'access-token' ? ['administrator'] : []);
    }
  });
});

describe('the key', () => {
  /** What the statements of a role let it do with the key: through which service, and for which secrets. */
  function usesOf(statements: readonly Statement[]): string[] {
    const uses = statements
      .filter(({ Action }) => [Action].flat().some((it) => it.startsWith('kms:')))
      .flatMap(({ Action, Condition = {} }) => {
        const services = [Condition['StringEquals']?.['kms:ViaService'] ?? 'anything'].flat();
        const arns = [Condition['StringLike']?.['kms:EncryptionContext:SecretARN'] ?? []].flat();
        const secrets = arns.map((arn) => ` ${arn.split(':secret:')[1]}`).join();
        const verbs = [Action]
          .flat()
          .map((it) => it.replace('kms:', ''))
          .sort();
        return services.map((it) => `${verbs.join()} through ${it.split('.')[0]}${secrets}`);
      });
    return [...new Set(uses)].sort();
  }

  const all = 'Decrypt,DescribeKey,GenerateDataKey';
  const [throughSqs, throughTable] = [`${all} through sqs`, `${all} through dynamodb`];
  const ofAll = (kind: Kind) => ` fresco/*/${kind}-??????`;
  const reading = `Decrypt through secretsmanager${ofAll('access-token')}`;
  const writing = (kinds: readonly Kind[]) =>
    `Decrypt,GenerateDataKey through secretsmanager${kinds.map(ofAll).join()}`;

  it.each<[Exclude<Who, 'administrator' | 'stranger' | 'deploy'>, readonly string[]]>([
    [
      'rotator',
      [
        `Decrypt through secretsmanager${ofAll('client')}`,
        throughTable,
        throughSqs,
        writing(['grant', 'access-token']),
      ],
    ],
    ['connect', []],
    ['receiver', [throughTable, throughSqs]],
    ['handler', [reading, throughTable, throughSqs]],
    ['sync', [reading, throughTable, throughSqs]],
    ['scheduler', [throughSqs]],
    ['nightly', [throughSqs]],
    ['watcher', [throughSqs]],
    ['consumer', ['Decrypt through secretsmanager fresco/default/access-token-??????']],
    ['operator', [throughTable, throughSqs, writing(['client', 'grant', 'access-token'])]],
  ])('opens for the %s: %j', (who, uses) => {
    expect(usesOf(identityOf(who).statements)).toEqual([...uses].sort());
  });

  it('is used through a service that is named, by every statement of every stack', () => {
    for (const stacks of [deployed, other]) {
      const uses = identityPolicies(stacks).flatMap(({ statements }) => usesOf(statements));
      expect(uses.filter((it) => it.includes('through anything'))).toEqual([]);
    }
    const services = (statement: Statement) => Object.values(Object(statement.Principal)).flat();
    expect(key().policy.map((it) => `${it.Effect} ${services(it).join()}`)).toEqual([
      `Allow arn:aws:iam::${account}:root`,
      'Deny *',
      'Allow cloudwatch.amazonaws.com,events.amazonaws.com',
    ]);
  });

  it('opens a secret for nobody who does not come through Secrets Manager', () => {
    const context = { 'kms:EncryptionContext:SecretARN': secret('access-token').arn };
    for (const through of ['sqs', 'dynamodb', 's3', undefined]) {
      const via = through && { 'kms:ViaService': `${through}.${region}.amazonaws.com` };
      const openers = everyone.filter((who) => {
        const { arn: principal, statements } = identityOf(who);
        const access = { principal, action: 'kms:Decrypt', resource: key().arn };
        return isAllowedByKey(
          { ...access, context: { ...context, ...via } },
          statements.filter(({ Condition }) => Condition?.['StringLike'] !== undefined),
          key().policy,
        );
      });
      expect([through, openers]).toEqual([through, []]);
    }
  });
});

describe('the receiver', () => {
  it('reads no secret', () => {
    for (const kind of kinds) {
      expect(maySecret('receiver', 'GetSecretValue', secret(kind))).toBe(false);
      expect(mayUseKey('receiver', 'Decrypt', secret(kind).arn)).toBe(false);
    }
  });

  it('may send to the queue, note whose notifications are taken, write its log and do nothing else', () => {
    const actions = identityOf('receiver').statements.flatMap(({ Action }) => Action);
    expect(new Set(actions)).toEqual(
      new Set([
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'sqs:SendMessage',
        'dynamodb:GetItem',
        'dynamodb:UpdateItem',
        'kms:Decrypt',
        'kms:GenerateDataKey',
        'kms:DescribeKey',
      ]),
    );
    const items = identityOf('receiver').statements.filter(({ Action }) =>
      [Action].flat().some((action) => action.startsWith('dynamodb:')),
    );
    expect(items.map(({ Condition }) => Condition)).toEqual([
      {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['subscriptions#*#senders'] },
      },
    ]);
  });
});

describe('the pages for consent', () => {
  it('may ask the rotator’s alias for consent, write their log and do nothing else', () => {
    const rights = identityOf('connect').statements.map(({ Effect, Action, Resource }) => [
      Effect,
      Action,
      Resource,
    ]);
    expect(rights).toEqual([
      [
        'Allow',
        ['logs:CreateLogStream', 'logs:PutLogEvents'],
        expect.stringMatching(/log-group:\w*ReconnectConnectLog\w*:\*$/),
      ],
      ['Allow', 'lambda:InvokeFunction', aliasArn('consent')],
    ]);
  });
});

describe('an administrator', () => {
  it('is not locked out: policies of secrets and key are theirs to change', () => {
    for (const kind of kinds) {
      expect(maySecret('administrator', 'PutResourcePolicy', secret(kind))).toBe(true);
      expect(maySecret('administrator', 'DeleteResourcePolicy', secret(kind))).toBe(true);
    }
    expect(mayUseKey('administrator', 'PutKeyPolicy', secret('grant').arn)).toBe(true);
  });

  it('may create and tag the secrets', () => {
    for (const kind of kinds) {
      const { arn } = secret(kind);
      expect(maySecret('administrator', 'CreateSecret', secret(kind))).toBe(true);
      expect(maySecret('administrator', 'TagResource', secret(kind))).toBe(true);
      for (const action of ['GenerateDataKey', 'Decrypt']) {
        expect(mayUseKey('administrator', action, arn, 'RequestToValidateKeyAccess')).toBe(true);
      }
    }
  });
});

describe('the rotator', () => {
  it.each<{ alias: (typeof aliases)[number]; callers: Who[] }>([
    { alias: 'schedule', callers: ['scheduler', 'administrator'] },
    {
      alias: 'consumers',
      callers: ['handler', 'sync', 'nightly', 'consumer', 'operator', 'administrator'],
    },
    { alias: 'native', callers: ['operator', 'administrator'] },
    { alias: 'operator', callers: ['operator', 'administrator'] },
    { alias: 'consent', callers: ['connect', 'administrator'] },
  ])('is invoked at its door $alias by $callers alone', ({ alias, callers }) => {
    expect(everyone.filter((who) => mayInvoke(who, alias))).toEqual(callers);
  });

  it('has no door without a name but for an administrator', () => {
    expect(everyone.filter((who) => mayInvoke(who))).toEqual(['administrator']);
  });

  it('is opened to services of AWS at the native door alone, for the grants of this stack', () => {
    const permissions = resourcesOf(deployed, 'AWS::Lambda::Permission')
      .map(([, { Properties }]) => Properties)
      .filter(({ FunctionName }) => String(FunctionName).includes('Rotator'));
    expect(permissions).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: aliasArn('native'),
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: account,
        SourceArn: `arn:aws:secretsmanager:${region}:${account}:secret:fresco/*/grant-??????`,
      },
    ]);
  });
});

describe('the table', () => {
  const mayItem = (who: Who, action: string, item: string) => {
    const { arn: principal, statements } = identityOf(who);
    const [table] = resourcesOf(deployed, 'AWS::DynamoDB::Table');
    if (table === undefined) throw new Error('no table');
    const context = { 'dynamodb:LeadingKeys': [item] };
    const access = { principal, action: `dynamodb:${action}`, resource: arnOf(...table), context };
    return isAllowed(access, statements);
  };

  it('holds journals that only the rotator and operators touch', () => {
    for (const action of ['GetItem', 'PutItem']) {
      expect(everyone.filter((who) => mayItem(who, action, 'journal#default'))).toEqual([
        'rotator',
        'operator',
        'administrator',
      ]);
    }
    expect(mayItem('handler', 'UpdateItem', 'journal#default')).toBe(false);
  });

  it('holds which notifications were seen, for the handler alone', () => {
    for (const action of ['GetItem', 'UpdateItem', 'BatchWriteItem']) {
      expect(everyone.filter((who) => mayItem(who, action, 'seen#default#0001invented'))).toEqual([
        'handler',
        'administrator',
      ]);
    }
  });

  it.each<[item: string, functions: Who[], readers?: Who[]]>([
    ['subscriptions#default', ['handler'], ['rotator']],
    ['subscriptions#default#senders', ['rotator', 'receiver', 'handler']],
    ['consent#default#start#0a1', ['rotator']],
    ['pause#default#108061', ['handler', 'sync']],
    ['told#default#108061#clients#1', ['handler', 'sync']],
    ['sync#default#cursors', ['sync']],
  ])(
    'holds %s for %j, and for operators, who watch, sync and hand out links',
    (item, functions, readers = []) => {
      const allowed = (action: string) => everyone.filter((who) => mayItem(who, action, item));
      const people = ['operator', 'administrator'];
      expect(allowed('UpdateItem')).toEqual([...functions, ...people]);
      expect(allowed('GetItem')).toEqual([...readers, ...functions, ...people]);
    },
  );

  it('is not deleted, scanned or queried by any function', () => {
    const removing = ['DeleteItem', 'BatchWriteItem'];
    for (const action of [...removing, 'Scan', 'Query', 'DeleteTable', 'UpdateTable']) {
      expect(everyone.filter((who) => mayItem(who, action, 'journal#default'))).toEqual([
        'administrator',
      ]);
    }
  });
});

describe('the dead letters', () => {
  it('are moved back into the queue by operators, who need rights at both ends', () => {
    const [dead, queue] = [queueArn('DeadLetters'), queueArn('Notifications')];
    const moves = ['GetQueueAttributes', 'StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage'];
    for (const action of moves) {
      expect(everyone.filter((who) => mayQueue(who, action, dead))).toEqual([
        'operator',
        'administrator',
      ]);
    }
    expect(mayQueue('operator', 'SendMessage', queue)).toBe(true);
  });

  it('are all that operators may take from a queue, and the key opens them through SQS alone', () => {
    const queue = queueArn('Notifications');
    for (const action of ['ReceiveMessage', 'DeleteMessage', 'PurgeQueue', 'SetQueueAttributes']) {
      expect(mayQueue('operator', action, queue)).toBe(false);
    }
    const { arn: principal, statements } = identityOf('operator');
    const through = (service: string) => {
      const context = { 'kms:ViaService': `${service}.${region}.amazonaws.com` };
      const access = { principal, action: 'kms:Decrypt', resource: key().arn, context };
      return isAllowedByKey(access, statements, key().policy);
    };
    expect(['sqs', 's3', 'lambda'].filter(through)).toEqual(['sqs']);
  });

  it('are nothing that operators may touch where no webhooks are received', () => {
    const actions = statementsOfRole(other, 'operator').flatMap(({ Action }) => Action);
    expect(actions.filter((it) => it.startsWith('sqs:'))).toEqual([]);
  });
});

describe('what a doctor looks at', () => {
  const may = (who: Who, action: string, resource: string) => {
    const { arn: principal, statements } = identityOf(who);
    return isAllowed({ principal, action, resource }, statements);
  };

  it('is shown to operators, who may change none of it', () => {
    const schedules = resourcesOf(deployed, 'AWS::Scheduler::Schedule')
      .filter(([, { Properties }]) => String(Properties['Description']).includes('checks'))
      .map((found) => arnOf(...found));
    const [bus] = resourcesOf(deployed, 'AWS::Events::EventBus').map((found) => arnOf(...found));
    expect(schedules).toHaveLength(2);
    for (const [action, resource] of [
      ...schedules.map((arn) => ['scheduler:GetSchedule', arn] as const),
      ['events:DescribeEventBus', bus ?? ''] as const,
    ]) {
      expect(everyone.filter((who) => may(who, action, resource))).toEqual([
        'operator',
        'administrator',
      ]);
    }
    for (const arn of schedules)
      expect(may('operator', 'scheduler:UpdateSchedule', arn)).toBe(false);
    for (const action of ['PutRule', 'DeleteEventBus', 'PutPermission']) {
      expect(may('operator', `events:${action}`, bus ?? '')).toBe(false);
    }
  });
});

describe('a wildcard', () => {
  /** Each with its reason; `?` is not one: it stands for the six characters that AWS adds to a name. */
  const reasons: Readonly<Record<string, string>> = {
    'alarm:* in a role or user':
      'the console page lists alarms, whose names CloudFormation chooses',
    'kms:* in AWS::KMS::Key':
      'Allow for the account: it leaves the key to IAM, without which nobody could ever change it',
    '* in AWS::KMS::Key': 'in the policy of a key, * is that key',
    '* in AWS::SecretsManager::ResourcePolicy': 'in the policy of a secret, * is that secret',
    'sqs:* in AWS::SQS::QueuePolicy': 'Deny of everything that does not come over TLS',
    ...Object.fromEntries(
      kinds.map((kind) => [
        `secret:fresco/*/${kind}-?????? in a role or user`,
        'every connection of the prefix, so that no policy grows with them; the key opens no longer prefix',
      ]),
    ),
    'schedule/fresco-Fresco-Rotation-Checks-72EB31E0/* in a role or user':
      'the checks of all connections: nothing else is in that group',
  };

  const traced = {
    '* in a role or user': 'X-Ray, where it is asked for, knows no resources',
  };

  it('is in no Action and no Resource but those listed here', () => {
    expect(wildcardsOf(deployed)).toEqual(Object.keys(reasons).sort());
  });

  it('comes with X-Ray alone, and for two actions that write traces', () => {
    expect(wildcardsOf(other)).toEqual(Object.keys({ ...reasons, ...traced }).sort());
    const wide = identityPolicies(other)
      .flatMap(({ statements }) => statements)
      .filter(({ Resource }) => Resource === '*');
    expect(new Set(wide.flatMap(({ Action }) => Action))).toEqual(
      new Set(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']),
    );
  });
});

describe('a consumer', () => {
  it('gets two rights and the key for one secret, and is refused a connection that is not there', async () => {
    const { statements } = identityOf('consumer');
    expect(statements.flatMap(({ Action }) => Action)).toEqual([
      'secretsmanager:GetSecretValue',
      'kms:Decrypt',
      'lambda:InvokeFunction',
    ]);
    await expect(
      synthesize((app) => frescoIn(app).fresco.grantReadToken(consumerIn(app), 'third')),
    ).rejects.toThrow("no connection 'third' to read a token of: name one of default");
  });
});

function aliasArn(alias?: string): string {
  const [found] = resourcesOf(deployed, 'AWS::Lambda::Function').filter(([id]) =>
    id.includes('Rotator'),
  );
  return `arn:aws:lambda:${region}:${account}:function:${found?.[0]}${alias ? `:${alias}` : ''}`;
}

function mayInvoke(who: Who, alias?: string): boolean {
  const { arn: principal, statements } = identityOf(who);
  return isAllowed(
    { principal, action: 'lambda:InvokeFunction', resource: aliasArn(alias) },
    statements,
  );
}

function queueArn(name: string): string {
  const found = resourcesOf(deployed, 'AWS::SQS::Queue').find(([id]) => id.includes(name));
  if (found === undefined) throw new Error(`no queue ${name}`);
  return arnOf(...found);
}

function mayQueue(who: Who, action: string, resource: string): boolean {
  const { arn: principal, statements } = identityOf(who);
  return isAllowed({ principal, action: `sqs:${action}`, resource }, statements);
}

function wildcardsOf(stacks: Deployed): string[] {
  const found = [...stacks.values()]
    .flatMap(({ Resources }) => Object.values(Resources))
    .flatMap(({ Type, Properties }) =>
      documentsIn(Properties).flatMap((document) =>
        statementsIn(document).flatMap((statement) => wildcardsIn(statement, Type)),
      ),
    );
  return [...new Set(found)].sort();
}

const policyKeys = ['PolicyDocument', 'KeyPolicy', 'ResourcePolicy', 'AssumeRolePolicyDocument'];

function documentsIn(properties: Readonly<Record<string, unknown>>): unknown[] {
  return policyKeys.flatMap((it) => properties[it] ?? []);
}

function wildcardsIn({ Action, Resource = [] }: Statement, type: string): string[] {
  const where = /^AWS::IAM::(Managed)?Policy$/.test(type) ? 'a role or user' : type;
  const actions = [Action].flat().filter((it) => it.includes('*'));
  const resources = [Resource].flat().filter((it) => it.includes('*') && !isLogStream(it));
  return [...actions, ...resources.map((it) => it.replace(/^(arn:([^:]+:){4})/, ''))].map(
    (it) => `${it} in ${where}`,
  );
}

/** The streams within a log group: what `Arn` of a log group gives. */
function isLogStream(arn: string): boolean {
  return /^arn:aws:logs:[^*]+:log-group:[^*:]+:\*$/.test(arn);
}
