import { secretName } from '../config/stack-outputs.ts';
import type { ConsentRequest } from '../core/consent/request.ts';
import type { Position } from '../core/position.ts';
import type { RotationStep } from '../core/rotation/native.ts';
import type { RotationRequest } from '../core/rotation/pass.ts';
import { Secret } from '../core/secret.ts';

/** What came through one of the rotator's doors. */
export type RotatorCall =
  | { readonly kind: 'pass'; readonly connection: string; readonly request: RotationRequest }
  | {
      readonly kind: 'native';
      readonly connection: string;
      readonly step: RotationStep;
      readonly versionId: string;
    }
  | { readonly kind: 'consent'; readonly request: ConsentRequest };

/** A call that does not belong to the door that it came through: nothing was done. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
}

/** What the rotator serves. */
export interface Served {
  readonly prefix: string;
  readonly connections: readonly string[];
}

/**
 * Reads an event by the alias it was invoked through: an alias is what a permission is given for, so each
 * accepts what belongs there and nothing else. Throws `CallRefused`.
 */
export function parseCall(alias: string | undefined, event: unknown, served: Served): RotatorCall {
  switch (alias) {
    case 'schedule':
      return passOf(fieldsOf(event, ['connection']), served, () => ({ trigger: 'schedule' }));
    case 'operator':
      return passOf(fieldsOf(event, ['connection', 'onlyIfDue']), served, (fields) => ({
        trigger: 'operator',
        ...(fields['onlyIfDue'] === undefined ? {} : { onlyIfDue: flag(fields, 'onlyIfDue') }),
      }));
    case 'consumers':
      return passOf(
        fieldsOf(event, ['connection', 'minValidityMs', 'rejected']),
        served,
        consumerRequest,
      );
    case 'native':
      return nativeCall(event, served);
    case 'consent':
      return { kind: 'consent', request: consentRequest(event) };
    default:
      throw new CallRefused(
        `the rotator is invoked through its alias schedule, consumers, native, operator or consent, got '${alias ?? 'none'}'`,
      );
  }
}

/** The alias in an invoked function's ARN: `arn:aws:lambda:<region>:<account>:function:<name>:<alias>`. */
export function aliasOf(invokedFunctionArn: string): string | undefined {
  return invokedFunctionArn.split(':')[7];
}

/** The ARN of another alias of the same function. */
export function aliasArn(invokedFunctionArn: string, alias: string): string {
  return [...invokedFunctionArn.split(':').slice(0, 7), alias].join(':');
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(event: unknown, allowed: readonly string[]): Fields {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw new CallRefused('the event must be an object');
  }
  const strange = Object.keys(event).filter((key) => !allowed.includes(key));
  if (strange.length === 0) return event as Fields;
  throw new CallRefused(`the event may have ${allowed.join(', ')}, got ${strange.join(', ')}`);
}

function passOf(
  fields: Fields,
  { connections }: Served,
  requestOf: (fields: Fields) => RotationRequest,
): RotatorCall {
  const connection = fields['connection'];
  if (typeof connection === 'string' && connections.includes(connection)) {
    return { kind: 'pass', connection, request: requestOf(fields) };
  }
  throw new CallRefused(`"connection" must be one of ${connections.join(', ')}`);
}

function consumerRequest(fields: Fields): RotationRequest {
  const { minValidityMs, rejected } = fields;
  return {
    trigger: 'consumer',
    ...(minValidityMs === undefined ? {} : { minValidityMs: count(fields, 'minValidityMs') }),
    ...(rejected === undefined ? {} : { rejected: position(rejected) }),
  };
}

function position(value: unknown): Position {
  const fields = fieldsOf(value, ['grant', 'generation', 'attempt']);
  return {
    grant: count(fields, 'grant'),
    generation: count(fields, 'generation'),
    attempt: count(fields, 'attempt'),
  };
}

function count(fields: Fields, key: string): number {
  const value = fields[key];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new CallRefused(`"${key}" must be a whole number of 0 or more`);
}

function flag(fields: Fields, key: string): boolean {
  const value = fields[key];
  if (typeof value === 'boolean') return value;
  throw new CallRefused(`"${key}" must be true or false`);
}

/** What a stranger may have typed is no reason to refuse: an unknown text opens nothing. */
function consentRequest(event: unknown): ConsentRequest {
  const { step } = Object(event) as Fields;
  const secret = (fields: Fields, key: string) => new Secret(text(fields, key));
  const opening = ['step', 'connection', 'ticket'];
  switch (step) {
    case 'look':
    case 'begin': {
      const fields = fieldsOf(event, step === 'look' ? opening : [...opening, 'browser']);
      const known = {
        connection: text(fields, 'connection'),
        ...(fields['ticket'] !== undefined && { ticket: secret(fields, 'ticket') }),
      };
      return step === 'look'
        ? { step, ...known }
        : { step, ...known, browser: secret(fields, 'browser') };
    }
    case 'finish': {
      const fields = fieldsOf(event, ['step', 'connection', 'state', 'browser', 'code', 'error']);
      return {
        step,
        connection: text(fields, 'connection'),
        state: text(fields, 'state'),
        browser: secret(fields, 'browser'),
        ...(fields['code'] !== undefined && { code: secret(fields, 'code') }),
        ...(fields['error'] !== undefined && { error: text(fields, 'error') }),
      };
    }
    default:
      throw new CallRefused('"step" must be look, begin or finish');
  }
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value === 'string' && value.length <= 8192) return value;
  throw new CallRefused(`"${key}" must be a text`);
}

const steps: readonly string[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** As Secrets Manager calls a rotation function; fields that it may add are its own business. */
function nativeCall(event: unknown, served: Served): RotatorCall {
  const { SecretId, ClientRequestToken, Step } = (event ?? {}) as Fields;
  const connection = served.connections.find((name) => isGrantOf(SecretId, served.prefix, name));
  if (connection === undefined) {
    throw new CallRefused('"SecretId" must be the ARN of a grant of this stack');
  }
  if (typeof ClientRequestToken !== 'string' || !/^[\w-]{32,64}$/.test(ClientRequestToken)) {
    throw new CallRefused('"ClientRequestToken" must be the id of a version');
  }
  if (typeof Step !== 'string' || !steps.includes(Step)) {
    throw new CallRefused(`"Step" must be one of ${steps.join(', ')}`);
  }
  return {
    kind: 'native',
    connection,
    step: Step as RotationStep,
    versionId: ClientRequestToken,
  };
}

/** An ARN of a secret ends in its name, a dash and six characters of AWS's. */
function isGrantOf(secretId: unknown, prefix: string, connection: string): boolean {
  const parts = typeof secretId === 'string' ? secretId.split(':') : [];
  const name = parts[6]?.replace(/-[A-Za-z0-9]{6}$/, '');
  return parts[5] === 'secret' && name === secretName(prefix, connection, 'grant');
}
