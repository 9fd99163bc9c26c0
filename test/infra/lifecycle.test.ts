import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { acknowledged } from '../../infra/acknowledged.ts';
import { bundleFolder } from '../../infra/service-function.ts';
import { parseConfig } from '../../src/config.ts';
import { metricNamespace, rotatorMetrics, webhookMetrics } from '../../src/metric-names.ts';
import { type Assembly, frescoIn, synthesize } from './assembly.ts';
import { describeRedeploy } from './redeploy.ts';
import { type Resource, resourcesOf } from './template.ts';

let assembly: Assembly;

beforeAll(async () => {
  assembly = await synthesize((app) => {
    frescoIn(app, { connections: ['default', 'second'], alarmEmail: 'night@example.com' });
  });
}, 60_000);

const all = (type: string) => resourcesOf(assembly.deployed, type).map(([, resource]) => resource);
const stackOf = (type: string) =>
  [...assembly.deployed].flatMap(([name, { Resources }]) =>
    Object.values(Resources).some((it) => it.Type === type) ? [name] : [],
  );
const properties = (resource: Resource | undefined) => {
  if (resource === undefined) throw new Error('there is no such resource');
  return resource.Properties;
};

describe('a deploy', () => {
  it('makes three empty secrets for each connection: no value comes from CloudFormation', () => {
    const secrets = all('AWS::SecretsManager::Secret').map(properties);
    expect(secrets.map((it) => it['Name']).sort()).toEqual(
      ['default', 'second'].flatMap((name) =>
        ['access-token', 'client', 'grant'].map((kind) => `fresco/${name}/${kind}`),
      ),
    );
    for (const secret of secrets) {
      expect(secret).not.toHaveProperty('SecretString');
      expect(secret).not.toHaveProperty('GenerateSecretString');
      expect(secret['KmsKeyId']).toBeDefined();
    }
  });

  it('spends no token: nothing rotates at once, and no custom resource invokes anything', () => {
    expect(all('AWS::SecretsManager::RotationSchedule')).toEqual([]);
    const types = [...assembly.deployed.values()].flatMap(({ Resources }) =>
      Object.values(Resources).map((it) => it.Type),
    );
    expect(types.filter((type) => /^Custom::|CustomResource/.test(type))).toEqual([]);
  });

  it('spends no token with a native schedule either', async () => {
    const { Duration } = await import('aws-cdk-lib');
    const native = await synthesize((app) => {
      frescoIn(app, { rotateNativelyEvery: Duration.days(30) });
    });
    const [schedule] = resourcesOf(native.deployed, 'AWS::SecretsManager::RotationSchedule');
    expect(schedule?.[1].Properties).toMatchObject({ RotateImmediatelyOnUpdate: false });
  }, 30_000);
});

describe('a destroy', () => {
  it('leaves the stack that holds key, secrets and table, which is protected from deletion', () => {
    for (const type of ['AWS::KMS::Key', 'AWS::SecretsManager::Secret', 'AWS::DynamoDB::Table']) {
      expect(stackOf(type)).toEqual(['fresco-store']);
    }
    expect(assembly.isProtected('fresco-store')).toBe(true);
    expect(assembly.isProtected('fresco')).toBe(false);
  });

  it('of the store itself, once unprotected, keeps key, secrets, their policies and table', () => {
    for (const type of [
      'AWS::KMS::Key',
      'AWS::SecretsManager::Secret',
      'AWS::SecretsManager::ResourcePolicy',
      'AWS::DynamoDB::Table',
    ]) {
      for (const { DeletionPolicy, UpdateReplacePolicy } of all(type)) {
        // Kept, except where its own creation failed: what never held anything may go.
        expect([type, DeletionPolicy]).toEqual([type, 'RetainExceptOnCreate']);
        expect([type, UpdateReplacePolicy]).toEqual([type, 'Retain']);
      }
    }
  });

  it('and a second deploy find the store as it was: what goes refers to it by name alone', () => {
    const templates = [...assembly.deployed.keys()];
    expect(templates.sort()).toEqual(['fresco', 'fresco-store']);
    expect(stackOf('AWS::Lambda::Function')).toEqual(['fresco']);
  });
});

