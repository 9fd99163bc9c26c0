import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { rotateAsOperator } from '../../src/aws/operator-client.ts';
import { onTheWire } from '../doubles/http/on-the-wire.ts';
import { inProcess, startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';

const alias = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:operator';
const answer = { outcome: { kind: 'busy', untilMs: 1_790_000_000_000 }, warnings: ['invented'] };

const { double, client } = await onTheWire(startLambdaInvoke(), LambdaClient);

const ask = () => rotateAsOperator(client, alias, { connection: 'default', onlyIfDue: true });

describe('an operator who has the rotator make a pass', () => {
  it('names the connection, and is told how it ended', async () => {
    const seen: unknown[] = [];
    double.route(
      'rotator:operator',
      inProcess(async (event) => {
        seen.push(event);
        return answer;
      }),
    );
    expect(await ask()).toEqual(answer);
    expect(seen).toEqual([{ connection: 'default', onlyIfDue: true }]);
  });

  it.each([null, {}, { outcome: 'busy' }, { outcome: { kind: 'busy' } }])(
    'hears of %j that the rotator failed',
    async (other) => {
      double.route(
        'rotator:operator',
        inProcess(async () => other),
      );
      await expect(ask()).rejects.toMatchObject({
        reason: 'unavailable',
        message: 'the rotator failed: its log tells why',
      });
    },
  );

  it.each([
    { kind: 'latched', latch: { kind: 'misconfigured', error: 'invalid_client', sinceMs: 1 } },
    { kind: 'unexpected', status: 403, contentType: 'text/html' },
  ])('hears of %j, which version 0.1.0 says, that the stack is older', async (outcome) => {
    double.route(
      'rotator:operator',
      inProcess(async () => ({ outcome, warnings: [] })),
    );
    await expect(ask()).rejects.toThrow('deploy the stack again');
  });

  it('hears that it threw, and not what', async () => {
    double.route(
      'rotator:operator',
      inProcess(() => Promise.reject(new Error('r/0001invented'))),
    );
    const refusal = await ask().catch((error) => error);
    expect(refusal.reason).toBe('unavailable');
    expect(refusal.message).not.toContain('0001invented');
  });

  it('hears that this is not permitted', async () => {
    double.faults.add({ on: 'Invoke', kind: 'access-denied' });
    await expect(ask()).rejects.toMatchObject({ reason: 'denied' });
  });
});
