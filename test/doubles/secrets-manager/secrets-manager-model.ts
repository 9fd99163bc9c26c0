// AWS Secrets Manager as its API reference describes it, without HTTP: the SDK's request and response types,
// synchronous and hence linearizable, refusals thrown as SecretsManagerError. What the reference leaves open
// is decided against the caller (a replayed compare-and-set is refused, for one).
import type * as Api from '@aws-sdk/client-secrets-manager';
import type { StaleReads } from './secret-history.ts';
import { endRotation, endTest, isIncomplete, startRotation } from './secret-rotation.ts';
import { notDeleted, SecretShelf } from './secret-shelf.ts';
import {
  dropDeprecated,
  isSameValue,
  labelsOf,
  moveLabel,
  putVersion,
  quotas,
  type SecretState,
  SecretsManagerError,
  type StoredValue,
  versionTaken,
} from './secret-state.ts';
import {
  deletionGiven,
  invalid,
  labelGiven,
  labelsGiven,
  nameGiven,
  page,
  tokenOf,
  unfit,
  valueGiven,
  versionGiven,
} from './secrets-manager-input.ts';
import {
  describe,
  listed,
  listedVersion,
  valueFields,
  versionAsked,
} from './secrets-manager-output.ts';

/** A rotation that RotateSecret has accepted and that something has to drive through its steps. */
export interface RotationJob {
  readonly secretArn: string;
  readonly versionId: string;
  /** All four steps, or only testSecret (`RotateImmediately: false`). */
  readonly kind: 'rotation' | 'test';
}

/** What the model needs from its surroundings. */
export interface ModelPorts {
  readonly nowMs: () => number;
  /** Is handed each accepted rotation; absent: nothing drives them, AWSPENDING stays where it was put. */
  readonly startRotation?: (job: RotationJob) => void;
  /** `eu-south-1` if absent. */
  readonly region?: string;
}

/** The secrets of one account and region. */
export class SecretsManagerModel {
  readonly #ports: ModelPorts;
  readonly #shelf: SecretShelf;
  #isKeyDisabled = false;

  constructor(ports: ModelPorts) {
    this.#ports = ports;
    this.#shelf = new SecretShelf(ports.nowMs, ports.region ?? 'eu-south-1');
  }

