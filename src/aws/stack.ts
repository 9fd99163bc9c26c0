import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { bounded, call } from './failures.ts';

/** A client of Parameter Store. */
export function parameterStore(): SSMClient {
  return new SSMClient(bounded);
}

/** A parameter as it was read; its ARN says in whose account and where. */
export interface StackParameter {
  readonly text: string;
  readonly arn: string;
}

/** The stack's parameter; `undefined` where no stack has written one. Rejects with `StoreRefused`. */
export async function readStackParameter(
  client: SSMClient,
  name: string,
): Promise<StackParameter | undefined> {
  const answer = await call(
    `read the parameter ${name}`,
    () => client.send(new GetParameterCommand({ Name: name })),
    ['ParameterNotFound'],
  );
  if (answer === 'ParameterNotFound') return undefined;
  const { Value: text = '', ARN: arn = '' } = answer.Parameter ?? {};
  return { text, arn };
}
