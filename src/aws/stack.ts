import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { call } from './failures.ts';

/** The text of the stack's parameter; `undefined` where no stack has written one. Rejects with `StoreRefused`. */
export async function readStackParameter(
  client: SSMClient,
  name: string,
): Promise<string | undefined> {
  const answer = await call(
    `read the parameter ${name}`,
    () => client.send(new GetParameterCommand({ Name: name })),
    ['ParameterNotFound'],
  );
  return answer === 'ParameterNotFound' ? undefined : answer.Parameter?.Value;
}
