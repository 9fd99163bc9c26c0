// Goal: what is synthesized is not refused in the middle of a deploy for its size. Method: three stages with
// everything on, of 1, 10 and 50 connections, in one app; each text is measured as AWS would get it.
import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Role, User } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import { Fresco } from '../../../infra/fresco.ts';
import { frescoIn, synthesize } from '../assembly.ts';
import { account, type Deployed, type Resource } from '../template.ts';

const stages = { one: 1, ten: 10, fifty: 50 } as const;
const names = (count: number) =>
  Array.from({ length: count }, (_, at) => `azienda-${String(at + 1).padStart(2, '0')}`);
const pem = `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(124)}\n-----END PUBLIC KEY-----`;

let deployed: Deployed;

beforeAll(async () => {
  ({ deployed } = await synthesize((app) => {
    // CDK's own count would refuse the largest; its texts are measured all the same.
    app.node.setContext('@aws-cdk/core:stackResourceLimit', 0);
    for (const [prefix, count] of Object.entries(stages)) {
      const identities = new Stack(app, `${prefix}-operators`);
      const operators = [
        User.fromUserArn(identities, 'User', `arn:aws:iam::${account}:user/ann`),
        Role.fromRoleArn(identities, 'Role', `arn:aws:iam::${account}:role/ops`),
        ...names(8).map((it) =>
          Role.fromRoleArn(identities, it, `arn:aws:iam::${account}:role/${it}`),
        ),
      ];
      frescoIn(
        app,
        {
          connections: names(count),
          operators,
          rotateNativelyEvery: Duration.days(30),
          alarmEmail: 'ops@example.com',
          watching: 'full',
          renewSubscriptions: true,
          applicationId: '123456789012345',
          webhookPublicKeys: [pem, pem],
          nightlySync: '01:30',
          nightlyJobs: [{ at: '03:30', lasts: Duration.hours(3) }],
          reservedConcurrency: 1,
          tracing: true,
        },
        prefix,
      );
    }
  }));
});

/** The resources of a stage, in both its stacks. */
function resourcesIn(stage: string): [string, Resource][] {
  return [stage, `${stage}-store`].flatMap((stack) =>
    Object.entries(deployed.get(stack)?.Resources ?? {}),
  );
}

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)).length;
const sum = (lengths: readonly number[]) => lengths.reduce((total, it) => total + it, 0);

/** Lengths by name of what a limit is for. */
type Measured = Readonly<Record<string, number>>;

function each(stage: string, type: string, of: (it: Resource['Properties']) => unknown): Measured {
  const found = resourcesIn(stage).filter(([, { Type }]) => Type === type);
  return Object.fromEntries(found.map(([id, { Properties }]) => [id, text(of(Properties))]));
}

/** All inline policies of a role, or all managed policies, since what IAM limits is their sum or their number. */
function byRole(stage: string, type: string, of: (it: Resource['Properties']) => number): Measured {
  const roles = new Map<string, number>();
  for (const [, { Type, Properties }] of resourcesIn(stage)) {
    if (Type !== type) continue;
    const { Roles = [], Users = [] } = Properties as Record<string, readonly string[]>;
    for (const name of [...Roles, ...Users]) {
      roles.set(name, (roles.get(name) ?? 0) + of(Properties));
    }
  }
  return Object.fromEntries(roles);
}

function permissionsByFunction(stage: string): Measured {
  const found = resourcesIn(stage).filter(([, { Type }]) => Type === 'AWS::Lambda::Permission');
  const of = (name: unknown) =>
    found.filter(([, { Properties }]) => Properties['FunctionName'] === name);
  // What Lambda writes around each: its Sid, Effect, and the names of conditions.
  return Object.fromEntries(
    found.map(
      ([
        ,
        {
          Properties: { FunctionName },
        },
      ]) => [
        String(FunctionName),
        sum(of(FunctionName).map(([, { Properties }]) => text(Properties) + 100)),
      ],
    ),
  );
}

