// Goal: the doubles carry a whole native rotation by a bundle with the real SDK, on Lambda's own Node.
// Method: AWS's rotation template, bundled by esbuild, run as processes, each step delivered twice.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import {
  type SecretsManagerDouble,
  startSecretsManager,
} from '../secrets-manager/secrets-manager.ts';
import { orReject } from './lambda-invoke.ts';
import { type LambdaFunction, lambdaFunction } from './lambda-runtime.ts';
import { node24Path } from './node24.ts';

const source = `
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
const client = new SecretsManager({});
export async function handler({ Step, SecretId, ClientRequestToken }) {
  if (Step === 'createSecret') {
    const VersionStages = ['AWSPENDING'];
    await client.putSecretValue({ SecretId, ClientRequestToken, VersionStages, SecretString: 'new' });
  }
  if (Step === 'finishSecret') {
    const { VersionId } = await client.getSecretValue({ SecretId });
    if (VersionId === ClientRequestToken) return;
    await client.updateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: VersionId,
      MoveToVersionId: ClientRequestToken,
    });
  }
}
`;

const SecretId = 'fresco/default/grant';
const first = 'invented-version-a'.padEnd(36, '-');
const second = 'invented-version-b'.padEnd(36, '-');

let folder: string;
let rotator: LambdaFunction;
let double: SecretsManagerDouble;
let client: SecretsManagerClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fresco-bundle-'));
  const bundle = join(folder, 'rotator.js');
  await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    outfile: bundle,
    logLevel: 'error',
  });
  double = await startSecretsManager({
    rotation: { delivery: 'twice', invoke: orReject((event) => rotator.invoke(event)) },
  });
  rotator = lambdaFunction({
    functionName: 'rotator',
    bundle,
    node: node24Path() ?? process.execPath,
    environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: double.endpoint },
    timeoutMs: 60_000,
  });
  client = new SecretsManagerClient(clientConfig(double.endpoint));
});

afterAll(async () => {
  client.destroy();
  await rotator.stop();
  await double.stop();
  await rm(folder, { recursive: true });
});

describe('a bundled rotation function against the doubles', () => {
  it('carries a native rotation to its end in one warm process, each step delivered twice', async () => {
    await client.send(
      new CreateSecretCommand({ Name: SecretId, ClientRequestToken: first, SecretString: 'old' }),
    );
    await client.send(
      new RotateSecretCommand({
        SecretId,
        ClientRequestToken: second,
        RotationLambdaARN: 'arn:aws:lambda:eu-south-1:000000000000:function:rotator',
      }),
    );
    expect(await double.rotationsEnded()).toEqual([{ kind: 'rotated', attempts: 1 }]);
    expect(double.model.getSecretValue({ SecretId })).toMatchObject({
      VersionId: second,
      SecretString: 'new',
      VersionStages: ['AWSCURRENT'],
    });
    expect(double.calls.count('PutSecretValue')).toBe(2);
    expect(double.calls.count('UpdateSecretVersionStage')).toBe(1);
    expect(rotator.kill()).toBe(1);
  });
});
