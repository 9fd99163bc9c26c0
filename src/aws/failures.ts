import { type RefusalReason, StoreRefused } from '../core/ports.ts';
import { masked } from '../core/text/masking.ts';

/**
 * Settings of every SDK client: each try is bounded, and there are two. A call that is not answered in
 * about seven seconds is refused as unavailable, and may still have been carried out.
 */
export const bounded = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 2000,
    requestTimeout: 3000,
    socketTimeout: 3000,
    throwOnRequestTimeout: true,
  },
};

/** Settings of the client that waits for a function's answer: as long as a pass may take. */
export const boundedInvoke = {
  ...bounded,
  requestHandler: { ...bounded.requestHandler, requestTimeout: 90_000, socketTimeout: 90_000 },
};

/**
 * Makes one call to AWS. An error named in `expected` is an answer; any other is thrown as `StoreRefused`.
 * Throttling, server errors and a signature that froze with its sandbox are the SDK's to repeat, first.
 */
export async function call<T>(what: string, send: () => Promise<T>): Promise<T>;
export async function call<T, const Name extends string>(
  what: string,
  send: () => Promise<T>,
  expected: readonly Name[],
): Promise<T | Name>;
export async function call<T, const Name extends string>(
  what: string,
  send: () => Promise<T>,
  expected: readonly Name[] = [],
): Promise<T | Name> {
  try {
    return await send();
  } catch (error) {
    const answer = expected.find((name) => name === nameOf(error));
    if (answer !== undefined) return answer;
    throw refusalOf(error, what);
  }
}

/** An error of the SDK as the core's refusal; no value that was sent or answered gets into it. */
export function refusalOf(error: unknown, what: string): StoreRefused {
  const name = nameOf(error);
  const reason = reasonOf(name, error);
  // Of the others some quote the request that they refuse, or the answer that could not be read.
  const isTold = isFromService(error) && told.includes(reason);
  const said = isTold ? `${name}: ${masked(error.message)}` : name;
  return new StoreRefused(reason, `could not ${what} (${said}); ${nextAfter(name, reason)}`);
}

/** Refusals in which AWS speaks of who asks and for what, and not of what was sent. */
const told: readonly RefusalReason[] = ['denied', 'key-disabled', 'missing', 'throttled'];

function nextAfter(name: string, reason: RefusalReason): string {
  if (name === noRegion) return 'set AWS_REGION, or name the region';
  return ofCredentials.includes(name)
    ? 'no AWS credentials that are good were found: sign in (aws sso login, AWS_PROFILE), or give this process a role'
    : nextStep[reason];
}

const noRegion = 'no region is set';
const ofCredentials: readonly string[] = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'UnrecognizedClientException',
];

const nextStep: Readonly<Record<RefusalReason, string>> = {
  unavailable: 'it is tried again',
  throttled: 'it is tried again later',
  denied: 'check the permissions of this role',
  'key-disabled': 'check the state and the policy of the KMS key',
  missing: 'deploy the stack, or check the prefix and the connection',
  damaged: 'check what is stored',
};

const named: Readonly<Record<string, RefusalReason>> = {
  DecryptionFailure: 'key-disabled',
  EncryptionFailure: 'key-disabled',
  InaccessibleEncryptionDateTime: 'key-disabled',
  ResourceNotFoundException: 'missing',
  ParameterNotFound: 'missing',
  QueueDoesNotExist: 'missing',
  'AWS.SimpleQueueService.NonExistentQueue': 'missing',
  // Of Secrets Manager: the secret is marked for deletion.
  InvalidRequestException: 'missing',
  // Of Secrets Manager: a hundred versions within a day.
  LimitExceededException: 'throttled',
  InvalidSignatureException: 'denied',
  UnrecognizedClientException: 'denied',
  CredentialsProviderError: 'denied',
  TokenProviderError: 'denied',
  ExpiredToken: 'denied',
  // Of the SDK, before anything is asked.
  'no region is set': 'missing',
  ExpiredTokenException: 'denied',
  InvalidClientTokenId: 'denied',
  NotAuthorized: 'denied',
};

function reasonOf(name: string, error: unknown): RefusalReason {
  const known = named[name];
  if (known !== undefined) return known;
  if (/Throttl|TooManyRequests|RequestLimitExceeded|ThroughputExceeded|SlowDown/i.test(name)) {
    return 'throttled';
  }
  if (/kms/i.test(name)) return 'key-disabled';
  if (/AccessDenied|Unauthorized/.test(name)) return 'denied';
  return isFromService(error) && (error.$metadata.httpStatusCode ?? 500) < 500
    ? 'damaged'
    : 'unavailable';
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.message === 'Region is missing') return noRegion;
  const code = (error as { code?: unknown }).code;
  return error.name === 'Error' && typeof code === 'string' ? code : error.name;
}

interface ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number };
}

function isFromService(error: unknown): error is ServiceError {
  return error instanceof Error && '$fault' in error && '$metadata' in error;
}
