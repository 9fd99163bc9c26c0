import { type InvocationType, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import {
  inProcess,
  type LambdaInvokeDouble,
  orReject,
  startLambdaInvoke,
} from './lambda-invoke.ts';

const arn = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator';

let double: LambdaInvokeDouble;
let client: LambdaClient;
let seen: unknown[];

beforeEach(async () => {
  seen = [];
  double = await startLambdaInvoke({
    functions: {
      rotator: inProcess(async (event) => {
        seen.push(event);
        return { generation: 7 };
      }),
      broken: inProcess(async (event) => {
        seen.push(event);
        throw new RangeError('refused');
      }),
    },
  });
  client = new LambdaClient(clientConfig(double.endpoint));
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

async function invoke(
  FunctionName: string,
  more: { InvocationType?: InvocationType; Qualifier?: string } = {},
) {
  const Payload = JSON.stringify({ kind: 'rotate' });
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload, ...more }));
  const text = answer.Payload?.transformToString() ?? '';
  return { ...answer, payload: text === '' ? undefined : JSON.parse(text) };
}

describe('Lambda Invoke on loopback', () => {
  it.each(['rotator', 'rotator:live', arn, `${arn}:live`])(
    'runs %s and answers its payload',
    async (name) => {
      const answer = await invoke(name);
      expect(answer).toMatchObject({ StatusCode: 200, payload: { generation: 7 } });
      expect(answer.FunctionError).toBeUndefined();
      expect(seen).toEqual([{ kind: 'rotate' }]);
    },
  );

  it.each([
    {
      name: 'a name with a space',
      input: { FunctionName: 'the rotator' },
      want: 'ValidationException',
    },
    {
      name: 'an unknown way to invoke',
      input: { InvocationType: 'Later' as InvocationType },
      want: 'InvalidParameterValueException',
    },
    { name: 'what is no JSON', input: { Payload: '{' }, want: 'InvalidRequestContentException' },
    {
      name: 'more than 6 MiB',
      input: { Payload: JSON.stringify('x'.repeat(6_291_455)) },
      want: 'RequestTooLargeException',
    },
    {
      name: 'an asynchronous event of more than 1 MiB',
      input: { InvocationType: 'Event' as const, Payload: JSON.stringify('x'.repeat(1_048_575)) },
      want: 'RequestTooLargeException',
    },
  ])('refuses $name', async ({ input, want }) => {
    const command = new InvokeCommand({ FunctionName: 'rotator', ...input });
    await expect(client.send(command)).rejects.toMatchObject({ name: want });
    expect(seen).toEqual([]);
  });

  it('prefers a function routed for the alias', async () => {
    double.route(
      'rotator:live',
      inProcess(async () => 'live'),
    );
    expect((await invoke('rotator', { Qualifier: 'live' })).payload).toBe('live');
    expect((await invoke('rotator')).payload).toEqual({ generation: 7 });
  });

  it('answers 200 with FunctionError when the handler throws', async () => {
    expect(await invoke('broken')).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'refused' },
    });
  });

  it('answers an asynchronous call at once and tries it three times', async () => {
    const answer = await invoke('broken', { InvocationType: 'Event' });
    expect(answer).toMatchObject({ StatusCode: 202, payload: undefined });
    expect(await double.eventsEnded()).toEqual([
      {
        functionName: 'broken',
        event: { kind: 'rotate' },
        error: { errorType: 'RangeError', errorMessage: 'refused' },
      },
    ]);
    expect(seen).toHaveLength(3);
  });

  it('runs an asynchronous call that succeeds once', async () => {
    await invoke('rotator', { InvocationType: 'Event' });
    expect(await double.eventsEnded()).toEqual([]);
    expect(seen).toHaveLength(1);
  });

  it('refuses a function that it does not know', async () => {
    await expect(invoke('other')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it.each([
    { kind: 'throttled', error: 'TooManyRequestsException', runs: 0 },
    { kind: 'access-denied', error: 'AccessDeniedException', runs: 0 },
    { kind: 'internal-after', error: 'ServiceException', runs: 1 },
  ] as const)('$kind answers $error after $runs runs', async ({ kind, error, runs }) => {
    double.faults.add({ on: 'Invoke', kind });
    await expect(invoke('rotator')).rejects.toMatchObject({ name: error });
    expect(seen).toHaveLength(runs);
  });

  it('logs the function and the type of each call, and no payload', async () => {
    await invoke('rotator');
    expect(double.calls.all).toMatchObject([
      {
        operation: 'Invoke',
        ids: { FunctionName: 'rotator', InvocationType: 'RequestResponse' },
        outcome: 'ok',
      },
    ]);
  });

  it('rejects with what the function threw where a service wants to see it', async () => {
    const broken = inProcess(async () => {
      throw new RangeError('refused');
    });
    await expect(orReject(broken)({})).rejects.toMatchObject({
      name: 'RangeError',
      message: 'refused',
    });
  });
});
