import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { rotatorClient } from '../../src/aws/lambda.ts';
import { onTheWire } from '../doubles/http/on-the-wire.ts';
import { inProcess, startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';

const alias = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers';
const position = { grant: 1, generation: 7, attempt: 3 };

const { double, client } = await onTheWire(startLambdaInvoke(), LambdaClient);

const rotator = () => rotatorClient(client, alias, 'default');

describe('a consumer that asks the rotator', () => {
  it('names its connection and its wish, and nothing else', async () => {
    const seen: unknown[] = [];
    double.route(
      'rotator:consumers',
      inProcess(async (event) => void seen.push(event)),
    );
    await rotator().ask({ minValidityMs: 300_000 });
    await rotator().ask({ rejected: position });
    expect(seen).toEqual([
      { connection: 'default', minValidityMs: 300_000 },
      { connection: 'default', rejected: position },
    ]);
  });

  it.each([
    { kind: 'published', position, expiresAtMs: 1_790_000_000_000 },
    { kind: 'published', position, expiresAtMs: null },
    { kind: 'busy' },
    { kind: 'unavailable', detail: 'later' },
    { kind: 'person-needed', detail: 'log in' },
  ])('gets the answer %j', async (answer) => {
    double.route(
      'rotator:consumers',
      inProcess(async () => answer),
    );
    expect(await rotator().ask({})).toEqual(answer);
  });

  it.each([
    null,
    'published',
    { kind: 'other' },
    { kind: 'published' },
    { kind: 'published', position: { grant: 1 }, expiresAtMs: 1 },
    { kind: 'published', position, expiresAtMs: 'soon' },
    { kind: 'unavailable' },
  ])('takes %j for a rotator that failed', async (answer) => {
    double.route(
      'rotator:consumers',
      inProcess(async () => answer),
    );
    expect(await rotator().ask({})).toEqual({
      kind: 'unavailable',
      detail: 'the rotator failed: its log tells why',
    });
  });

  it('hears of a function that threw, and not what it threw', async () => {
    double.route(
      'rotator:consumers',
      inProcess(() => Promise.reject(new Error('a/0001invented'))),
    );
    const answer = await rotator().ask({});
    expect(answer.kind).toBe('unavailable');
    expect(JSON.stringify(answer)).not.toContain('0001invented');
  });

  it('that may not ask is told that a person is needed', async () => {
    double.faults.add({ on: 'Invoke', kind: 'access-denied' });
    expect(await rotator().ask({})).toMatchObject({ kind: 'person-needed' });
  });

  it('that asks a rotator which is not there is told the same', async () => {
    const nobody = rotatorClient(client, `${alias.slice(0, -10)}-gone:consumers`, 'default');
    expect(await nobody.ask({})).toMatchObject({ kind: 'person-needed' });
  });

  it.each(['throttled', 'reset-before'] as const)('on %s is told to ask later', async (kind) => {
    double.faults.add({ on: 'Invoke', kind });
    expect(await rotator().ask({})).toMatchObject({ kind: 'unavailable' });
  });
});
