import { AwsError } from '../http/aws-error.ts';
import { type JsonInput, pickStrings, type ServiceDouble, startAwsJson } from '../http/aws-json.ts';
import type { FaultKind } from '../http/faults.ts';
import { SecretsManagerError } from './secret-state.ts';
import type { SecretsManagerModel } from './secrets-manager-model.ts';

/** Serves the model on loopback as Secrets Manager does: AWS JSON 1.1. */
export function serveSecretsManager(
  model: SecretsManagerModel,
  nowMs: () => number,
): Promise<ServiceDouble> {
  return startAwsJson(
    {
      target: 'secretsmanager',
      version: '1.1',
      call: (operation, input) => toWire(call(model, operation, fromWire(input))),
      ids: (input) => ({ ...pickStrings(input, idNames), ...stagesOf(input) }),
      faultError,
    },
    nowMs,
  );
}

const idNames = [
  'SecretId',
  'Name',
  'ClientRequestToken',
  'VersionId',
  'VersionStage',
  'RemoveFromVersionId',
  'MoveToVersionId',
];

function call(model: SecretsManagerModel, operation: string, input: never): unknown {
  switch (operation) {
    case 'CreateSecret':
      return model.createSecret(input);
    case 'DescribeSecret':
      return model.describeSecret(input);
    case 'GetSecretValue':
      return model.getSecretValue(input);
    case 'PutSecretValue':
      return model.putSecretValue(input);
    case 'UpdateSecret':
      return model.updateSecret(input);
    case 'UpdateSecretVersionStage':
      return model.updateSecretVersionStage(input);
    case 'ListSecretVersionIds':
      return model.listSecretVersionIds(input);
    case 'ListSecrets':
      return model.listSecrets(input);
    case 'DeleteSecret':
      return model.deleteSecret(input);
    case 'RestoreSecret':
      return model.restoreSecret(input);
    case 'TagResource':
      return model.tagResource(input);
    case 'RotateSecret':
      return model.rotateSecret(input);
    case 'CancelRotateSecret':
      return model.cancelRotateSecret(input);
    default:
      throw new SecretsManagerError('UnknownOperationException', `no operation ${operation}`);
  }
}

/** Bytes are base64 on the wire; all other fields that the double knows are as the SDK has them. */
function fromWire(input: JsonInput): never {
  const binary = input['SecretBinary'];
  if (typeof binary !== 'string') return input as never;
  return { ...input, SecretBinary: new Uint8Array(Buffer.from(binary, 'base64')) } as never;
}

/** Dates are epoch seconds with a fraction on the wire, bytes are base64. */
function toWire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toWire(field)]));
}

function stagesOf(input: JsonInput): Record<string, string> {
  const stages = input['VersionStages'];
  return Array.isArray(stages) ? { VersionStages: stages.join(' ') } : {};
}

function faultError(kind: FaultKind, operation: string): AwsError | undefined {
  if (kind === 'key-disabled') {
    const name = operation === 'GetSecretValue' ? 'DecryptionFailure' : 'EncryptionFailure';
    return new AwsError(name, 'The KMS key is disabled.');
  }
  if (kind === 'access-denied') {
    return new AwsError(
      'AccessDeniedException',
      `User: arn:aws:sts::000000000000:assumed-role/double/test is not authorized to perform: secretsmanager:${operation} because no identity-based policy allows the secretsmanager:${operation} action`,
    );
  }
  if (kind === 'invalid-signature') {
    return new AwsError(
      'InvalidSignatureException',
      'Signature expired: is now earlier than allowed',
    );
  }
  return undefined;
}
