import type * as Api from '@aws-sdk/client-secrets-manager';
import {
  labelsOf,
  noVersion,
  type SecretState,
  SecretsManagerError,
  type StoredVersion,
} from './secret-state.ts';
import { unfit } from './secrets-manager-input.ts';

/** The version that GetSecretValue asks for, by id, by label, by both, or AWSCURRENT. */
export function versionAsked(
  state: SecretState,
  request: Api.GetSecretValueRequest,
): StoredVersion {
  const { VersionId: id, VersionStage: label } = request;
  const labelled = state.labels.get(label ?? 'AWSCURRENT');
  if (id !== undefined && label !== undefined && labelled !== id) {
    throw unfit('You provided a VersionStage that is not associated to the provided VersionId.');
  }
  const version = state.versions.get(id ?? labelled ?? '');
  if (version?.value !== undefined) return version;
  if (id !== undefined) throw noVersion(id);
  throw new SecretsManagerError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for staging label: ${label ?? 'AWSCURRENT'}`,
  );
}

/** DescribeSecret's answer. */
export function describe(state: SecretState): Api.DescribeSecretResponse {
  return { ...details(state), VersionIdsToStages: stagesById(state) };
}

/** A secret as ListSecrets shows it. */
export function listed(state: SecretState): Api.SecretListEntry {
  return { ...details(state), SecretVersionsToStages: stagesById(state) };
}

/** A version as ListSecretVersionIds shows it. */
export function listedVersion(
  state: SecretState,
  version: StoredVersion,
): Api.SecretVersionsListEntry {
  return {
    VersionId: version.versionId,
    VersionStages: labelsOf(state, version.versionId),
    CreatedDate: new Date(version.createdAtMs),
  };
}

/** The value fields of GetSecretValue's answer. */
export function valueFields(version: StoredVersion): Api.GetSecretValueResponse {
  const { value } = version;
  if (value === undefined) return {};
  if (value.kind === 'text') return { SecretString: value.text };
  return { SecretBinary: new Uint8Array(Buffer.from(value.base64, 'base64')) };
}

function details(state: SecretState) {
  return {
    ARN: state.arn,
    Name: state.name,
    CreatedDate: new Date(state.createdAtMs),
    LastChangedDate: new Date(state.changedAtMs),
    Tags: [...state.tags].map(([Key, Value]) => ({ Key, Value })),
    ...(state.description === undefined ? {} : { Description: state.description }),
    ...(state.kmsKeyId === undefined ? {} : { KmsKeyId: state.kmsKeyId }),
    ...(state.rotatedAtMs === undefined ? {} : { LastRotatedDate: new Date(state.rotatedAtMs) }),
    ...(state.deleteAtMs === undefined ? {} : { DeletedDate: new Date(state.deleteAtMs) }),
    ...rotationDetails(state),
  };
}

function rotationDetails(state: SecretState) {
  if (state.rotation === undefined) return {};
  const { enabled, lambdaArn, rules } = state.rotation;
  return {
    RotationEnabled: enabled,
    RotationLambdaARN: lambdaArn,
    ...(rules === undefined ? {} : { RotationRules: rules }),
  };
}

function stagesById(state: SecretState): Record<string, string[]> {
  const ids = [...state.versions.keys()].filter((id) => labelsOf(state, id).length > 0);
  return Object.fromEntries(ids.map((id) => [id, labelsOf(state, id)]));
}
