import { beforeAll, describe, expect, it } from 'vitest';
import { acknowledged } from '../../infra/permissions/acknowledged.ts';
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

describe('an upgrade from 0.1.0', () => {
  it('finds all that holds something, and each address, under the id that it had', () => {
    const ids = [...assembly.deployed].flatMap(([stack, { Resources }]) =>
      Object.keys(Resources).map((id) => `${stack} ${id}`),
    );
    for (const id of keptSince010) expect(ids).toContain(id);
  });
});

/** As 0.1.0 made them: another id would be another resource, and an empty one. */
const keptSince010 = [
  'fresco-store Key961B73FD',
  'fresco-store KeyAlias910D852D',
  'fresco-store TableCD117FA1',
  'fresco-store defaultclient60832382',
  'fresco-store defaultgrant2D1740CC',
  'fresco-store defaultaccesstoken0B53DBB6',
  'fresco FrescoBus658EE565',
  'fresco FrescoAlarmTopicC0AB91B1',
  'fresco FrescoFailures1B08C6A2',
  'fresco FrescoWebhookDeadLettersF1E06622',
  'fresco FrescoWebhookNotifications2DBB3266',
  'fresco FrescoWebhookApi5735D8F1',
  'fresco FrescoNightlyContinuations13878DE8',
  'fresco FrescoFacts28314622',
];

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

it('at most five findings are acknowledged, each with a reason', () => {
  expect(acknowledged.length).toBeLessThanOrEqual(5);
  for (const { reason } of acknowledged) expect(reason.length).toBeGreaterThan(40);
});
