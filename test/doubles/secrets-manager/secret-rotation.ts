// What a rotation does to a secret's state before its first step and after its last one.
import type { RotateSecretRequest, RotationRulesType } from '@aws-sdk/client-secrets-manager';
import { detach, putEmptyPending, type RotationSetting, type SecretState } from './secret-state.ts';
import { invalid, unfit } from './secrets-manager-input.ts';

/** RotateSecret: remembers what was given and puts AWSPENDING on an empty version, unless one is pending. */
export function startRotation(
  state: SecretState,
  request: RotateSecretRequest,
  versionId: string,
  nowMs: number,
): SecretState {
  const rotation = rotationGiven(request, state.rotation);
  const pending = state.labels.get('AWSPENDING');
  if (pending !== undefined && pending !== state.labels.get('AWSCURRENT')) {
    throw unfit("A previous rotation isn't complete. That rotation will be reattempted.");
  }
  return { ...putEmptyPending(state, versionId, nowMs), rotation };
}

/** Whether AWSPENDING is still on this version while another one is current. */
export function isIncomplete(state: SecretState, versionId: string): boolean {
  return (
    state.labels.get('AWSPENDING') === versionId && state.labels.get('AWSCURRENT') !== versionId
  );
}

/** After the last step: the service, not the function, takes AWSPENDING off what became current. */
export function endRotation(state: SecretState, versionId: string, nowMs: number): SecretState {
  return { ...withoutPending(state, versionId), rotatedAtMs: nowMs };
}

/** After a test: the version that was made for it goes again, unless the function gave it a value. */
export function endTest(state: SecretState, versionId: string): SecretState {
  const versions = new Map(state.versions);
  if (versions.get(versionId)?.value === undefined) versions.delete(versionId);
  return { ...withoutPending(state, versionId), versions };
}

function withoutPending(state: SecretState, versionId: string): SecretState {
  return state.labels.get('AWSPENDING') === versionId ? detach(state, 'AWSPENDING') : state;
}

function rotationGiven(
  request: RotateSecretRequest,
  before: RotationSetting | undefined,
): RotationSetting {
  const lambdaArn = request.RotationLambdaARN ?? before?.lambdaArn;
  if (lambdaArn === undefined) {
    throw unfit('No Lambda rotation function ARN is associated with this secret.');
  }
  const rules =
    request.RotationRules === undefined ? before?.rules : rulesOf(request.RotationRules);
  return { enabled: true, lambdaArn, ...(rules === undefined ? {} : { rules }) };
}

function rulesOf(given: RotationRulesType): NonNullable<RotationSetting['rules']> {
  const { AutomaticallyAfterDays: days, Duration, ScheduleExpression } = given;
  if (days !== undefined && ScheduleExpression !== undefined) {
    throw invalid('You can only specify one of AutomaticallyAfterDays or ScheduleExpression.');
  }
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= 1000)) {
    throw invalid(`AutomaticallyAfterDays must be 1 to 1000, got ${days}.`);
  }
  return {
    ...(days === undefined ? {} : { AutomaticallyAfterDays: days }),
    ...(Duration === undefined ? {} : { Duration }),
    ...(ScheduleExpression === undefined ? {} : { ScheduleExpression }),
  };
}
