import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type LambdaFunction,
  type LambdaFunctionOptions,
  lambdaFunction,
} from './lambda-runtime.ts';
import { node24Notice, node24Path } from './node24.ts';

const source = `
import { setTimeout as wait } from 'node:timers/promises';
console.log('loaded');
let invocations = 0;
let tickedMs = performance.now();
let longestMs = 0;
setInterval(() => {
  longestMs = Math.max(longestMs, performance.now() - tickedMs);
  tickedMs = performance.now();
}, 1);
export async function handler(event, context) {
  invocations += 1;
  console.log('event ' + event.do);
  console.error('to errors');
  if (event.do === 'throw') throw new TypeError('refused');
  if (event.do === 'exit') process.exit(7);
  if (event.do === 'reject') { Promise.reject(new Error('forgotten')); await wait(1000); }
  if (event.do === 'hang') await wait(60000);
  if (event.do === 'nothing') return undefined;
  if (event.do === 'environment') return process.env;
  if (event.do === 'reset') longestMs = 0;
  if (event.do === 'pause') {
    await wait(5);
    return longestMs;
  }
  if (event.do === 'node') return process.version;
  if (event.do === 'big') { process.stdout.write('x'.repeat(300000)); return 'ok'; }
  return {
    invocations,
    remainingMs: context.getRemainingTimeInMillis(),
    functionName: context.functionName,
    awsRequestId: context.awsRequestId,
  };
}
export function callback(event, context, done) { done(null, 'old'); }
`;

let folder: string;
const made: LambdaFunction[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fresco-lambda-'));
  await writeFile(join(folder, 'fixture.mjs'), source);
  await writeFile(join(folder, 'broken.mjs'), "throw new RangeError('no configuration');");
});

