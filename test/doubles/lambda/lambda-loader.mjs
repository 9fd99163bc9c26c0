// What runs inside a function's process: AWS's Runtime API client for Node 24, as far as handlers can tell.
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const env = process.env;
const [host, port] = (env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let requestId;

process.on('uncaughtException', (error) => fail(error, 129));
process.on('unhandledRejection', (reason) => {
  const message = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  fail(named('Runtime.UnhandledPromiseRejection', message), 128);
});

const handler = await load().catch((error) => fail(error, 1));
for (;;) {
  const next = await call('GET', '/invocation/next');
  requestId = next.headers['lambda-runtime-aws-request-id'];
  const answered = await run(handler, next);
  process.stdout.write(`\u0000end ${requestId}\n`);
  process.stderr.write(`\u0000end ${requestId}\n`);
  await answered();
}

async function load() {
  const [file, name] = (env['_HANDLER'] ?? '').split('.');
  const folder = env['LAMBDA_TASK_ROOT'] ?? '';
  const path = ['.js', '.mjs', '.cjs'].map((end) => join(folder, file + end)).find(existsSync);
  if (path === undefined) {
    throw named('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
  }
  const loaded = await import(pathToFileURL(path).href);
  const found = loaded[name] ?? loaded.default?.[name];
  if (typeof found !== 'function') {
    throw named('Runtime.HandlerNotFound', `${env['_HANDLER']} is undefined or not exported`);
  }
  if (found.length > 2) {
    throw named('Runtime.CallbackHandlerDeprecated', 'callback handlers are gone with Node 24');
  }
  return found;
}

/** Runs one invocation; what it gives back sends the answer, after which the process may freeze. */
async function run(handle, next) {
  const path = `/invocation/${requestId}`;
  try {
    const payload = await handle(JSON.parse(next.body), contextOf(next.headers));
    const body = JSON.stringify(payload === undefined ? null : payload);
    return () => call('POST', `${path}/response`, body);
  } catch (error) {
    return () => call('POST', `${path}/error`, JSON.stringify(described(error)));
  }
}

function contextOf(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

async function fail(error, code) {
  const path = requestId === undefined ? '/init/error' : `/invocation/${requestId}/error`;
  await call('POST', path, JSON.stringify(described(error))).catch(() => {});
  process.exit(code);
}

function described(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  const trace = (error.stack ?? '').split('\n');
  return { errorType: error.name, errorMessage: error.message, trace };
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime${path}` };
    const sent = request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
