import type { DeleteSecretRequest } from '@aws-sdk/client-secrets-manager';
import { refusalOf } from '../../../src/aws/failures.ts';
import { quotas, SecretsManagerError, type StoredValue } from './secret-state.ts';

/** The value that a request brings, if any: text or bytes, not both, 1 to 65,536 bytes. */
export function valueGiven(request: {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}): StoredValue | undefined {
  const { SecretString: text, SecretBinary: bytes } = request;
  if (text !== undefined && bytes !== undefined) {
    throw invalid('You must provide only one of SecretBinary or SecretString.');
  }
  if (text === undefined && bytes === undefined) return undefined;
  const size = text === undefined ? (bytes?.byteLength ?? 0) : Buffer.byteLength(text);
  if (size < 1 || size > quotas.valueBytesMax) {
    throw invalid(`The secret value must have 1 to ${quotas.valueBytesMax} bytes, it has ${size}.`);
  }
  if (text !== undefined) return { kind: 'text', text };
  return { kind: 'bytes', base64: Buffer.from(bytes ?? []).toString('base64') };
}

/** A version's id where one is named, which is the token of its put: 32 to 64 characters. */
export function versionGiven(id: string | undefined): string | undefined {
  if (id === undefined || (id.length >= 32 && id.length <= 64)) return id;
  throw invalid('A version id must be 32-64 characters long.');
}

/** The token that becomes a version's id; the SDK fills it, a raw request must bring it. */
export function tokenOf(token: string | undefined): string {
  if (token === undefined) throw invalid('You must provide a ClientRequestToken.');
  if (token.length < 32 || token.length > 64) {
    throw invalid('ClientRequestToken must be 32-64 characters long.');
  }
  return token;
}

/** Labels as given: 1 to 20 of 1 to 256 characters. */
export function labelsGiven(labels: readonly string[] | undefined): readonly string[] | undefined {
  if (labels === undefined) return undefined;
  if (labels.length < 1 || labels.length > quotas.labelsMax) {
    throw invalid(
      `VersionStages must have 1 to ${quotas.labelsMax} labels, it has ${labels.length}.`,
    );
  }
  for (const label of labels) labelGiven(label);
  return labels;
}

/** One label of 1 to 256 characters. */
export function labelGiven(label: string | undefined): string {
  if (label === undefined || label.length < 1 || label.length > 256) {
    throw invalid('VersionStage must have 1 to 256 characters.');
  }
  return label;
}

/** The name of a new secret. */
export function nameGiven(name: string | undefined): string {
  if (name === undefined || !/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
    throw invalid(
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  }
  return name;
}

/** What a fake of the port answers where Secrets Manager would take no such version. */
export function checkVersion(versionId: string, text: string): void {
  try {
    tokenOf(versionId);
    valueGiven({ SecretString: text });
  } catch (error) {
    throw refusalOf(Object.assign(error as Error, clientFault), 'put a version');
  }
}

const clientFault = { $fault: 'client', $metadata: { httpStatusCode: 400 } };

/** When a deletion takes place: now if forced, else after 7 to 30 days, 30 if nothing is given. */
export function deletionGiven(request: DeleteSecretRequest, nowMs: number): number {
  const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: isForced = false } = request;
  if (isForced && days !== undefined) {
    throw invalid(
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  }
  if (days !== undefined && !(Number.isInteger(days) && days >= 7 && days <= 30)) {
    throw invalid('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  }
  return isForced ? nowMs : nowMs + (days ?? 30) * 24 * 3600 * 1000;
}

/** One page of a list, with the token of the next one. */
export function page<T>(
  all: readonly T[],
  sizeMax: number | undefined,
  token: string | undefined,
): { readonly items: T[]; readonly nextToken?: string } {
  const size = sizeMax ?? 100;
  if (!Number.isInteger(size) || size < 1 || size > 100)
    throw invalid('MaxResults must be 1 to 100.');
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0 || start > all.length) {
    throw new SecretsManagerError('InvalidNextTokenException', 'The NextToken value is invalid.');
  }
  const items = all.slice(start, start + size);
  const end = start + size;
  return end < all.length ? { items, nextToken: String(end) } : { items };
}

/** A refusal of what was given. */
export function invalid(message: string): SecretsManagerError {
  return new SecretsManagerError('InvalidParameterException', message);
}

/** A refusal for the state of the secret. */
export function unfit(message: string): SecretsManagerError {
  return new SecretsManagerError('InvalidRequestException', message);
}
