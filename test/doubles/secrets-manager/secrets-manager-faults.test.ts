import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import { type SecretsManagerDouble, startSecretsManager } from './secrets-manager.ts';

const SecretId = 'fresco/default/grant';
const first = 'invented-version-a'.padEnd(36, '0');
const second = 'invented-version-b'.padEnd(36, '0');

let nowMs: number;
let double: SecretsManagerDouble;
let client: SecretsManagerClient;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 23, 2);
  double = await startSecretsManager({ nowMs: () => nowMs });
  client = new SecretsManagerClient(clientConfig(double.endpoint));
  await client.send(
    new CreateSecretCommand({
      Name: SecretId,
      ClientRequestToken: first,
      SecretString: 'a/0001invented',
    }),
  );
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

function put(sender = client, abortSignal = AbortSignal.timeout(5000)) {
  const input = {
    SecretId,
    ClientRequestToken: second,
    SecretString: 'a/0002invented',
    VersionStages: ['next'],
  };
  return sender.send(new PutSecretValueCommand(input), { abortSignal });
}

function current(sender = client) {
  return sender.send(new GetSecretValueCommand({ SecretId })).then((answer) => answer.VersionId);
}

function isStored(): boolean {
  const versions = double.model.listSecretVersionIds({ SecretId, IncludeDeprecated: true });
  return versions.Versions?.some((version) => version.VersionId === second) ?? false;
}

describe('faults', () => {
  it.each([
    { kind: 'throttled', error: 'ThrottlingException', stored: false },
    { kind: 'access-denied', error: 'AccessDeniedException', stored: false },
    { kind: 'key-disabled', error: 'EncryptionFailure', stored: false },
    { kind: 'invalid-signature', error: 'InvalidSignatureException', stored: false },
    { kind: 'internal-before', error: 'InternalServiceError', stored: false },
    { kind: 'internal-after', error: 'InternalServiceError', stored: true },
  ] as const)('$kind answers $error, stored: $stored', async ({ kind, error, stored }) => {
    double.faults.add({ on: 'PutSecretValue', kind });
    await expect(put()).rejects.toMatchObject({ name: error });
    expect(isStored()).toBe(stored);
    await put();
    expect(isStored()).toBe(true);
  });

  it.each([
    { kind: 'reset-before', stored: false },
    { kind: 'reset-after', stored: true },
  ] as const)('$kind breaks the connection, stored: $stored', async ({ kind, stored }) => {
    double.faults.add({ on: 'PutSecretValue', kind });
    await expect(put()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(isStored()).toBe(stored);
  });

  it.each([
    { kind: 'hang-before', stored: false },
    { kind: 'hang-after', stored: true },
  ] as const)('$kind never answers, stored: $stored', async ({ kind, stored }) => {
    double.faults.add({ on: 'PutSecretValue', kind });
    await expect(put(client, AbortSignal.timeout(60))).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(isStored()).toBe(stored);
  });

  it('meet as many calls as they say, after as many as they let pass', async () => {
    double.faults.add({ on: 'GetSecretValue', kind: 'throttled', skip: 1, times: 2 });
    await expect(current()).resolves.toBe(first);
    await expect(current()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(current()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(double.faults.pending).toEqual([]);
    await expect(current()).resolves.toBe(first);
  });

  it('meet only the calls that they are meant for', async () => {
    double.faults.add({
      on: '*',
      kind: 'access-denied',
      where: (input) => input['SecretId'] === 'other',
    });
    await expect(current()).resolves.toBe(first);
    expect(double.faults.pending).toHaveLength(1);
  });

  it('are retried by the SDK where it may, one wire call each time', async () => {
    const patient = new SecretsManagerClient(clientConfig(double.endpoint, 3));
    double.calls.clear();
    double.faults.add({ on: 'PutSecretValue', kind: 'internal-after' });
    await put(patient);
    patient.destroy();
    expect(double.calls.all.map((call) => call.outcome)).toEqual(['internal-after', 'ok']);
  });
});

describe('a disabled key', () => {
  it('refuses to decrypt and to encrypt until it is enabled, and moves labels all the same', async () => {
    await put();
    double.model.disableKey();
    await expect(current()).rejects.toMatchObject({ name: 'DecryptionFailure' });
    await expect(put()).rejects.toMatchObject({ name: 'EncryptionFailure' });
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: first,
        MoveToVersionId: second,
      }),
    );
    double.model.disableKey(false);
    await expect(current()).resolves.toBe(second);
  });
});

describe('stale reads', () => {
  it('show the state of before for as many reads as asked', async () => {
    await put();
    double.model.makeReadsStale(SecretId, { writesBehind: 1, reads: 2 });
    const read = () =>
      client.send(new GetSecretValueCommand({ SecretId, VersionId: second })).then(
        (answer) => answer.VersionId,
        (error: Error) => error.name,
      );
    expect([await read(), await read(), await read()]).toEqual([
      'ResourceNotFoundException',
      'ResourceNotFoundException',
      second,
    ]);
  });

  it('lag by a time until a time', async () => {
    double.model.makeReadsStale(SecretId, { lagMs: 1000, untilMs: nowMs + 2500 });
    nowMs += 1000;
    await put();
    const isSeen = () =>
      client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'next' })).then(
        () => true,
        () => false,
      );
    const seen: boolean[] = [];
    for (const stepMs of [0, 999, 1]) {
      nowMs += stepMs;
      seen.push(await isSeen());
    }
    expect(seen).toEqual([false, false, true]);
  });

  it('never touch writes: a compare-and-set works on what is', async () => {
    double.model.makeReadsStale(SecretId, { writesBehind: 0 });
    await put();
    const move = () =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: 'AWSCURRENT',
          RemoveFromVersionId: first,
          MoveToVersionId: second,
        }),
      );
    await move();
    await expect(current()).resolves.toBe(first);
    await expect(move()).rejects.toMatchObject({ name: 'InvalidParameterException' });
    double.model.freshenReads(SecretId);
    await expect(current()).resolves.toBe(second);
  });
});

describe('the wire', () => {
  it('says the time of the double in its Date header, on refusals too', async () => {
    double.faults.add({ on: 'GetSecretValue', kind: 'throttled' });
    for (const status of [400, 200]) {
      const answer = await fetch(double.endpoint, {
        method: 'POST',
        headers: { 'X-Amz-Target': 'secretsmanager.GetSecretValue' },
        body: JSON.stringify({ SecretId }),
      });
      await answer.arrayBuffer();
      expect(answer.status).toBe(status);
      expect(answer.headers.get('date')).toBe('Mon, 23 Nov 2026 02:00:00 GMT');
    }
  });

  it('logs which calls came and how they ended, and no value', async () => {
    double.calls.clear();
    await put();
    await current();
    double.faults.add({ on: '*', kind: 'throttled' });
    await expect(current()).rejects.toThrow();
    expect(double.calls.all).toEqual([
      {
        operation: 'PutSecretValue',
        ids: { SecretId, ClientRequestToken: second, VersionStages: 'next' },
        outcome: 'ok',
        atMs: nowMs,
      },
      { operation: 'GetSecretValue', ids: { SecretId }, outcome: 'ok', atMs: nowMs },
      { operation: 'GetSecretValue', ids: { SecretId }, outcome: 'throttled', atMs: nowMs },
    ]);
    expect(double.calls.count('GetSecretValue')).toBe(2);
  });

  it('refuses an operation that it does not know', async () => {
    const answer = await fetch(double.endpoint, {
      method: 'POST',
      headers: { 'X-Amz-Target': 'secretsmanager.GetRandomPassword' },
      body: '{}',
    });
    expect(await answer.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });
});