afterEach(async () => {
  await Promise.all(made.splice(0).map((one) => one.stop()));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function make(options: Partial<LambdaFunctionOptions> = {}): LambdaFunction {
  const bundle = join(folder, 'fixture.mjs');
  const node = node24Path() ?? process.execPath;
  const one = lambdaFunction({ functionName: 'fixture', bundle, node, ...options });
  made.push(one);
  return one;
}

describe('a function on loopback', () => {
  it('starts cold, then stays warm with its memory', async () => {
    const one = make({ timeoutMs: 60_000 });
    const cold = await one.invoke({ do: 'it' });
    const warm = await one.invoke({ do: 'it' });

    expect(cold.coldStart).toBe(true);
    expect(cold.payload).toMatchObject({ invocations: 1, functionName: 'fixture' });
    expect(cold.payload).toMatchObject({ awsRequestId: cold.requestId });
    expect(cold.logs).toBe('loaded\nevent it\nto errors\n');
    expect(warm.coldStart).toBe(false);
    expect(warm.payload).toMatchObject({ invocations: 2 });
    expect(warm.logs).toBe('event it\nto errors\n');
    expect(warm.requestId).not.toBe(cold.requestId);
    expect(warm.durationMs).toBeLessThan(60_000);
  });

  it('knows how much time it has left', async () => {
    const { payload } = await make({ timeoutMs: 60_000 }).invoke({ do: 'it' });
    const { remainingMs } = payload as { remainingMs: number };
    expect(remainingMs).toBeGreaterThan(30_000);
    expect(remainingMs).toBeLessThanOrEqual(60_000);
  });

  it('reports what the handler threw and stays warm', async () => {
    const one = make();
    const thrown = await one.invoke({ do: 'throw' });
    expect(thrown.error).toMatchObject({ errorType: 'TypeError', errorMessage: 'refused' });
    expect(thrown.payload).toBe(thrown.error);
    expect(await one.invoke({ do: 'it' })).toMatchObject({ coldStart: false });
  });

  it('is killed at its timeout and starts cold again', async () => {
    const one = make({ timeoutMs: 1000 });
    await one.invoke({ do: 'it' });
    const late = await one.invoke({ do: 'hang' });
    expect(late.error?.errorType).toBe('Sandbox.Timedout');
    expect(late.error?.errorMessage).toBe(
      `RequestId: ${late.requestId} Error: Task timed out after 1.00 seconds`,
    );
    expect(late.logs).toContain('event hang');
    expect(await one.invoke({ do: 'it' })).toMatchObject({
      coldStart: true,
      payload: { invocations: 1 },
    });
  });

  it('can be killed in the middle of an invocation', async () => {
    const one = make();
    await one.invoke({ do: 'it' });
    const pending = one.invoke({ do: 'hang' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.kill()).toBe(1);
    expect((await pending).error?.errorType).toBe('Runtime.ExitError');
    expect(await one.invoke({ do: 'it' })).toMatchObject({ coldStart: true });
  });

  it('starts cold again when its frozen process was killed', async () => {
    const one = make();
    await one.invoke({ do: 'it' });
    expect(one.kill()).toBe(1);
    expect(await one.invoke({ do: 'it' })).toMatchObject({
      coldStart: true,
      payload: { invocations: 1 },
    });
  });

  it.each([
    { event: 'exit', errorType: 'Runtime.ExitError', message: 'exit status 7' },
    {
      event: 'reject',
      errorType: 'Runtime.UnhandledPromiseRejection',
      message: 'Error: forgotten',
    },
  ])('ends with $errorType on $event and starts cold again', async (row) => {
    const one = make();
    const { error } = await one.invoke({ do: row.event });
    expect(error?.errorType).toBe(row.errorType);
    expect(error?.errorMessage).toContain(row.message);
    expect(await one.invoke({ do: 'it' })).toMatchObject({ coldStart: true });
  });

  it.each([
    { name: 'a bundle that throws', bundle: 'broken.mjs', handler: 'handler', want: 'RangeError' },
    {
      name: 'a bundle that is not there',
      bundle: 'absent.mjs',
      handler: 'handler',
      want: 'Runtime.ImportModuleError',
    },
    {
      name: 'a handler that is not exported',
      bundle: 'fixture.mjs',
      handler: 'other',
      want: 'Runtime.HandlerNotFound',
    },
    {
      name: 'a callback handler',
      bundle: 'fixture.mjs',
      handler: 'callback',
      want: 'Runtime.CallbackHandlerDeprecated',
    },
  ])('fails to start with $want on $name', async ({ bundle, handler, want }) => {
    const one = make({ bundle: join(folder, bundle), handler });
    expect((await one.invoke({})).error?.errorType).toBe(want);
  });

  it('answers null when the handler returns nothing', async () => {
    expect((await make().invoke({ do: 'nothing' })).payload).toBeNull();
  });

  it('has what Lambda puts into its environment, what it was given, and nothing of the test', async () => {
    const { payload } = await make({ environment: { FRESCO_PREFIX: 'fresco' } }).invoke({
      do: 'environment',
    });
    expect(payload).toMatchObject({
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_REGION: 'eu-south-1',
      FRESCO_PREFIX: 'fresco',
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: 'fixture.handler',
    });
    expect(payload).not.toHaveProperty('VITEST');
    expect(payload).not.toHaveProperty('HOME');
  });

  it.each([
    { name: 'stands still', freezes: true },
    { name: 'goes on', freezes: false },
  ])('$name between invocations when freezes is $freezes', { retry: 2 }, async ({ freezes }) => {
    const one = make({ freezes });
    await one.invoke({ do: 'reset' });
    // Longer than a busy machine makes a process wait that runs.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const longestMs = (await one.invoke({ do: 'pause' })).payload as number;
    expect(longestMs > 250).toBe(freezes);
  });

  it('runs invocations at the same time in processes of their own, as far as it may', async () => {
    const one = make({ concurrencyMax: 2 });
    const pending = [one.invoke({ do: 'it' }), one.invoke({ do: 'it' })];
    await expect(one.invoke({ do: 'it' })).rejects.toMatchObject({
      name: 'TooManyRequestsException',
    });
    const results = await Promise.all(pending);
    expect(results.map((result) => result.coldStart)).toEqual([true, true]);
    expect(await one.invoke({ do: 'it' })).toMatchObject({ coldStart: false });
  });

  it('brings all that was printed, however much', async () => {
    const { logs } = await make().invoke({ do: 'big' });
    expect(logs).toContain('x'.repeat(300_000));
  });

  it('runs on Node 24 where that is installed', async ({ skip }) => {
    const node = node24Path();
    if (node === undefined) return skip(node24Notice);
    expect((await make({ node }).invoke({ do: 'node' })).payload).toMatch(/^v24\./);
  });
});