/** What AWS says in its pages on quotas, in characters but for the last. */
const limits: readonly [string, number, (stage: string) => Measured][] = [
  [
    'the inline policies of a role',
    10_240,
    (stage) => byRole(stage, 'AWS::IAM::Policy', (it) => text(it['PolicyDocument'])),
  ],
  [
    'a managed policy',
    6_144,
    (stage) => each(stage, 'AWS::IAM::ManagedPolicy', (it) => it['PolicyDocument']),
  ],
  [
    'the managed policies of one role or user',
    10,
    (stage) => byRole(stage, 'AWS::IAM::ManagedPolicy', () => 1),
  ],
  [
    'a trust policy',
    2_048,
    (stage) => each(stage, 'AWS::IAM::Role', (it) => it['AssumeRolePolicyDocument']),
  ],
  ['a key policy', 32_768, (stage) => each(stage, 'AWS::KMS::Key', (it) => it['KeyPolicy'])],
  [
    'the policy of a secret',
    20_480,
    (stage) => each(stage, 'AWS::SecretsManager::ResourcePolicy', (it) => it['ResourcePolicy']),
  ],
  [
    'the policy of a queue',
    8_192,
    (stage) => each(stage, 'AWS::SQS::QueuePolicy', (it) => it['PolicyDocument']),
  ],
  [
    'the policy of a topic',
    30_720,
    (stage) => each(stage, 'AWS::SNS::TopicPolicy', (it) => it['PolicyDocument']),
  ],
  ['who may invoke a function', 20_480, permissionsByFunction],
  ['a parameter', 4_096, (stage) => each(stage, 'AWS::SSM::Parameter', (it) => it['Value'])],
  [
    'an environment',
    4_096,
    (stage) => each(stage, 'AWS::Lambda::Function', (it) => it['Environment']),
  ],
  [
    'a dashboard',
    1_000_000,
    (stage) => each(stage, 'AWS::CloudWatch::Dashboard', (it) => it['DashboardBody']),
  ],
];

describe('with everything on', () => {
  it.each(limits)(
    '%s stays within the %i that AWS takes, at 1, 10 and 50 connections',
    (_, max, of) => {
      for (const stage of Object.keys(stages)) {
        const measured = Object.entries(of(stage));
        expect(measured).not.toEqual([]);
        expect(measured.filter(([, length]) => length > max)).toEqual([]);
      }
    },
  );

  it('no policy grows with the connections', () => {
    for (const [, , of] of limits.filter(([what]) => /polic|invoke/.test(what))) {
      const largest = (stage: string) => Math.max(...Object.values(of(stage)));
      expect(largest('fifty') - largest('one')).toBeLessThan(200);
    }
  });

  it('a user gets nothing inline, of which IAM takes 2,048 characters in all', () => {
    const inline = resourcesIn('one').filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
    expect(inline.flatMap(([, { Properties }]) => Properties['Users'] ?? [])).toEqual([]);
    expect(limits[2]?.[2]('one')).toMatchObject({ ann: 1, ops: 1 });
  });

  it('a stack takes 32 connections and a store 82, of the 500 resources of a stack; with few alarms 60', async () => {
    const few = await synthesize((app) => {
      for (const count of [1, 10]) {
        const props = { rotateNativelyEvery: Duration.days(30), nightlySync: '01:30' };
        frescoIn(app, { ...props, connections: names(count) }, `few-${count}`);
      }
    });
    const count = (from: Deployed, stack: string) =>
      Object.keys(from.get(stack)?.Resources ?? {}).length;
    const takes = (from: Deployed, one: string, ten: string) => {
      const each = (count(from, ten) - count(from, one)) / 9;
      return Math.floor((500 - count(from, one)) / each) + 1;
    };
    expect([
      takes(deployed, 'one', 'ten'),
      takes(deployed, 'one-store', 'ten-store'),
      takes(few.deployed, 'few-1', 'few-10'),
    ]).toEqual([32, 82, 60]);
  });
});

describe('what would be too large', () => {
  const refused = (define: (app: App) => unknown) =>
    expect(synthesize((app) => void define(app))).rejects;

  it('is refused at synth, with what it is, how large it is and what AWS takes', async () => {
    const webhookPublicKeys = Array.from({ length: 30 }, () => pem);
    await refused((app) => frescoIn(app, { webhookPublicKeys })).toThrow(
      /the environment of fresco\/Fresco\/Webhook\/Receiver\/Function\/Resource has 5\d+ characters where AWS takes 4096: name fewer/,
    );
  });

  it('is refused for a policy of too many operators', async () => {
    await refused((app) => {
      const stack = new Stack(app, 'fresco');
      const arn = (at: number) => `arn:aws:iam::${account}:role/${'x'.repeat(50)}${at}`;
      const operators = Array.from({ length: 250 }, (_, at) =>
        Role.fromRoleArn(stack, `${at}`, arn(at)),
      );
      new Fresco(stack, 'Fresco', { operators, webhooks: false });
    }).toThrow(/the policy of a secret \S+ has \d+ characters where AWS takes 20480/);
  });
});
