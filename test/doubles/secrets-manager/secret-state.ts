// One secret's versions and labels, as a value that is never changed: each write gives the next state, so
// that a stale read is simply an older state. Rules as in the API reference of Secrets Manager.
import { AwsError } from '../http/aws-error.ts';

/** The errors that the operations of Secrets Manager declare, and those common to all. */
export type SecretsManagerErrorName =
  | 'AccessDeniedException'
  | 'DecryptionFailure'
  | 'EncryptionFailure'
  | 'InvalidNextTokenException'
  | 'InvalidParameterException'
  | 'InvalidRequestException'
  | 'LimitExceededException'
  | 'ResourceExistsException'
  | 'ResourceNotFoundException'
  | 'UnknownOperationException';

/** A refusal of Secrets Manager. */
export class SecretsManagerError extends AwsError<SecretsManagerErrorName> {}

/** A version's value; text and bytes are told apart, as AWS does. */
export type StoredValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly base64: string };

/** A version; without a value it is the empty one that a rotation starts with. */
export interface StoredVersion {
  readonly versionId: string;
  readonly value?: StoredValue;
  readonly createdAtMs: number;
}

/** A secret's rotation as configured. */
export interface RotationSetting {
  readonly enabled: boolean;
  readonly lambdaArn: string;
  readonly rules?: {
    readonly AutomaticallyAfterDays?: number;
    readonly Duration?: string;
    readonly ScheduleExpression?: string;
  };
}

/** The whole state of a secret. Labels map to version ids: two versions can't have the same one. */
export interface SecretState {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags: ReadonlyMap<string, string>;
  /** In the order of their creation. */
  readonly versions: ReadonlyMap<string, StoredVersion>;
  readonly labels: ReadonlyMap<string, string>;
  readonly rotation?: RotationSetting;
  readonly rotatedAtMs?: number;
  /** When a scheduled deletion takes place. */
  readonly deleteAtMs?: number;
}

/** Quotas of Secrets Manager, none adjustable. */
export const quotas = {
  versionsMax: 100,
  labelsMax: 20,
  valueBytesMax: 65_536,
  versionKeptMs: 24 * 3600 * 1000,
};

/** The labels of a version, sorted. */
export function labelsOf(state: SecretState, versionId: string): string[] {
  const own = [...state.labels].filter(([, id]) => id === versionId);
  return own.map(([label]) => label).sort();
}

/** Whether both are the same data, which a replayed call must bring. */
export function isSameValue(one: StoredValue, other: StoredValue): boolean {
  if (one.kind === 'text') return other.kind === 'text' && one.text === other.text;
  return other.kind === 'bytes' && one.base64 === other.base64;
}

/**
 * PutSecretValue: creates the version once. Again with the same data does nothing, labels included; with
 * other data it is refused. Labels on other versions are moved without a check; none given: AWSCURRENT.
 */
export function putVersion(
  state: SecretState,
  versionId: string,
  value: StoredValue,
  labels: readonly string[] | undefined,
  nowMs: number,
): SecretState {
  const existing = state.versions.get(versionId);
  if (existing?.value !== undefined) {
    if (isSameValue(existing.value, value)) return state;
    throw versionTaken(state, versionId);
  }
  const room = existing === undefined ? makeRoom(state, nowMs) : state;
  const filled = { versionId, value, createdAtMs: existing?.createdAtMs ?? nowMs };
  const versions = new Map(room.versions).set(versionId, filled);
  const wanted = new Set(labels ?? ['AWSCURRENT']);
  if (!state.labels.has('AWSCURRENT')) wanted.add('AWSCURRENT');
  let next: SecretState = { ...room, versions, changedAtMs: nowMs };
  for (const label of wanted) next = attach(next, label, versionId);
  return next;
}

