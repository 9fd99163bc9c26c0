// Goal: however many want a token at once, the provider hears of it once.
// Method: processes with many callers each (8, with FRESCO_FULL=1, or 4) over the built library, the built rotator and doubles on the wire.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { built } from './built.ts';
import { startRotatorStack } from './rotator-stack.ts';

const processes = process.env['FRESCO_FULL'] === '1' ? 8 : 4;
const run = promisify(execFile);
const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

const caller = `
  const { createHash } = require('node:crypto');
  import(${JSON.stringify(library)}).then(async ({ tokenSource }) => {
    const source = tokenSource({ store: 'aws' });
    const tokens = await Promise.all(Array.from({ length: ${1000 / processes} }, () => source.token()));
    const hashes = tokens.map((token) => createHash('sha256').update(token).digest('hex'));
    console.log(JSON.stringify({ served: tokens.length, hashes: [...new Set(hashes)] }));
  });`;

it(`1,000 callers in ${processes} processes on an expired single-use token: one POST, 1,000 equal tokens`, async () => {
  await built('package');
  const stack = await startRotatorStack();
  const lambda = await startLambdaInvoke();
  try {
    await controlSandbox(stack.providerUrl, 'state', { rotationMode: 'single-use-family' });
    await stack.logIn(25 * 3_600_000);
    lambda.route('rotator:consumers', (event) => stack.through('consumers', event));
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secrets.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
      AWS_SECRET_ACCESS_KEY: 'invented',
      AWS_REGION: 'eu-south-1',
    };
    const outputs = await Promise.all(
      Array.from({ length: processes }, () => run(process.execPath, ['-e', caller], { env })),
    );
    const answers = outputs.map(
      ({ stdout }) => JSON.parse(stdout) as { served: number; hashes: string[] },
    );
    expect(answers.reduce((sum, { served }) => sum + served, 0)).toBe(1000);
    expect(new Set(answers.flatMap(({ hashes }) => hashes)).size).toBe(1);
    const state = await fetch(`${stack.providerUrl}/_sandbox/state`);
    const { counters } = (await state.json()) as { counters: Record<string, number> };
    expect(counters).toMatchObject({ tokenRequests: 1, refreshTokensReused: 0 });
  } finally {
    await Promise.all([stack.stop(), lambda.stop()]);
  }
});