describeRedeploy(() => assembly);

describe('the table', () => {
  it('is protected, encrypted with the key, recoverable to any moment, and keyed by pk', () => {
    const [table] = all('AWS::DynamoDB::Table');
    expect(properties(table)).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });
});

describe('the schedule', () => {
  it('checks each connection every hour, through its own door, and keeps what could not be delivered', () => {
    const schedules = all('AWS::Scheduler::Schedule')
      .map(properties)
      .filter((it) => String(it['Description']).startsWith('Fresco: checks'));
    const targets = schedules.map((it) => it['Target'] as Record<string, unknown>);
    expect(targets.map((it) => JSON.parse(it['Input'] as string)).sort()).toEqual([
      { connection: 'default' },
      { connection: 'second' },
    ]);
    for (const [index, target] of targets.entries()) {
      expect(schedules[index]).toMatchObject({
        ScheduleExpression: 'rate(1 hour)',
        State: 'ENABLED',
      });
      expect(target['Arn']).toMatch(/:schedule$/);
      expect(target['DeadLetterConfig']).toMatchObject({
        Arn: expect.stringContaining('Failures'),
      });
    }
  });

  it('has no retries of its own in Lambda, and a destination for what fails', () => {
    const invoke = all('AWS::Lambda::EventInvokeConfig').map(properties);
    expect(invoke.map((it) => it['Qualifier']).sort()).toEqual([
      'consumers',
      'native',
      'operator',
      'schedule',
      'watch',
    ]);
    for (const config of invoke) {
      expect(config).toMatchObject({
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: expect.stringContaining('Failures') } },
      });
    }
  });
});