  createSecret(request: Api.CreateSecretRequest): Api.CreateSecretResponse {
    const name = nameGiven(request.Name);
    const value = valueGiven(request);
    const existing = this.#shelf.find(name);
    if (existing !== undefined) return recreate(existing, request.ClientRequestToken, value);
    if (value !== undefined) this.#needKey('EncryptionFailure');
    const versionId = value === undefined ? undefined : tokenOf(request.ClientRequestToken);
    const state = this.#shelf.add({
      name,
      tags: tagMap(request.Tags),
      versions: new Map(),
      labels: new Map(),
      ...(request.Description === undefined ? {} : { description: request.Description }),
      ...(request.KmsKeyId === undefined ? {} : { kmsKeyId: request.KmsKeyId }),
    });
    if (value === undefined || versionId === undefined) return named(state);
    this.#shelf.change(name, (empty, nowMs) =>
      putVersion(empty, versionId, value, undefined, nowMs),
    );
    return { ...named(state), VersionId: versionId };
  }

  describeSecret(request: Api.DescribeSecretRequest): Api.DescribeSecretResponse {
    return describe(this.#shelf.read(request.SecretId));
  }

  getSecretValue(request: Api.GetSecretValueRequest): Api.GetSecretValueResponse {
    const state = notDeleted(this.#shelf.read(request.SecretId));
    versionGiven(request.VersionId);
    const version = versionAsked(state, request);
    this.#needKey('DecryptionFailure');
    return { ...named(state), ...listedVersion(state, version), ...valueFields(version) };
  }

  putSecretValue(request: Api.PutSecretValueRequest): Api.PutSecretValueResponse {
    const versionId = tokenOf(request.ClientRequestToken);
    const labels = labelsGiven(request.VersionStages);
    const value = valueGiven(request);
    if (value === undefined) throw invalid('You must provide either SecretString or SecretBinary.');
    const state = this.#shelf.change(request.SecretId, (before, nowMs) => {
      this.#needKey('EncryptionFailure');
      return putVersion(before, versionId, value, labels, nowMs);
    });
    return { ...named(state), VersionId: versionId, VersionStages: labelsOf(state, versionId) };
  }

  updateSecret(request: Api.UpdateSecretRequest): Api.UpdateSecretResponse {
    const value = valueGiven(request);
    const versionId = value === undefined ? undefined : tokenOf(request.ClientRequestToken);
    const state = this.#shelf.change(request.SecretId, (before, nowMs) => {
      const next = {
        ...before,
        changedAtMs: nowMs,
        ...(request.Description === undefined ? {} : { description: request.Description }),
        ...(request.KmsKeyId === undefined ? {} : { kmsKeyId: request.KmsKeyId }),
      };
      if (value === undefined || versionId === undefined) return next;
      if (before.versions.has(versionId)) throw versionTaken(before, versionId);
      this.#needKey('EncryptionFailure');
      return putVersion(next, versionId, value, undefined, nowMs);
    });
    return versionId === undefined ? named(state) : { ...named(state), VersionId: versionId };
  }

  updateSecretVersionStage(
    request: Api.UpdateSecretVersionStageRequest,
  ): Api.UpdateSecretVersionStageResponse {
    const label = labelGiven(request.VersionStage);
    const from = versionGiven(request.RemoveFromVersionId);
    const to = versionGiven(request.MoveToVersionId);
    const state = this.#shelf.change(request.SecretId, (before, nowMs) =>
      moveLabel(before, label, from, to, nowMs),
    );
    return named(state);
  }

  listSecretVersionIds(request: Api.ListSecretVersionIdsRequest): Api.ListSecretVersionIdsResponse {
    const state = this.#shelf.read(request.SecretId);
    const versions = [...state.versions.values()].filter(
      (version) =>
        request.IncludeDeprecated === true || labelsOf(state, version.versionId).length > 0,
    );
    const { items, nextToken } = page(versions, request.MaxResults, request.NextToken);
    return {
      ...named(state),
      Versions: items.map((version) => listedVersion(state, version)),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  }

  /** Of the filters only `name`, by prefix as AWS does. */
  listSecrets(request: Api.ListSecretsRequest): Api.ListSecretsResponse {
    const prefixes = (request.Filters ?? []).flatMap((filter) => {
      if (filter.Key !== 'name') throw invalid(`the double has no filter '${filter.Key}'`);
      return filter.Values ?? [];
    });
    const secrets = this.#shelf
      .all()
      .filter((state) => request.IncludePlannedDeletion || state.deleteAtMs === undefined)
      .filter(
        (state) => prefixes.length === 0 || prefixes.some((one) => state.name.startsWith(one)),
      );
    const { items, nextToken } = page(secrets, request.MaxResults, request.NextToken);
    return {
      SecretList: items.map(listed),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  }

  deleteSecret(request: Api.DeleteSecretRequest): Api.DeleteSecretResponse {
    const nowMs = this.#ports.nowMs();
    const deleteAtMs = deletionGiven(request, nowMs);
    const isForced = deleteAtMs === nowMs;
    if (isForced && !this.#exists(request.SecretId)) return { DeletionDate: new Date(nowMs) };
    const state = this.#shelf.changeEvenDeleted(request.SecretId, (before) =>
      isForced ? undefined : { ...notDeleted(before), deleteAtMs },
    );
    return { ...named(state), DeletionDate: new Date(deleteAtMs) };
  }

  restoreSecret(request: Api.RestoreSecretRequest): Api.RestoreSecretResponse {
    const state = this.#shelf.changeEvenDeleted(request.SecretId, (before) => {
      const { deleteAtMs: _, ...rest } = before;
      return rest;
    });
    return named(state);
  }

  tagResource(request: Api.TagResourceRequest): void {
    this.#shelf.change(request.SecretId, (before) => ({
      ...before,
      tags: new Map([...before.tags, ...tagMap(request.Tags)]),
    }));
  }

  rotateSecret(request: Api.RotateSecretRequest): Api.RotateSecretResponse {
    const versionId = tokenOf(request.ClientRequestToken);
    const state = this.#shelf.change(request.SecretId, (before, nowMs) =>
      startRotation(before, request, versionId, nowMs),
    );
    const kind = request.RotateImmediately === false ? 'test' : 'rotation';
    this.#ports.startRotation?.({ secretArn: state.arn, versionId, kind });
    return { ...named(state), VersionId: versionId };
  }

  cancelRotateSecret(request: Api.CancelRotateSecretRequest): Api.CancelRotateSecretResponse {
    const state = this.#shelf.change(request.SecretId, (before) =>
      before.rotation === undefined
        ? before
        : { ...before, rotation: { ...before.rotation, enabled: false } },
    );
    const pending = state.labels.get('AWSPENDING');
    return pending === undefined ? named(state) : { ...named(state), VersionId: pending };
  }

  /** Whether a driver may take the next step: false once CancelRotateSecret or a deletion has come. */
  isRotating(job: RotationJob): boolean {
    if (!this.#exists(job.secretArn)) return false;
    const state = this.#shelf.newest(job.secretArn);
    return state.deleteAtMs === undefined && state.rotation?.enabled === true;
  }

  /** Ends a rotation. `incomplete`: AWSPENDING stays where it is, and later rotations will be refused. */
  completeRotation(job: RotationJob): 'rotated' | 'incomplete' {
    if (isIncomplete(this.#shelf.newest(job.secretArn), job.versionId)) return 'incomplete';
    this.#shelf.change(job.secretArn, (before, nowMs) => endRotation(before, job.versionId, nowMs));
    return 'rotated';
  }

  /** Ends a test of a rotation. */
  removeTestVersion(job: RotationJob): void {
    this.#shelf.change(job.secretArn, (before) => endTest(before, job.versionId));
  }

  /** From now on reads of this secret (value, description, version list) fall behind. */
  makeReadsStale(secretId: string, how: StaleReads): void {
    this.#shelf.makeStale(secretId, how);
  }

  /** Ends stale reads. */
  freshenReads(secretId: string): void {
    this.#shelf.freshen(secretId);
  }

  /** Lets versions without a label vanish that are at least `ageMs` old; AWS keeps them 24 hours, 0 is worse. */
  dropDeprecated(secretId: string, ageMs: number = quotas.versionKeptMs): void {
    this.#shelf.changeEvenDeleted(secretId, (before, nowMs) =>
      dropDeprecated(before, ageMs, nowMs),
    );
  }

  /** Disables the KMS key of all secrets, or enables it again. */
  disableKey(isDisabled = true): void {
    this.#isKeyDisabled = isDisabled;
  }

  #exists(secretId: string | undefined): boolean {
    try {
      return this.#shelf.newest(secretId) !== undefined;
    } catch (error) {
      if (error instanceof SecretsManagerError) return false;
      throw error;
    }
  }

  #needKey(failure: 'DecryptionFailure' | 'EncryptionFailure'): void {
    if (!this.#isKeyDisabled) return;
    throw new SecretsManagerError(failure, 'The KMS key is disabled.');
  }
}

function recreate(
  state: SecretState,
  token: string | undefined,
  value: StoredValue | undefined,
): Api.CreateSecretResponse {
  if (state.deleteAtMs !== undefined) {
    throw unfit(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const version = token === undefined ? undefined : state.versions.get(token);
  if (version?.value !== undefined && value !== undefined && isSameValue(version.value, value)) {
    return { ...named(state), VersionId: version.versionId };
  }
  throw new SecretsManagerError(
    'ResourceExistsException',
    `The operation failed because the secret ${state.name} already exists.`,
  );
}

function named(state: SecretState): { ARN: string; Name: string } {
  return { ARN: state.arn, Name: state.name };
}

function tagMap(tags: readonly Api.Tag[] | undefined): Map<string, string> {
  return new Map((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}
