import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import { type SsmDouble, startSsm } from './ssm.ts';

let double: SsmDouble;
let client: SSMClient;

beforeEach(async () => {
  double = await startSsm({ '/fresco/stack': '{"table":"fresco"}' });
  client = new SSMClient(clientConfig(double.endpoint));
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

function get(Name: string) {
  return client.send(new GetParameterCommand({ Name }));
}

describe('Parameter Store on loopback', () => {
  it('gives a parameter by its name', async () => {
    const answer = await get('/fresco/stack');
    expect(answer.Parameter).toMatchObject({ Type: 'String', Value: '{"table":"fresco"}' });
    double.parameters.set('/fresco/stack', '{}');
    expect((await get('/fresco/stack')).Parameter?.Value).toBe('{}');
  });

  it('refuses a name that it does not know, or that can be none', async () => {
    for (const name of ['/ssm-x/stack', 'aws', '/fresco/a b', `/${'x/'.repeat(16)}y`]) {
      await expect(get(name)).rejects.toMatchObject({ name: 'ValidationException' });
    }
    await expect(get('/other/stack')).rejects.toMatchObject({ name: 'ParameterNotFound' });
  });
});