/** The empty version under AWSPENDING with which Secrets Manager starts a rotation. */
export function putEmptyPending(state: SecretState, versionId: string, nowMs: number): SecretState {
  if (state.versions.has(versionId)) throw versionTaken(state, versionId);
  const room = makeRoom(state, nowMs);
  const versions = new Map(room.versions).set(versionId, { versionId, createdAtMs: nowMs });
  return attach({ ...room, versions, changedAtMs: nowMs }, 'AWSPENDING', versionId);
}

/**
 * UpdateSecretVersionStage, the compare-and-set: a label that is attached moves only from the version that
 * the caller names. Everything is checked before anything is changed.
 */
export function moveLabel(
  state: SecretState,
  label: string,
  from: string | undefined,
  to: string | undefined,
  nowMs: number,
): SecretState {
  if (from === undefined && to === undefined) {
    throw refused('you must give RemoveFromVersionId or MoveToVersionId');
  }
  if (to !== undefined && !state.versions.has(to)) throw noVersion(to);
  checkFrom(label, state.labels.get(label), from, to);
  if (to !== undefined) return attach({ ...state, changedAtMs: nowMs }, label, to);
  if (label === 'AWSCURRENT') {
    throw refused(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  }
  return { ...detach(state, label), changedAtMs: nowMs };
}

/** Takes a label off, whoever has it. */
export function detach(state: SecretState, label: string): SecretState {
  const labels = new Map(state.labels);
  labels.delete(label);
  return { ...state, labels };
}

/** Drops versions without a label that are at least `ageMs` old, as Secrets Manager may at any time. */
export function dropDeprecated(state: SecretState, ageMs: number, nowMs: number): SecretState {
  const kept = [...state.versions].filter(
    ([versionId, version]) =>
      labelsOf(state, versionId).length > 0 || nowMs - version.createdAtMs < ageMs,
  );
  return { ...state, versions: new Map(kept) };
}

/** The answer to a version id that isn't there. */
export function noVersion(versionId: string): SecretsManagerError {
  return new SecretsManagerError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for VersionId: ${versionId}`,
  );
}

/** The answer to a token whose version exists with other data. */
export function versionTaken(state: SecretState, versionId: string): SecretsManagerError {
  return new SecretsManagerError(
    'ResourceExistsException',
    `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${state.arn}.`,
  );
}

function checkFrom(
  label: string,
  holder: string | undefined,
  from: string | undefined,
  to: string | undefined,
): void {
  if (from === undefined) {
    if (holder === undefined || holder === to) return;
    throw refused(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (from === holder) return;
  throw refused(
    `The parameter RemoveFromVersionId is not valid. Staging label ${label} is currently attached to ${holder === undefined ? 'no version' : `version ${holder}`}, not to version ${from}.`,
  );
}

function attach(state: SecretState, label: string, versionId: string): SecretState {
  const holder = state.labels.get(label);
  if (holder === versionId) return state;
  const labels = new Map(state.labels).set(label, versionId);
  if (label === 'AWSCURRENT' && holder !== undefined) labels.set('AWSPREVIOUS', holder);
  if (labels.size > quotas.labelsMax) {
    throw new SecretsManagerError(
      'LimitExceededException',
      `You have reached the quota of ${quotas.labelsMax} staging labels for a secret.`,
    );
  }
  return { ...state, labels };
}

function makeRoom(state: SecretState, nowMs: number): SecretState {
  const versions = new Map(state.versions);
  for (const [versionId, version] of state.versions) {
    if (versions.size < quotas.versionsMax) break;
    if (nowMs - version.createdAtMs < quotas.versionKeptMs) continue;
    if (labelsOf(state, versionId).length === 0) versions.delete(versionId);
  }
  if (versions.size < quotas.versionsMax) return { ...state, versions };
  throw new SecretsManagerError(
    'LimitExceededException',
    `You have reached the quota of ${quotas.versionsMax} versions for a secret.`,
  );
}

function refused(message: string): SecretsManagerError {
  return new SecretsManagerError('InvalidParameterException', message);
}
