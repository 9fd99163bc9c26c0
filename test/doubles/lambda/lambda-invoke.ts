import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import type { ServiceDouble } from '../http/aws-json.ts';
import { CallLog } from '../http/call-log.ts';
import {
  answerFault,
  defaultFaultError,
  type FaultKind,
  Faults,
  isCommitted,
} from '../http/faults.ts';
import { readBody, startLoopback } from '../http/loopback.ts';
import type { LambdaError } from './lambda-environment.ts';

/** What a function gave; `LambdaResult` is one. */
export interface Invoked {
  readonly payload: unknown;
  readonly error?: LambdaError;
}

/** A function as the double calls it, such as `lambdaFunction(…).invoke` or `inProcess(handler)`. */
export type Invocable = (event: unknown) => Promise<Invoked>;

/** An asynchronous invocation whose every attempt failed, as an on-failure destination gets it. */
export interface FailedEvent {
  readonly functionName: string;
  readonly event: unknown;
  readonly error: LambdaError;
}

/** A running Lambda API. */
export interface LambdaInvokeDouble extends ServiceDouble {
  /** Makes a function known by `name`, or by `name:alias`; replaces what was there. */
  route(name: string, invocable: Invocable): void;
  /** Resolves when all asynchronous invocations so far have ended. */
  eventsEnded(): Promise<readonly FailedEvent[]>;
}

/** What a test may set. */
export interface LambdaInvokeOptions {
  readonly functions?: Readonly<Record<string, Invocable>>;
  readonly nowMs?: () => number;
  /** How often an asynchronous invocation that fails is tried again, at once; 2 if absent, as in Lambda. */
  readonly eventRetries?: number;
}

/** Runs a handler in the test's own process, with Lambda's way of reporting what it throws. */
export function inProcess(handler: (event: never) => Promise<unknown>): Invocable {
  return async (event) => {
    try {
      const payload = await handler(event as never);
      return { payload: payload ?? null };
    } catch (cause) {
      const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
      const error = { errorType: name, errorMessage: message };
      return { payload: error, error };
    }
  };
}

/** As `invocable`, but rejecting with what went wrong inside, as a service that runs steps sees it. */
export function orReject(invocable: Invocable): (event: unknown) => Promise<unknown> {
  return async (event) => {
    const { payload, error } = await invocable(event);
    if (error === undefined) return payload;
    throw Object.assign(new Error(error.errorMessage), { name: error.errorType });
  };
}

/** Starts Lambda's Invoke on loopback, for functions by name, `name:alias`, ARN or qualifier. */
export async function startLambdaInvoke(
  options: LambdaInvokeOptions = {},
): Promise<LambdaInvokeDouble> {
  const { nowMs = Date.now, eventRetries = 2 } = options;
  const functions = new Map(Object.entries(options.functions ?? {}));
  const faults = new Faults();
  const calls = new CallLog();
  const failed: FailedEvent[] = [];
  const events: Promise<void>[] = [];

  const work = async (call: InvokeCall): Promise<Answer> => {
    if (call.refusal !== undefined) throw call.refusal;
    const invocable = functions.get(call.name) ?? functions.get(call.name.split(':')[0] ?? '');
    if (invocable === undefined) throw notFound(call.name);
    if (call.type === 'DryRun') return { status: 204 };
    if (call.type === 'RequestResponse')
      return { status: 200, invoked: await invocable(call.event) };
    events.push(
      tryEvent(invocable, call.event, eventRetries).then((error) => {
        if (error !== undefined) failed.push({ functionName: call.name, event: call.event, error });
      }),
    );
    return { status: 202 };
  };

  const loopback = await startLoopback(async (request, response) => {
    response.setHeader('Date', new Date(nowMs()).toUTCString());
    const call = await parse(request);
    const fault = faults.meet('Invoke', { FunctionName: call.name, InvocationType: call.type });
    const isRun = fault === undefined || isCommitted(fault);
    const answer = isRun ? await work(call).catch(asRefusal) : undefined;
    const outcome = fault ?? (answer instanceof AwsError ? answer.name : 'ok');
    const ids = { FunctionName: call.name, InvocationType: call.type };
    calls.add({ operation: 'Invoke', ids, outcome, atMs: nowMs() });
    if (fault !== undefined) answerFault(fault, request, () => sendError(response, errorOf(fault)));
    else if (answer instanceof AwsError) sendError(response, answer);
    else if (answer !== undefined) send(response, answer);
  });

  return {
    ...loopback,
    faults,
    calls,
    route: (name, invocable) => functions.set(name, invocable),
    async eventsEnded() {
      await Promise.all(events);
      return failed;
    },
  };
}