describe('each function', () => {
  const edges = ['rotator', 'webhook-receiver', 'webhook-handler'] as const;

  it.each(edges)('reads back the environment that the stack gave it: %s', (edge) => {
    const bundle = readFileSync(join(bundleFolder(edge), 'index.js'));
    const Variables = variablesOf(functionWhere((it) => codeOf(it).equals(bundle)));
    expect(() => parseConfig(edge, Variables)).not.toThrow();
    expect(JSON.stringify(Variables)).not.toMatch(/secret"|password|a\/|r\//i);
  });

  it('runs Node 24 on arm64 with a log that ends, and reserves no concurrency', () => {
    for (const lambda of all('AWS::Lambda::Function').map(properties)) {
      expect(lambda).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(lambda).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    for (const log of all('AWS::Logs::LogGroup').map(properties)) {
      expect(log['RetentionInDays']).toBe(90);
    }
  });

  it('outlives no lease: the rotator stops before the term ends, with time to keep a token', () => {
    const rotator = functionWhere((it) => it['Description'] === 'Fresco: refreshes access tokens');
    const { leaseTermMs } = parseConfig('rotator', variablesOf(rotator));
    expect(leaseTermMs).toBeGreaterThan(Number(rotator['Timeout']) * 1000);
  });

  function functionWhere(isMeant: (lambda: Record<string, unknown>) => boolean) {
    const found = all('AWS::Lambda::Function').find((it) => isMeant(it.Properties));
    return properties(found);
  }

  function variablesOf(lambda: Readonly<Record<string, unknown>>): Record<string, string> {
    return (lambda['Environment'] as { Variables: Record<string, string> }).Variables;
  }

  function codeOf(lambda: Record<string, unknown>): Buffer {
    const { S3Key } = lambda['Code'] as { S3Key: string };
    return readFileSync(join(assembly.directory, `asset.${S3Key.replace('.zip', '')}`, 'index.js'));
  }
});

describe('the webhook', () => {
  it('has a queue that waits six times as long as the handler may take, and ends in dead letters', () => {
    const queue = all('AWS::SQS::Queue')
      .map(properties)
      .find((it) => it['RedrivePolicy'] !== undefined);
    expect(queue).toMatchObject({
      VisibilityTimeout: 360,
      RedrivePolicy: { maxReceiveCount: expect.any(Number) },
      KmsMasterKeyId: expect.any(String),
    });
    const [source] = all('AWS::Lambda::EventSourceMapping').map(properties);
    expect(source).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
  });

  it('encrypts the bus with the key: events hold personal data', () => {
    expect(all('AWS::Events::EventBus').map(properties)[0]).toMatchObject({
      KmsKeyIdentifier: expect.any(String),
    });
  });

  it('never redirects and takes GET and POST at one path alone', () => {
    expect(
      all('AWS::ApiGatewayV2::Route')
        .map((it) => it.Properties['RouteKey'])
        .sort(),
    ).toEqual(['GET /webhooks/{connection}', 'POST /webhooks/{connection}']);
  });
});

describe('an alarm', () => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const alarms = () => all('AWS::CloudWatch::Alarm').map(properties);
  const entryOf = (alarm: Record<string, unknown>) =>
    /docs\/runbook\.md#([\w-]+)$/.exec(alarm['AlarmDescription'] as string)?.[1] ?? '';

  it('names an entry of the runbook that says what it means, what to do and when it is done', () => {
    for (const alarm of alarms()) {
      const entry = runbook.split(`<a id="${entryOf(alarm)}"></a>`)[1]?.split('<a id=')[0] ?? '';
      expect([entryOf(alarm), ...(entry.match(/\*\*(Means|Done when|Do)/g) ?? [])]).toEqual([
        entryOf(alarm),
        '**Means',
        '**Do',
        '**Done when',
      ]);
    }
  });

  it('there is for each entry of the runbook', () => {
    const named = new Set(alarms().map(entryOf));
    const entries = [...runbook.matchAll(/<a id="([\w-]+)">/g)].map(([, id]) => id);
    expect(entries.filter((id) => id !== undefined && !named.has(id))).toEqual([]);
  });

  it('tells the topic when it goes off and when it is over', () => {
    const [topic] = resourcesOf(assembly.deployed, 'AWS::SNS::Topic');
    for (const alarm of alarms()) {
      const told = { AlarmActions: alarm['AlarmActions'], OKActions: alarm['OKActions'] };
      const action = [expect.stringContaining(`:${topic?.[0]}`)];
      expect(told).toEqual({ AlarmActions: action, OKActions: action });
    }
    expect(all('AWS::SNS::Subscription').map(properties)[0]).toMatchObject({
      Protocol: 'email',
      Endpoint: 'night@example.com',
    });
  });

  it('goes off when no check is made: silence is breaching', () => {
    const switches = alarms().filter((it) => it['TreatMissingData'] === 'breaching');
    expect(switches.map(entryOf)).toEqual(['no-check-is-made', 'no-check-is-made']);
  });

  it('warns of a refresh token that nobody has used for 300 days', () => {
    const idle = alarms().filter((it) => it['MetricName'] === rotatorMetrics.idleDays.name);
    expect(idle).toHaveLength(2);
    for (const alarm of idle) expect(alarm).toMatchObject({ Threshold: 300 });
  });

  it('watches metrics that the functions really emit, under their dimensions', () => {
    const known = [...Object.values(rotatorMetrics), ...Object.values(webhookMetrics)];
    for (const alarm of alarms().filter((it) => it['Namespace'] === metricNamespace)) {
      const metric = known.find(({ name }) => name === alarm['MetricName']);
      const dimensions = (alarm['Dimensions'] as { Name: string }[]).map(({ Name }) => Name);
      expect([alarm['MetricName'], dimensions.sort()]).toEqual([
        metric?.name,
        [...(metric?.dimensions ?? [])].sort(),
      ]);
    }
  });
});

it('at most five findings are acknowledged, each with a reason', () => {
  expect(acknowledged.length).toBeLessThanOrEqual(5);
  for (const { reason } of acknowledged) expect(reason.length).toBeGreaterThan(40);
});

it('the bundles that are deployed are those that are built and tested', () => {
  const assets = readdirSync(assembly.directory).filter((name) =>
    existsSync(join(assembly.directory, name, 'index.js')),
  );
  const built = ['rotator', 'webhook-receiver', 'webhook-handler'].map((edge) =>
    readFileSync(join(bundleFolder(edge), 'index.js'), 'utf8'),
  );
  const deployed = assets.map((name) =>
    readFileSync(join(assembly.directory, name, 'index.js'), 'utf8'),
  );
  for (const bundle of built) expect(deployed).toContain(bundle);
});
