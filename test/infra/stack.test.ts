import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fresco, type FrescoProps } from '../../infra/fresco.ts';
import { bundleFolder } from '../../infra/service-function.ts';
import { invokeOnce } from '../../src/aws/consent-client.ts';
import { type Edge, parseConfig, reservedNames } from '../../src/config/config.ts';
import { parseStackFacts } from '../../src/config/stack-outputs.ts';
import { parseCall } from '../../src/lambda/rotator-request.ts';
import { builtFunction } from '../bundles/built.ts';
import { frescoIn, synthesize } from './assembly.ts';
import { account, arnOf, type Deployed, type Resource, region, resourcesOf } from './template.ts';

const edges = ['rotator', 'connect', 'webhook-receiver', 'webhook-handler'] as const;

const pem = (body: string) => `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----`;

const folder = mkdtempSync(join(tmpdir(), 'fresco-assets-'));
let deployed: Deployed;
/** The same with everything chosen otherwise. */
let other: Deployed;

beforeAll(async () => {
  const props = {
    connections: ['default', 'second'],
    webhookPublicKeys: [pem('OLD'), pem('NEW')],
  };
  ({ deployed } = await synthesize((app) => void frescoIn(app, props), folder));
  ({ deployed: other } = await synthesize((app) => {
    const own = new Stack(app, 'own');
    frescoIn(
      app,
      {
        connections: ['one'],
        rotateEvery: Duration.hours(12),
        rotateNativelyEvery: Duration.days(30),
        key: new Key(own, 'Key'),
        bus: new EventBus(own, 'Bus') as IEventBus,
        alarmTopic: new Topic(own, 'Topic'),
        webhooks: false,
        providerUrl: 'https://provider.example.com',
        reservedConcurrency: 1,
        tracing: true,
      },
      'acme/test',
    );
  }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a function', () => {
  it.each(edges)('reads back the environment that the stack gives to the %s', (edge) => {
    const config = parseConfig(edge, environmentOf(deployed, edge));
    expect(config).toMatchObject({ connections: ['default', 'second'] });
    expect(JSON.stringify(environmentOf(deployed, edge))).not.toMatch(/secret"|password|a\/|r\//i);
  });

  it('knows what it was told of table, bus, account, times and doors', () => {
    const [table] = resourcesOf(deployed, 'AWS::DynamoDB::Table');
    const rotator = parseConfig('rotator', environmentOf(deployed, 'rotator'));
    expect(rotator).toEqual({
      prefix: 'fresco',
      connections: ['default', 'second'],
      watching: 'small',
      table: table?.[0],
      bus: arnOfOnly('AWS::Events::EventBus'),
      providerUrl: 'https://api-v2.fattureincloud.it',
      environment: `${account}/${region}/fresco`,
      rotateEveryMs: 86_400_000,
      leaseTermMs: 90_000,
      connectUrl: outputsIn(deployed).connectUrl,
    });
    const handler = parseConfig('webhook-handler', environmentOf(deployed, 'webhook-handler'));
    expect(handler).toMatchObject({ table: rotator.table, bus: rotator.bus, entity: 'full' });
    expect(handler.consumersAlias).toBe(aliasArn('consumers'));
    const receiver = parseConfig('webhook-receiver', environmentOf(deployed, 'webhook-receiver'));
    expect(receiver.queueUrl).toBe(handler.queueUrl);
    expect(receiver.webhookPublicKeys).toEqual([pem('OLD'), pem('NEW')]);
    expect(receiver.webhookSink).toMatch(/^https:\/\/\w+\.execute-api\.eu-south-1.*\/webhooks$/);
  });

  it.each(edges)('%s is the bundle that a test loads, byte for byte', async (edge) => {
    const bundle = await builtFunction(edge);
    expect(join(bundleFolder(edge), 'index.js')).toBe(bundle);
    expect(readFileSync(join(assetOf(edge), 'index.js')).equals(readFileSync(bundle))).toBe(true);
  });

  it('runs on Node 24 and arm64, with nothing reserved and no tracing unless it is asked for', () => {
    for (const [, { Properties }] of resourcesOf(deployed, 'AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
      expect(Properties).not.toHaveProperty('TracingConfig');
    }
    const [rotator] = resourcesOf(other, 'AWS::Lambda::Function');
    expect(rotator?.[1].Properties).toMatchObject({
      ReservedConcurrentExecutions: 1,
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('that is not built is named, with what to do', () => {
    expect(() => bundleFolder('absent')).toThrow(
      "the function 'absent' is not built: run npm run build, then try again",
    );
  });

  it('has a lease that outlives it, and a queue that hides a message for longer than it runs', () => {
    const rotator = functionOf(deployed, 'rotator');
    const { leaseTermMs } = parseConfig('rotator', environmentOf(deployed, 'rotator'));
    expect(leaseTermMs).toBeGreaterThan(Number(rotator.Properties['Timeout']) * 1000);
    const handler = Number(functionOf(deployed, 'webhook-handler').Properties['Timeout']);
    const hidden = resourcesOf(deployed, 'AWS::SQS::Queue').flatMap(
      ([, { Properties }]) => Properties['VisibilityTimeout'] ?? [],
    );
    expect(hidden).toEqual([6 * handler]);
  });
});

describe('a log', () => {
  it('is kept for three months, and each function writes its own', () => {
    const groups = resourcesOf(deployed, 'AWS::Logs::LogGroup');
    for (const [, { Properties }] of groups) expect(Properties['RetentionInDays']).toBe(90);
    const used = edges.map((edge) => functionOf(deployed, edge).Properties['LoggingConfig']);
    expect(new Set(used.map((it) => JSON.stringify(it))).size).toBe(edges.length);
  });

  it('of requests to the webhook holds no header, since a signature is one', () => {
    const [, stage] = only(deployed, 'AWS::ApiGatewayV2::Stage');
    const { Format } = stage.Properties['AccessLogSettings'] as { Format: string };
    const fields = [...Format.matchAll(/\$context\.([\w.]+)/g)].map(([, it]) => it);
    expect(fields).toEqual([
      'requestId',
      'requestTime',
      'identity.sourceIp',
      'routeKey',
      'status',
      'responseLength',
      'integrationErrorMessage',
    ]);
  });
});

describe('the schedule', () => {
  it('checks each connection every hour through its own door, with an event that the door accepts', () => {
    const schedules = resourcesOf(deployed, 'AWS::Scheduler::Schedule')
      .map(([, { Properties }]) => Properties)
      .filter(({ Description }) => String(Description).startsWith('Fresco: checks'));
    const connections = schedules.map(({ ScheduleExpression, State, Target }) => {
      const { Arn, Input } = Target as { Arn: string; Input: string };
      expect([ScheduleExpression, State]).toEqual(['rate(1 hour)', 'ENABLED']);
      expect(Arn).toBe(aliasArn('schedule'));
      return parseCall('schedule', JSON.parse(Input), {
        prefix: 'fresco',
        connections: ['default', 'second'],
      });
    });
    expect(connections).toMatchObject([{ connection: 'default' }, { connection: 'second' }]);
  });

  it('keeps what it could not deliver in the queue of failures', () => {
    for (const [, { Properties }] of resourcesOf(deployed, 'AWS::Scheduler::Schedule')) {
      const { DeadLetterConfig } = Properties['Target'] as { DeadLetterConfig: { Arn: string } };
      expect(DeadLetterConfig.Arn).toBe(failuresArn());
    }
  });
});

describe('an invocation that nobody waits for', () => {
  it('has no retries of its own in Lambda, and a destination for what fails', () => {
    const invoke = resourcesOf(deployed, 'AWS::Lambda::EventInvokeConfig').map(
      ([, { Properties }]) => Properties,
    );
    expect(invoke.map((it) => it['Qualifier']).sort()).toEqual([
      'consent',
      'consumers',
      'native',
      'operator',
      'schedule',
      'watch',
    ]);
    // A call of it holds a code, which is kept nowhere.
    const [consent] = invoke.filter((it) => it['Qualifier'] === 'consent');
    expect(consent).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    expect(consent).not.toHaveProperty('DestinationConfig');
    for (const config of invoke.filter((it) => it !== consent)) {
      expect(config).toMatchObject({
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: failuresArn() } },
      });
    }
  });
});

describe('the doors of the rotator', () => {
  it('are aliases of one published version', () => {
    const found = resourcesOf(deployed, 'AWS::Lambda::Alias')
      .map(([, it]) => it.Properties)
      .filter(({ FunctionName }) => String(FunctionName).includes('Rotator'));
    expect(found.map(({ Name }) => Name)).toEqual([
      'schedule',
      'consumers',
      'native',
      'operator',
      'consent',
    ]);
    const versions = new Set(found.map(({ FunctionVersion }) => FunctionVersion));
    expect(versions.size).toBe(1);
    expect([...versions][0]).toMatch(/CurrentVersion/);
  });
});

describe('native rotation', () => {
  it('by a schedule, for those who ask for it, does not begin with the deploy', () => {
    const [schedule] = resourcesOf(other, 'AWS::SecretsManager::RotationSchedule');
    expect(schedule?.[1].Properties).toMatchObject({
      SecretId: 'acme/test/one/grant',
      RotateImmediatelyOnUpdate: false,
      RotationRules: { ScheduleExpression: 'rate(720 hours)' },
    });
    expect(String(schedule?.[1].Properties['RotationLambdaARN'])).toMatch(/:native$/);
  });
});

describe('a queue', () => {
  it('is encrypted with the key, and keeps a message for two weeks', () => {
    const queues = resourcesOf(deployed, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(3);
    for (const [, { Properties }] of queues) {
      expect(Properties).toMatchObject({
        KmsMasterKeyId: arnOfOnly('AWS::KMS::Key'),
        MessageRetentionPeriod: 14 * 86_400,
      });
    }
  });

  it('of notifications gives a message up after 20 receives, and reports each message of a batch', () => {
    const redriven = resourcesOf(deployed, 'AWS::SQS::Queue').flatMap(
      ([, { Properties }]) => Properties['RedrivePolicy'] ?? [],
    );
    expect(redriven).toMatchObject([{ maxReceiveCount: 20 }]);
    const [source] = resourcesOf(deployed, 'AWS::Lambda::EventSourceMapping');
    expect(source?.[1].Properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

describe('the webhook', () => {
  it('never redirects and takes GET and POST at one path alone', () => {
    expect(routesOf(deployed).filter((it) => it.includes('webhooks'))).toEqual([
      'GET /webhooks/{connection}',
      'POST /webhooks/{connection}',
    ]);
  });

  it('ends on a bus that is encrypted with the key: events hold personal data', () => {
    expect(only(deployed, 'AWS::Events::EventBus')[1].Properties).toMatchObject({
      KmsKeyIdentifier: arnOfOnly('AWS::KMS::Key'),
    });
  });
});

describe('the pages for consent', () => {
  const pages = [
    'GET /connect/callback',
    'GET /connect/{connection}',
    'POST /connect/{connection}',
  ];

  it('are three routes, each with a throttle of its own beside that of the webhooks', () => {
    expect(routesOf(deployed).filter((it) => it.includes('/connect/'))).toEqual(pages);
    const { DefaultRouteSettings, RouteSettings } = only(deployed, 'AWS::ApiGatewayV2::Stage')[1]
      .Properties as { DefaultRouteSettings: object; RouteSettings: Record<string, object> };
    const of = (rate: number, burst: number) => ({
      ThrottlingRateLimit: rate,
      ThrottlingBurstLimit: burst,
    });
    expect(DefaultRouteSettings).toEqual(of(500, 1000));
    expect(RouteSettings).toEqual({
      'GET /connect/{connection}': of(2, 5),
      'POST /connect/{connection}': of(1, 3),
      'GET /connect/callback': of(1, 3),
    });
  });

  it('answer before the API gives up, and wait no longer than that for the rotator', () => {
    expect(functionOf(deployed, 'connect').Properties['Timeout']).toBe(29);
    const { connectionTimeout, requestTimeout } = invokeOnce.requestHandler;
    expect(connectionTimeout + requestTimeout).toBeLessThan(29_000);
  });

  it('are named to whoever is called, and to the command', () => {
    const { connectUrl } = outputsIn(deployed);
    expect(connectUrl).toMatch(/^https:\/\/\w+\.execute-api\.eu-south-1.*\/connect$/);
    const told = resourcesOf(deployed, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      String(Properties['AlarmDescription']),
    );
    for (const connection of ['default', 'second']) {
      expect(told.filter((it) => it.includes(`${connectUrl}/${connection}.`))).toEqual([
        expect.stringMatching(
          /until a person acts;.*\. If the consent has ended,.*#person-needed, #/,
        ),
      ]);
    }
  });

  it('come without webhooks for whoever asks for them, at the address that webhooks will have', async () => {
    const { deployed: alone } = await synthesize((app) => {
      frescoIn(app, { webhooks: false, reconnect: true, reservedConcurrency: 1 });
    });
    expect(routesOf(alone)).toEqual(pages);
    const apis = [deployed, alone].map((it) => only(it, 'AWS::ApiGatewayV2::Api')[0]);
    expect(apis[0]).toBe(apis[1]);
    // As many as the API lets in at once: one that Lambda throttles would be a 5xx, which rings.
    const reserved = functionOf(alone, 'connect').Properties['ReservedConcurrentExecutions'];
    const [, { Properties: stage }] = only(alone, 'AWS::ApiGatewayV2::Stage');
    const bursts = Object.values(Object(stage['RouteSettings'])).map(
      (it) => Object(it)['ThrottlingBurstLimit'] as number,
    );
    expect(bursts).toHaveLength(3);
    expect(reserved).toBe(bursts.reduce((sum, burst) => sum + burst, 0));
  });

  it('leave no route, function, alias, right, address or word behind where they are not wanted', async () => {
    const { deployed: without } = await synthesize((app) => {
      frescoIn(app, { connections: ['default', 'second'], reconnect: false });
    });
    const text = JSON.stringify([...without.values()]);
    expect(text).not.toMatch(/connect(?!ion|ed)|consent/i);
    expect(JSON.stringify([...deployed.values()])).toMatch(/connect(?!ion|ed)|consent/i);
    expect(routesOf(without)).toHaveLength(2);
  });
});

describe('what the stack tells', () => {
  it('is read back by the command', () => {
    const [parameter] = resourcesOf(deployed, 'AWS::SSM::Parameter');
    expect(parameter?.[1].Properties['Name']).toBe('/fresco/stack');
    const receiver = parseConfig('webhook-receiver', environmentOf(deployed, 'webhook-receiver'));
    expect(outputsIn(deployed)).toMatchObject({
      environment: `${account}/${region}/fresco`,
      connections: ['default', 'second'],
      consumersAlias: aliasArn('consumers'),
      operatorAlias: aliasArn('operator'),
      webhookSink: receiver.webhookSink,
      queueUrl: receiver.queueUrl,
    });
  });
});

describe('the topic of alarms', () => {
  it('takes messages of CloudWatch in this account alone, and over TLS alone', () => {
    const [, policy] = only(deployed, 'AWS::SNS::TopicPolicy');
    expect(policy.Properties['PolicyDocument']).toMatchObject({
      Statement: [
        { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Condition: { StringEquals: { 'aws:SourceAccount': account } },
        },
      ],
    });
  });
});

describe('the outputs', () => {
  it('tell a person what is deployed, and what to type next', () => {
    const outputs = Object.entries(deployed.get('fresco')?.Outputs ?? {}).map(
      ([id, { Value }]) => [id.replace(/^Fresco|[0-9A-F]{8}$/g, ''), Value] as const,
    );
    expect(Object.fromEntries(outputs)).toMatchObject({
      NextCommand: 'npx fresco login --store aws --connection default',
      WebhookAddress: parseConfig('webhook-receiver', environmentOf(deployed, 'webhook-receiver'))
        .webhookSink,
      EventBus: arnOfOnly('AWS::Events::EventBus'),
      AlarmTopicArn: arnOfOnly('AWS::SNS::Topic'),
      NativeRotation: aliasArn('native'),
    });
  });
});

describe('what a deploy, a function or a login would refuse', () => {
  const [inAccount, elsewhere] = ['111122223333', '444455556666'];
  const arn = (rest: string, service = 'iam') => `arn:aws:${service}::${inAccount}:${rest}`;
  const bus = (arnOfBus: string) => (stack: Stack) => ({
    bus: EventBus.fromEventBusArn(stack, 'Bus', arnOfBus) as IEventBus,
  });
  const operator = (arnOfRole: string) => (stack: Stack) => ({
    operators: [Role.fromRoleArn(stack, 'Who', arnOfRole)],
  });

  it.each<[string, FrescoProps | ((stack: Stack) => FrescoProps), string]>([
    ['a prefix', { prefix: '/fresco' }, "FRESCO_PREFIX must be .*, got '/fresco'"],
    ['an alias of KMS', { prefix: 'fresco.test' }, "FRESCO_PREFIX must be .*, got 'fresco.test'"],
    ['a parameter', { prefix: 'aws-x' }, "not with aws or ssm, .*, got 'aws-x'"],
    ['a connection', { connections: ['a/b'] }, "FRESCO_CONNECTION must be .*, got 'a/b'"],
    ['a part of ours', { connections: ['Table'] }, "must not be 'Table': the stack calls parts"],
    ['the redirect', { connections: ['callback'] }, 'is the redirect of the pages for consent'],
    ['no connection', { connections: [] }, 'FRESCO_CONNECTIONS must be'],
    [
      'a connection twice',
      { connections: ['one', 'two', 'one'] },
      '"connections" names .one. twice',
    ],
    ['a slash', { providerUrl: 'https://provider.example.com/' }, 'FRESCO_PROVIDER_URL must be'],
    ['an application', { applicationId: 'mine' }, 'FRESCO_APPLICATION_ID must be a number'],
    ['a key', { webhookPublicKeys: ['PEM'] }, 'FRESCO_WEBHOOK_PUBLIC_KEYS must be public keys'],
    ['a part of a second', { rotateEvery: Duration.millis(1500) }, 'whole number of seconds'],
    ['two hours', { rotateNativelyEvery: Duration.hours(2) }, 'from 4 hours to 999 days.*2 hours'],
    ['no second', { webhookWait: Duration.millis(500) }, '"webhookWait" must be whole seconds'],
    ['six minutes', { webhookWait: Duration.minutes(6) }, 'from 1 to 300, got 6 minutes'],
    ['no rotator', { reservedConcurrency: 0 }, '"reservedConcurrency" must be .* 1 or more, got 0'],
    ['an address', { alarmEmail: 'ops' }, '"alarmEmail" must be an address'],
    [
      'a session of a role',
      operator(arn('assumed-role/ops/ann', 'sts')),
      `session of a role: .*"aws iam get-role --role-name ops .*" prints it, ${arn('role/ops')} unless`,
    ],
    [
      'a session of Identity Center',
      operator(arn('assumed-role/AWSReservedSSO_Ops_1/ann', 'sts')),
      'get-role --role-name AWSReservedSSO_Ops_1 --query Role.Arn --output text" prints it$',
    ],
    [
      'a role of another account',
      operator(`arn:aws:iam::${elsewhere}:role/ops`),
      `of another account than the stack \\(${inAccount}\\)`,
    ],
    [
      'a bus of another account',
      bus(`arn:aws:events:${region}:${elsewhere}:event-bus/theirs`),
      `of another account than the stack \\(${inAccount}\\).*with a rule`,
    ],
  ])('is refused before anything is deployed: %s', (_, props, says) => {
    const stack = new Stack(new App(), 'stack', { env: { account: inAccount, region } });
    const given = typeof props === 'function' ? props(stack) : props;
    expect(() => new Fresco(stack, 'Fresco', given)).toThrow(new RegExp(says));
  });

  it('is a stack of another prefix in the place of one that is there', () => {
    const templatesOf = (prefix: string) => {
      const { fresco, stack } = frescoIn(new App(), { prefix });
      return [fresco.store, stack].map((it) => Template.fromStack(it).toJSON());
    };
    const deployed = templatesOf('a/b');
    // CloudFormation keeps the values of parameters, and looks at the rules of the template that comes.
    const isTaken = (templates: readonly object[]) =>
      templates.map((template, at) => {
        const { Parameters, Rules } = { ...template } as Readonly<Record<string, object>>;
        const [rule] = Object.entries(Rules ?? {}).filter(([id]) => id.includes('PrefixStays'));
        const [[{ Ref: name = '' } = {}, wanted] = []] = [
          rule?.[1].Assertions[0].Assert['Fn::Equals'],
        ];
        expect(Parameters).toHaveProperty(name);
        return deployed[at]?.['Parameters'][name].Default === wanted;
      });
    expect(isTaken(deployed)).toEqual([true, true]);
    expect(isTaken(templatesOf('a-b'))).toEqual([false, false]);
  });

  it('is not a name that a part of the stacks has, unless it is refused', () => {
    const tree = (of: IConstruct) => of.node.children.map(({ node }) => node.id);
    const everything = { nightlySync: '01:30', watching: 'full' } as const;
    const { fresco } = frescoIn(new App(), { ...everything, connections: ['default'] });
    const alarms = fresco.node.findChild('Alarms');
    const ids = [...tree(fresco.store), ...tree(alarms), 'Default', 'Resource', 'check', 'Exports'];
    const fine = ids.filter((id) => /^[A-Za-z0-9-]+$/.test(id) && !reserved(id));
    const stack = new Stack(new App(), 'fresco');
    new Fresco(stack, 'Fresco', { ...everything, connections: [...new Set(fine)] });
    expect(Template.fromStack(stack).toJSON()).toHaveProperty('Resources');
    expect(ids.filter(reserved).sort()).toEqual([...reservedNames].sort());
  });

  const reserved = (id: string) => reservedNames.some((name) => name === id);
});

describe('a deploy warns', () => {
  const warningsOf = (props: FrescoProps) => {
    const context = { '@aws-cdk/core:defaultCrossStackReferences': 'weak' };
    const { stack } = frescoIn(new App({ context }), props);
    return Annotations.fromStack(stack)
      .findWarning('*', Match.stringLikeRegexp('.*'))
      .map(({ entry }) => String(entry.data).replace(/ \[ack: .*$/, ''));
  };

  it('where nobody would hear an alarm, and where nobody may log in, and names the option', () => {
    expect(warningsOf({ operators: [] })).toEqual([
      expect.stringMatching(/^no operators configured: set "operators"/),
      expect.stringMatching(/^nobody gets the alarms: set "alarmEmail" .*AlarmTopicArn$/),
    ]);
    expect(warningsOf({ alarmEmail: 'ops@example.com' })).toEqual([]);
    expect(warningsOf({ alarms: false })).toEqual([]);
  });
});

describe('a stack with everything chosen otherwise', () => {
  it('uses the key, the bus and the topic that it was given, and makes none', () => {
    for (const type of ['AWS::KMS::Key', 'AWS::Events::EventBus', 'AWS::SNS::Topic']) {
      expect(resourcesOf(other, type)).toHaveLength(1);
    }
    const { bus } = parseConfig('rotator', environmentOf(other, 'rotator'));
    expect(bus).toBe(arnOf(...only(other, 'AWS::Events::EventBus')));
  });

  it('has no way in for notifications where they are off', () => {
    expect(resourcesOf(other, 'AWS::ApiGatewayV2::Api')).toEqual([]);
    expect(resourcesOf(other, 'AWS::Lambda::Function')).toHaveLength(1);
    expect(outputsIn(other)).not.toHaveProperty('webhookSink');
  });

  it('takes prefix, times and provider as they are given', () => {
    const config = parseConfig('rotator', environmentOf(other, 'rotator'));
    expect(config).toMatchObject({
      prefix: 'acme/test',
      environment: `${account}/${region}/acme-test`,
      rotateEveryMs: 43_200_000,
      providerUrl: 'https://provider.example.com',
    });
    expect([...other.keys()]).toContain('acme-test-store');
  });
});

function only(where: Deployed, type: string): [string, Resource] {
  const [found, ...others] = resourcesOf(where, type);
  if (found === undefined || others.length > 0) throw new Error(`there is not one ${type}`);
  return found;
}

function arnOfOnly(type: string): string {
  return arnOf(...only(deployed, type));
}

function outputsIn(where: Deployed) {
  const { Name, Value } = only(where, 'AWS::SSM::Parameter')[1].Properties;
  return parseStackFacts(String(Value), `arn:aws:ssm:${region}:${account}:parameter${Name}`);
}

function routesOf(where: Deployed): string[] {
  return resourcesOf(where, 'AWS::ApiGatewayV2::Route')
    .map(([, it]) => String(it.Properties['RouteKey']))
    .sort();
}

const idOf = {
  connect: 'Connect',
  rotator: 'Rotator',
  'webhook-receiver': 'Receiver',
  'webhook-handler': 'Handler',
};

function functionOf(where: Deployed, edge: keyof typeof idOf): Resource {
  const found = resourcesOf(where, 'AWS::Lambda::Function').find(([id]) =>
    id.includes(`${idOf[edge]}Function`),
  );
  if (found === undefined) throw new Error(`there is no function ${edge}`);
  return found[1];
}

function environmentOf(where: Deployed, edge: Edge & keyof typeof idOf): Record<string, string> {
  const { Variables } = functionOf(where, edge).Properties['Environment'] as {
    Variables: Record<string, string>;
  };
  return Variables;
}

/** The folder that is uploaded as a function's code. */
function assetOf(edge: keyof typeof idOf): string {
  const { S3Key } = functionOf(deployed, edge).Properties['Code'] as { S3Key: string };
  return join(folder, `asset.${S3Key.replace(/\.zip$/, '')}`);
}

function aliasArn(alias: string): string {
  const id = resourcesOf(deployed, 'AWS::Lambda::Function').find(([it]) =>
    it.includes('RotatorFunction'),
  )?.[0];
  return `arn:aws:lambda:${region}:${account}:function:${id}:${alias}`;
}

function failuresArn(): string {
  const failures = resourcesOf(deployed, 'AWS::SQS::Queue').find(([id]) => id.includes('Failures'));
  if (failures === undefined) throw new Error('there is no queue of failures');
  return arnOf(...failures);
}