interface InvokeCall {
  readonly name: string;
  readonly type: string;
  readonly event: unknown;
  readonly refusal: AwsError | undefined;
}

interface Answer {
  readonly status: number;
  readonly invoked?: Invoked;
}

async function parse(request: IncomingMessage): Promise<InvokeCall> {
  const url = new URL(request.url ?? '', 'http://loopback');
  const [, , , encoded = ''] = url.pathname.split('/');
  const given = decodeURIComponent(encoded).replace(/^arn:aws:lambda:[^:]*:\d*:function:/, '');
  const qualifier = url.searchParams.get('Qualifier');
  const body = (await readBody(request)).toString('utf8');
  const name = qualifier === null ? given : `${given}:${qualifier}`;
  const type = String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse');
  return {
    name,
    type,
    event: body === '' ? {} : eventIn(body),
    refusal: refusalOf(name, type, body),
  };
}

function eventIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function refusalOf(name: string, type: string, body: string): AwsError | undefined {
  const isName = /^[\w-]{1,64}(:(\$LATEST|[\w-]{1,128}))?$/.test(name);
  if (!isName) return new AwsError('ValidationException', `${name} is no name of a function`);
  const bytesMax = bytesMaxOf[type];
  if (bytesMax === undefined) return new AwsError('InvalidParameterValueException', type);
  if (body !== '' && eventIn(body) === undefined) {
    return new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
  return Buffer.byteLength(body) > bytesMax
    ? new AwsError(
        'RequestTooLargeException',
        `Request must be smaller than ${bytesMax} bytes`,
        413,
      )
    : undefined;
}

/** How long an event may be, by how the function is invoked. */
const bytesMaxOf: Readonly<Record<string, number>> = {
  RequestResponse: 6_291_456,
  Event: 1_048_576,
  DryRun: 6_291_456,
};

async function tryEvent(
  invocable: Invocable,
  event: unknown,
  retries: number,
): Promise<LambdaError | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const { error } = await invocable(event);
    if (error === undefined || attempt >= retries) return error;
  }
}

function send(response: ServerResponse, { status, invoked }: Answer): void {
  if (invoked === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.setHeader('X-Amz-Executed-Version', '$LATEST');
  if (invoked.error !== undefined) response.setHeader('X-Amz-Function-Error', 'Unhandled');
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(invoked.payload ?? null));
}

function sendError(response: ServerResponse, error: AwsError): void {
  response.writeHead(error.status, {
    'Content-Type': 'application/json',
    'x-amzn-ErrorType': error.name,
    'x-amzn-RequestId': randomUUID(),
  });
  response.end(JSON.stringify({ Type: 'User', Message: error.message }));
}

function asRefusal(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  throw error;
}

function notFound(name: string): AwsError {
  const arn = `arn:aws:lambda:eu-south-1:000000000000:function:${name}`;
  return new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
}

function errorOf(fault: FaultKind): AwsError {
  switch (fault) {
    case 'throttled':
      return new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    case 'access-denied':
      return new AwsError(
        'AccessDeniedException',
        defaultFaultError(fault, 'lambda:InvokeFunction').message,
        403,
      );
    case 'key-disabled':
      return new AwsError('KMSDisabledException', 'The KMS key is disabled.', 502);
    default:
      return fault === 'invalid-signature'
        ? defaultFaultError(fault, 'Invoke')
        : new AwsError('ServiceException', 'The service met an internal error.', 500);
  }
}
