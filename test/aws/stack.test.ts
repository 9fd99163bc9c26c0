import { SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStackParameter } from '../../src/aws/stack.ts';
import { type SsmDouble, startSsm } from '../doubles/aws/ssm.ts';
import { clientConfig } from '../doubles/http/client-config.ts';

let double: SsmDouble;
let client: SSMClient;

beforeAll(async () => {
  double = await startSsm({ '/fresco/stack': '{"v":1}' });
  client = new SSMClient(clientConfig(double.endpoint));
});

afterAll(async () => {
  client.destroy();
  await double.stop();
});

describe("the stack's parameter", () => {
  it('is read as it was written, and where', async () => {
    expect(await readStackParameter(client, '/fresco/stack')).toEqual({
      text: '{"v":1}',
      arn: 'arn:aws:ssm:eu-south-1:000000000000:parameter/fresco/stack',
    });
  });

  it('is nothing where no stack has written it', async () => {
    expect(await readStackParameter(client, '/other/stack')).toBeUndefined();
  });

  it('is refused to who may not read it', async () => {
    double.faults.add({ on: 'GetParameter', kind: 'access-denied' });
    await expect(readStackParameter(client, '/fresco/stack')).rejects.toMatchObject({
      reason: 'denied',
      message: expect.stringContaining('could not read the parameter /fresco/stack'),
    });
  });
});
