import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';

/**
 * Ways in which a call goes wrong. `-before` and `-after` say on which side of the commit: after
 * `internal-after`, `reset-after` or `hang-after` the work is done and the caller does not know it.
 */
export type FaultKind =
  | 'throttled'
  | 'access-denied'
  | 'key-disabled'
  | 'invalid-signature'
  | 'internal-before'
  | 'internal-after'
  | 'hang-before'
  | 'hang-after'
  | 'reset-before'
  | 'reset-after';

/** A fault on demand. */
export interface Fault {
  /** The operation that it meets, such as `PutSecretValue`; `*` is every one. */
  readonly on: string;
  readonly kind: FaultKind;
  /** How many calls it meets; 1 if absent. The SDK's own retries are calls too. */
  readonly times?: number;
  /** How many matching calls pass before the first one that it meets; 0 if absent. */
  readonly skip?: number;
  /** Which calls of the operation it meets, by their input. */
  readonly where?: (input: Readonly<Record<string, unknown>>) => boolean;
}

/** What a service says where the default's wording or status isn't its own. */
export type FaultErrors = (kind: FaultKind, operation: string) => AwsError | undefined;

interface Armed {
  readonly fault: Fault;
  skip: number;
  times: number;
}

/** The faults that wait for calls to meet; in the order in which they were added, one for each call. */
export class Faults {
  #armed: Armed[] = [];

  add(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#armed.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
    }
  }

  clear(): void {
    this.#armed = [];
  }

  /** Those that have not met all their calls: a test that ends with some has not tested what it says. */
  get pending(): readonly Fault[] {
    return this.#armed.map((armed) => armed.fault);
  }

  /** The fault that this call meets; using up one of its times. */
  meet(operation: string, input: Readonly<Record<string, unknown>>): FaultKind | undefined {
    for (const armed of this.#armed) {
      const { on, where } = armed.fault;
      if (on !== '*' && on !== operation) continue;
      if (where !== undefined && !where(input)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      armed.times -= 1;
      if (armed.times <= 0) this.#armed = this.#armed.filter((one) => one !== armed);
      return armed.fault.kind;
    }
    return undefined;
  }
}

/** Whether a call that meets this fault does its work all the same. */
export function isCommitted(kind: FaultKind): boolean {
  return kind === 'internal-after' || kind === 'hang-after' || kind === 'reset-after';
}

/** Does to the answer what the fault says: never sent, cut off by a reset, or the refusal of `sendError`. */
export function answerFault(
  kind: FaultKind,
  request: IncomingMessage,
  sendError: () => void,
): void {
  switch (kind) {
    case 'hang-before':
    case 'hang-after':
      return;
    case 'reset-before':
    case 'reset-after':
      request.socket.resetAndDestroy();
      return;
    case 'throttled':
    case 'access-denied':
    case 'key-disabled':
    case 'invalid-signature':
    case 'internal-before':
    case 'internal-after':
      sendError();
  }
}

/** The refusal that most AWS JSON services give for a fault. */
export function defaultFaultError(kind: FaultKind, operation: string): AwsError {
  switch (kind) {
    case 'throttled':
      return new AwsError('ThrottlingException', 'Rate exceeded');
    case 'access-denied':
      return new AwsError(
        'AccessDeniedException',
        `User: arn:aws:sts::000000000000:assumed-role/double/test is not authorized to perform: ${operation} because no identity-based policy allows the action`,
      );
    case 'key-disabled':
      return new AwsError('KMSDisabledException', 'The KMS key is disabled');
    case 'invalid-signature':
      return new AwsError(
        'InvalidSignatureException',
        'Signature expired: is now earlier than the allowed time',
        403,
      );
    default:
      return new AwsError('InternalServiceError', 'An error occurred on the server side.', 500);
  }
}
