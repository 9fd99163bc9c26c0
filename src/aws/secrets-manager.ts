import {
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  PutSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { PendingSecret, SecretVersion } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import { bounded, call } from './failures.ts';

/** A client of Secrets Manager. */
export function secretsManager(settings: SecretsManagerClientConfig = {}): SecretsManagerClient {
  return new SecretsManagerClient({ ...bounded, ...settings });
}

/**
 * One secret of Secrets Manager, by name or ARN. A version's id is the put's `ClientRequestToken`, so each
 * put can be repeated; labels move by compare-and-set alone. Reads are eventually consistent.
 */
export function secretsManagerSecret(
  client: SecretsManagerClient,
  secretId: string,
): PendingSecret {
  const put = (versionId: string, value: Secret, label: 'next' | 'AWSPENDING') =>
    putVersion(client, secretId, { versionId, value, label });
  return {
    current: () => read(client, { SecretId: secretId, VersionStage: 'AWSCURRENT' }),
    version: (versionId) => read(client, { SecretId: secretId, VersionId: versionId }),
    put: (versionId, value) => put(versionId, value, 'next'),
    promote: (versionId, from) => moveCurrent(client, secretId, versionId, from),
    putPending: (versionId, value) => put(versionId, value, 'AWSPENDING'),
    dropPending: (versionId) => dropPending(client, secretId, versionId),
  };
}

/** The version asked for; not found, or found without a value, is `undefined`, also where the secret is missing. */
async function read(
  client: SecretsManagerClient,
  input: GetSecretValueCommandInput,
): Promise<SecretVersion | undefined> {
  const answer = await call(
    `read ${input.SecretId}`,
    () => client.send(new GetSecretValueCommand(input)),
    ['ResourceNotFoundException'],
  );
  if (answer === 'ResourceNotFoundException') return undefined;
  const { VersionId: versionId, SecretString: text } = answer;
  return versionId === undefined || text === undefined
    ? undefined
    : { versionId, value: new Secret(text) };
}

async function putVersion(
  client: SecretsManagerClient,
  secretId: string,
  version: SecretVersion & { readonly label: 'next' | 'AWSPENDING' },
): Promise<'stored' | 'taken'> {
  const answer = await call(
    `put a version of ${secretId}`,
    () =>
      client.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          ClientRequestToken: version.versionId,
          SecretString: version.value.reveal(),
          VersionStages: [version.label],
        }),
      ),
    ['ResourceExistsException'],
  );
  return answer === 'ResourceExistsException' ? 'taken' : 'stored';
}

async function moveCurrent(
  client: SecretsManagerClient,
  secretId: string,
  versionId: string,
  from: string,
): Promise<'promoted' | 'moved' | 'absent'> {
  const answer = await call(
    `make a version of ${secretId} current`,
    () =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: versionId,
          RemoveFromVersionId: from,
        }),
      ),
    ['InvalidParameterException', 'ResourceNotFoundException'],
  );
  if (answer === 'InvalidParameterException') return 'moved';
  return answer === 'ResourceNotFoundException' ? 'absent' : 'promoted';
}

async function dropPending(
  client: SecretsManagerClient,
  secretId: string,
  versionId: string,
): Promise<void> {
  await call(
    `take AWSPENDING off a version of ${secretId}`,
    () =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: 'AWSPENDING',
          RemoveFromVersionId: versionId,
        }),
      ),
    ['InvalidParameterException', 'ResourceNotFoundException'],
  );
}
