import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { bounded } from '../../src/aws/failures.ts';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import { pendingSecretContract, versionedSecretContract } from '../contract/versioned-secret.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import type { FaultKind } from '../doubles/http/faults.ts';
import { onTheWire } from '../doubles/http/on-the-wire.ts';
import { startSecretsManager } from '../doubles/secrets-manager/secrets-manager.ts';

const one = '00000000-0000-4000-8000-000000000001';
const two = '00000000-0000-4000-8000-000000000002';

const { double, client } = await onTheWire(startSecretsManager(), SecretsManagerClient, {
  maxAttempts: 2,
});
let secrets = 0;

async function emptySecret(): Promise<string> {
  secrets += 1;
  const Name = `fresco/test-${secrets}/grant`;
  await client.send(new CreateSecretCommand({ Name }));
  return Name;
}

async function open() {
  const name = await emptySecret();
  return [secretsManagerSecret(client, name), secretsManagerSecret(client, name)];
}

versionedSecretContract('Secrets Manager on the wire', open, { hasLimits: true });
pendingSecretContract('Secrets Manager on the wire', open);

describe('a secret that is missing', () => {
  const missing = () => secretsManagerSecret(client, 'fresco/never/grant');

  it('has nothing to read', async () => {
    expect(await missing().current()).toBeUndefined();
    expect(await missing().version(one)).toBeUndefined();
  });

  it('takes no version, and says what is missing', async () => {
    await expect(missing().put(one, new Secret('invented'))).rejects.toMatchObject({
      reason: 'missing',
      message: expect.stringContaining('could not put a version of fresco/never/grant'),
    });
  });
});

describe('a version that Secrets Manager has made for its own rotation', () => {
  it('is nothing until it has a value, then the value it was given', async () => {
    const secret = secretsManagerSecret(client, await emptySecret());
    await secret.put(one, new Secret('invented one'));
    expect(await secret.version(two)).toBeUndefined();
    expect(await secret.putPending(two, new Secret('invented two'))).toBe('stored');
    expect((await secret.version(two))?.value.reveal()).toBe('invented two');
    expect((await secret.current())?.versionId).toBe(one);
  });
});

describe('a call that goes wrong', () => {
  it.each<{ kind: FaultKind; times: number; reason: string }>([
    { kind: 'throttled', times: 2, reason: 'throttled' },
    { kind: 'internal-before', times: 2, reason: 'unavailable' },
    { kind: 'reset-before', times: 2, reason: 'unavailable' },
    { kind: 'access-denied', times: 1, reason: 'denied' },
    { kind: 'key-disabled', times: 1, reason: 'key-disabled' },
    { kind: 'invalid-signature', times: 2, reason: 'denied' },
  ])('with $kind to its end is refused as $reason', async ({ kind, times, reason }) => {
    const secret = secretsManagerSecret(client, await emptySecret());
    double.faults.add({ on: 'PutSecretValue', kind, times });
    const refusal = await secret.put(one, new Secret('a/0001invented')).catch((it) => it);
    expect(refusal).toBeInstanceOf(StoreRefused);
    expect(refusal.reason).toBe(reason);
    expect(JSON.stringify([refusal.message, refusal])).not.toContain('0001invented');
    expect(double.faults.pending).toEqual([]);
  });

  it.each<{ kind: FaultKind }>([
    { kind: 'throttled' },
    { kind: 'internal-after' },
    { kind: 'reset-after' },
    { kind: 'invalid-signature' },
  ])('with $kind once is made again, and its version exists once', async ({ kind }) => {
    const secret = secretsManagerSecret(client, await emptySecret());
    double.faults.add({ on: 'PutSecretValue', kind });
    expect(await secret.put(one, new Secret('invented'))).toBe('stored');
    expect((await secret.current())?.versionId).toBe(one);
    expect(double.faults.pending).toEqual([]);
  });

  it('is given up when no answer comes in time', async () => {
    const impatient = new SecretsManagerClient({
      ...clientConfig(double.endpoint, 1),
      requestHandler: { ...bounded.requestHandler, requestTimeout: 30 },
    });
    const name = await emptySecret();
    double.faults.add({ on: 'PutSecretValue', kind: 'hang-after' });
    await expect(
      secretsManagerSecret(impatient, name).put(one, new Secret('invented')),
    ).rejects.toMatchObject({ reason: 'unavailable' });
    // It may arrive only after it was given up.
    const stored = async () => (await secretsManagerSecret(client, name).current())?.versionId;
    await expect.poll(stored).toBe(one);
    impatient.destroy();
  });

  it('because nobody listens is refused as unavailable', async () => {
    const nobody = new SecretsManagerClient(clientConfig('http://127.0.0.1:9', 1));
    await expect(secretsManagerSecret(nobody, 'fresco/x/grant').current()).rejects.toMatchObject({
      reason: 'unavailable',
    });
  });
});

describe('each call asks for exactly', () => {
  const mocked = new SecretsManagerClient({});
  const mock = mockClient(mocked);
  const secret = secretsManagerSecret(mocked, 'fresco/default/grant');

  it.each([
    {
      name: 'the current version',
      act: () => secret.current(),
      command: GetSecretValueCommand,
      input: { SecretId: 'fresco/default/grant', VersionStage: 'AWSCURRENT' },
    },
    {
      name: 'the version by its id',
      act: () => secret.version(one),
      command: GetSecretValueCommand,
      input: { SecretId: 'fresco/default/grant', VersionId: one },
    },
    {
      name: 'a version of its own id under next',
      act: () => secret.put(one, new Secret('invented')),
      command: PutSecretValueCommand,
      input: {
        SecretId: 'fresco/default/grant',
        ClientRequestToken: one,
        SecretString: 'invented',
        VersionStages: ['next'],
      },
    },
    {
      name: 'a version of the given id under AWSPENDING',
      act: () => secret.putPending(one, new Secret('invented')),
      command: PutSecretValueCommand,
      input: {
        SecretId: 'fresco/default/grant',
        ClientRequestToken: one,
        SecretString: 'invented',
        VersionStages: ['AWSPENDING'],
      },
    },
    {
      name: 'the label current, from the version that has it',
      act: () => secret.promote(two, one),
      command: UpdateSecretVersionStageCommand,
      input: {
        SecretId: 'fresco/default/grant',
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: two,
        RemoveFromVersionId: one,
      },
    },
    {
      name: 'AWSPENDING off the version named',
      act: () => secret.dropPending(one),
      command: UpdateSecretVersionStageCommand,
      input: {
        SecretId: 'fresco/default/grant',
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: one,
      },
    },
  ])('$name', async ({ act, command, input }) => {
    mock.reset();
    mock.onAnyCommand().resolves({});
    await act();
    expect(mock.calls().map(({ args }) => args[0])).toEqual([expect.any(command)]);
    expect(mock.calls()[0]?.args[0].input).toEqual(input);
  });
});
