import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { acknowledged } from '../../infra/permissions/acknowledged.ts';
import {
  type MetricName,
  metricNamespace,
  rotatorMetrics,
  syncMetrics,
  webhookMetrics,
} from '../../src/config/metric-names.ts';
import { type Assembly, frescoIn, synthesize } from './assembly.ts';
import { describeRedeploy } from './redeploy.ts';
import { type Resource, resourcesOf } from './template.ts';

const connections = ['default', 'second'];
let assembly: Assembly;

beforeAll(async () => {
  assembly = await synthesize((app) => {
    frescoIn(app, {
      connections,
      alarmEmail: 'night@example.com',
      nightlySync: '01:30',
    });
  });
});

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
      connections.flatMap((name) =>
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

  it('goes off when no check is made or no sync completed: silence is breaching', () => {
    const switches = alarms().filter((it) => it['TreatMissingData'] === 'breaching');
    expect(switches.map(entryOf)).toEqual(
      connections.flatMap(() => ['no-check-is-made', 'sync-not-complete']),
    );
  });

  it('warns of a refresh token that nobody has used for 300 days', () => {
    const idle = alarms().filter((it) => it['MetricName'] === rotatorMetrics.idleDays.name);
    expect(idle).toHaveLength(2);
    for (const alarm of idle) expect(alarm).toMatchObject({ Threshold: 300 });
  });

  it('watches metrics that the functions really emit, under their dimensions', () => {
    const known = [rotatorMetrics, webhookMetrics, syncMetrics].flatMap((them) =>
      Object.values<MetricName>(them),
    );
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
