import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { readStackParameter } from '../../src/aws/stack.ts';
import { startSsm } from '../doubles/aws/ssm.ts';
import { onTheWire } from '../doubles/http/on-the-wire.ts';

const { double, client } = await onTheWire(startSsm({ '/fresco/stack': '{"v":1}' }), SSMClient);

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
