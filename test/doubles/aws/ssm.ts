import { AwsError } from '../http/aws-error.ts';
import { pickStrings, type ServiceDouble, startAwsJson } from '../http/aws-json.ts';

/** A running Parameter Store. */
export interface SsmDouble extends ServiceDouble {
  /** Name to value, String parameters all; a test may change it at any time. */
  readonly parameters: Map<string, string>;
}

/** Starts Parameter Store on loopback: GetParameter. */
export async function startSsm(
  parameters: Readonly<Record<string, string>> = {},
  nowMs: () => number = Date.now,
): Promise<SsmDouble> {
  const stored = new Map(Object.entries(parameters));
  const server = await startAwsJson(
    {
      target: 'AmazonSSM',
      version: '1.1',
      call: (operation, input) => {
        if (operation !== 'GetParameter')
          throw new AwsError('UnknownOperationException', operation);
        return getParameter(stored, String(input['Name']));
      },
      ids: (input) => pickStrings(input, ['Name']),
    },
    nowMs,
  );
  return { ...server, parameters: stored };
}

function getParameter(stored: ReadonlyMap<string, string>, name: string) {
  const value = stored.get(name);
  if (!/^(?!\/?(aws|ssm))\/?[\w.-]+(\/[\w.-]+){0,14}$/i.test(name) || name.length > 1011) {
    throw new AwsError('ValidationException', `${name} is no name of a parameter`);
  }
  if (Buffer.byteLength(value ?? '') > 4096) throw new Error(`${name} holds more than 4 KB`);
  if (value === undefined) throw new AwsError('ParameterNotFound', '');
  const ARN = `arn:aws:ssm:eu-south-1:000000000000:parameter${name}`;
  return { Parameter: { Name: name, Type: 'String', Value: value, Version: 1, ARN } };
}
