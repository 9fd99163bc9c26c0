// AWS Secrets Manager as its API reference describes it, without HTTP: the SDK's request and response types,
// synchronous and hence linearizable, refusals thrown as SecretsManagerError. What the reference leaves open
// is decided against the caller (a replayed compare-and-set is refused, for one).
import type * as Api from '@aws-sdk/client-secrets-manager';
import type { StaleReads } from './secret-history.ts';
import { notDeleted, SecretShelf } from './secret-shelf.ts';
import {
  detach,
  dropDeprecated,
  isSameValue,
  labelsOf,
  moveLabel,
  noVersion,
  putEmptyPending,
  putVersion,
  quotas,
  type SecretState,
  SecretsManagerError,
  type StoredValue,
  type StoredVersion,
  versionTaken,
} from './secret-state.ts';
import {
  invalid,
  labelGiven,
  labelsGiven,
  nameGiven,
  page,
  rotationGiven,
  tokenOf,
  unfit,
  valueGiven,
} from './secrets-manager-input.ts';
import { describe, listed, listedVersion, valueFields } from './secrets-manager-output.ts';

const dayMs = 24 * 3600 * 1000;

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
    const { RemoveFromVersionId: from, MoveToVersionId: to } = request;
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
    const days = request.RecoveryWindowInDays;
    const isForced = request.ForceDeleteWithoutRecovery === true;
    if (isForced && days !== undefined) {
      throw invalid(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    }
    if (days !== undefined && (days < 7 || days > 30)) {
      throw invalid('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    }
    const nowMs = this.#ports.nowMs();
    const deleteAtMs = isForced ? nowMs : nowMs + (days ?? 30) * dayMs;
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
    const state = this.#shelf.change(request.SecretId, (before, nowMs) => {
      const rotation = rotationGiven(request, before.rotation);
      const pending = before.labels.get('AWSPENDING');
      if (pending !== undefined && pending !== before.labels.get('AWSCURRENT')) {
        throw unfit("A previous rotation isn't complete. That rotation will be reattempted.");
      }
      return { ...putEmptyPending(before, versionId, nowMs), rotation };
    });
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

  /**
   * What the service does after the last step: takes AWSPENDING off the version that became current.
   * `incomplete`: AWSPENDING is still on another version, and later rotations will be refused.
   */
  completeRotation(job: RotationJob): 'rotated' | 'incomplete' {
    const { labels } = this.#shelf.newest(job.secretArn);
    const isPending = labels.get('AWSPENDING') === job.versionId;
    if (isPending && labels.get('AWSCURRENT') !== job.versionId) return 'incomplete';
    this.#shelf.change(job.secretArn, (before, nowMs) => ({
      ...(isPending ? detach(before, 'AWSPENDING') : before),
      rotatedAtMs: nowMs,
    }));
    return 'rotated';
  }

  /** What the service does after a test: the version that it had made for testSecret goes again. */
  removeTestVersion(job: RotationJob): void {
    this.#shelf.change(job.secretArn, (before) => {
      const versions = new Map(before.versions);
      if (versions.get(job.versionId)?.value === undefined) versions.delete(job.versionId);
      const isPending = before.labels.get('AWSPENDING') === job.versionId;
      return { ...(isPending ? detach(before, 'AWSPENDING') : before), versions };
    });
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

function versionAsked(state: SecretState, request: Api.GetSecretValueRequest): StoredVersion {
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
