import * as v from 'valibot';
import { secretName } from '../config/stack-outputs.ts';
import type { ConsentRequest } from '../core/consent/request.ts';
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
      return passOf('schedule', {}, event, served);
    case 'operator':
      return passOf('operator', { onlyIfDue: v.exactOptional(flag) }, event, served);
    case 'consumers':
      return passOf('consumer', consumerRequest, event, served);
    case 'native':
      return { kind: 'native', ...read(nativeCall(served), event) };
    case 'consent':
      return { kind: 'consent', request: read(consentRequest, event) };
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

function passOf(
  trigger: RotationRequest['trigger'],
  entries: v.ObjectEntries,
  event: unknown,
  { connections }: Served,
): RotatorCall {
  const connection = v.picklist(connections, `must be one of ${connections.join(', ')}`);
  const { connection: name, ...request } = read(fields({ connection, ...entries }), event);
  return { kind: 'pass', connection: name, request: { trigger, ...request } };
}

/** What the schema makes of an event; a field that does not belong to it comes first among what is wrong. */
function read<T>(schema: v.GenericSchema<unknown, T>, event: unknown): T {
  const { success, output, issues = [] } = v.safeParse(schema, event);
  if (success) return output;
  const wrong = issues.find(({ expected }) => expected === 'never') ?? issues[0];
  const path = wrong && v.getDotPath(wrong);
  throw new CallRefused(`${path ? `"${path}"` : 'the event'} ${wrong?.message}`);
}

/** An object of these fields and no others. */
function fields<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, ({ expected, path }) => {
    if (path === undefined) return 'must be an object';
    return expected === 'never' ? 'does not belong here' : 'is missing';
  });
}

const notCount = 'must be a whole number of 0 or more';
const count = v.pipe(v.number(notCount), v.safeInteger(notCount), v.minValue(0, notCount));
const flag = v.boolean('must be true or false');
const text = v.pipe(v.string('must be a text'), v.maxLength(8192, 'must be a shorter text'));
const secret = v.pipe(
  text,
  v.transform((value) => new Secret(value)),
);

const consumerRequest = {
  minValidityMs: v.exactOptional(count),
  rejected: v.exactOptional(fields({ grant: count, generation: count, attempt: count })),
};

const opening = { connection: text, ticket: v.exactOptional(secret) };
// What a stranger may have typed is no reason to refuse: an unknown text opens nothing.
const consentRequest: v.GenericSchema<unknown, ConsentRequest> = v.variant(
  'step',
  [
    fields({ step: v.literal('look'), ...opening }),
    fields({ step: v.literal('begin'), ...opening, browser: secret }),
    fields({
      step: v.literal('finish'),
      connection: text,
      state: text,
      browser: secret,
      code: v.exactOptional(secret),
      error: v.exactOptional(text),
    }),
  ],
  ({ path }) => (path === undefined ? 'must be an object' : 'must be look, begin or finish'),
);

/** As Secrets Manager calls a rotation function; fields that it may add are its own business. */
function nativeCall({ prefix, connections }: Served) {
  const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
  const notGrant = 'must be the ARN of a grant of this stack';
  const notVersion = 'must be the id of a version';
  return v.pipe(
    v.object(
      {
        SecretId: v.pipe(
          v.string(notGrant),
          v.transform((arn) => connections.find((name) => isGrantOf(arn, prefix, name))),
          v.string(notGrant),
        ),
        ClientRequestToken: v.pipe(v.string(notVersion), v.regex(/^[\w-]{32,64}$/, notVersion)),
        Step: v.picklist(steps, `must be one of ${steps.join(', ')}`),
      },
      ({ path }) => (path === undefined ? 'must be an object' : 'is missing'),
    ),
    v.transform(({ SecretId: connection, ClientRequestToken: versionId, Step: step }) => ({
      connection,
      versionId,
      step,
    })),
  );
}

/** An ARN of a secret ends in its name, a dash and six characters of AWS's. */
function isGrantOf(secretId: string, prefix: string, connection: string): boolean {
  const parts = secretId.split(':');
  const name = parts[6]?.replace(/-[A-Za-z0-9]{6}$/, '');
  return parts[5] === 'secret' && name === secretName(prefix, connection, 'grant');
}
