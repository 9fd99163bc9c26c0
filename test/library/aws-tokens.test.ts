import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import type { RefreshAnswer } from '../../src/core/consumers/rotator.ts';
import { type AccessToken, encodeAccessToken } from '../../src/core/records/access-token.ts';
import { Secret } from '../../src/core/secret.ts';
import { openTokenSource, type TokenSourceOptions } from '../../src/library/token-source.ts';
import { systemClock } from '../../src/local/clock.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import { inProcess, startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';
import { startSecretsManager } from '../doubles/secrets-manager/secrets-manager.ts';

const hour = 3_600_000;
const alias = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers';
const secretId = 'fresco/default/access-token';

/** A published token, and a rotator behind its alias that publishes the next one when asked. */
async function published(options: TokenSourceOptions = {}, refreshWith: string | null = alias) {
  const secrets = await startSecretsManager();
  const lambda = await startLambdaInvoke();
  onTestFinished(async () => {
    await Promise.all([secrets.stop(), lambda.stop()]);
  });
  const client = new SecretsManagerClient(clientConfig(secrets.endpoint));
  const secret = secretsManagerSecret(client, secretId);
  const tokenOf = (generation: number): AccessToken => ({
    connection: 'default',
    grant: 1,
    generation,
    attempt: generation,
    accessToken: new Secret(`a/000${generation}invented`),
    issuedAtMs: systemClock.nowMs(),
    expiresAtMs: systemClock.nowMs() + generation * hour,
    companies: [],
    ...(refreshWith === null ? {} : { refreshWith }),
  });
  const versionId = (generation: number) => String(generation).padStart(32, '0');
  await client.send(new CreateSecretCommand({ Name: secretId }));
  await secret.put(versionId(1), encodeAccessToken(tokenOf(1)));
  const wishes: unknown[] = [];
  lambda.route(
    'rotator:consumers',
    inProcess(async (wish: unknown): Promise<RefreshAnswer> => {
      wishes.push(wish);
      const { expiresAtMs, grant, generation, attempt } = tokenOf(2);
      await secret.put(versionId(2), encodeAccessToken(tokenOf(2)));
      await secret.promote(versionId(2), versionId(1));
      return { kind: 'published', position: { grant, generation, attempt }, expiresAtMs };
    }),
  );
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
    AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
    AWS_SECRET_ACCESS_KEY: 'invented',
    AWS_REGION: 'eu-south-1',
  })) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  return { secrets, lambda, wishes, source: openTokenSource(options, { env: {} }) };
}

describe('over Secrets Manager, a token source', () => {
  it('reads the one secret and asks nobody while the token lasts', async () => {
    const { source, secrets, lambda } = await published();
    expect(await source.token({ minValidity: '30m' })).toBe('a/0001invented');
    expect(await source.token()).toBe('a/0001invented');
    expect(secrets.calls.count('GetSecretValue')).toBe(1);
    expect(lambda.calls.all).toEqual([]);
  });

  it('asks the alias that the secret names for a token that lasts as long as the job', async () => {
    const { source, wishes } = await published();
    expect(await source.token({ minValidity: '90m' })).toBe('a/0002invented');
    expect(wishes).toEqual([{ connection: 'default', minValidityMs: 90 * 60_000 }]);
  });

  it('asks once however many want a token at the same time', async () => {
    const { source, wishes } = await published();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => source.token({ minValidity: '90m' })),
    );
    expect(new Set(all)).toEqual(new Set(['a/0002invented']));
    expect(wishes).toHaveLength(1);
  });

  it('tells the rotator which token was rejected', async () => {
    const { source, wishes } = await published();
    expect(await source.rejected(await source.token())).toBe('a/0002invented');
    const rejected = { grant: 1, generation: 1, attempt: 1 };
    expect(wishes).toEqual([{ connection: 'default', rejected }]);
  });

  it('says how long the token lasts where no rotator is named', async () => {
    const { source } = await published({}, null);
    await expect(source.token({ minValidity: '2h' })).rejects.toMatchObject({ code: 'too-long' });
  });

  it('says that a person is needed where the secret may not be read', async () => {
    const { source, secrets } = await published();
    secrets.faults.add({ on: 'GetSecretValue', kind: 'access-denied' });
    await expect(source.token()).rejects.toMatchObject({ code: 'person-needed' });
    expect(await source.token()).toBe('a/0001invented');
  });

  it('says that a person is needed where nobody has logged in', async () => {
    const { source } = await published({ connection: 'other' });
    await expect(source.token()).rejects.toMatchObject({
      code: 'person-needed',
      message: expect.stringMatching(/fresco login/),
    });
  });
});
