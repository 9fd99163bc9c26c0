import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import { CallLog } from './call-log.ts';
import {
  answerFault,
  defaultFaultError,
  type FaultErrors,
  type FaultKind,
  Faults,
  isCommitted,
} from './faults.ts';
import { type Loopback, readBody, startLoopback } from './loopback.ts';

/** The input of an operation as it came over the wire. */
export type JsonInput = Readonly<Record<string, unknown>>;

/** A service that speaks AWS JSON: POST /, the operation in `X-Amz-Target`, errors by `__type`. */
export interface AwsJsonService {
  /** What stands before the dot in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** Does the work in one go: a synchronous operation is linearizable with all others. */
  call(operation: string, input: JsonInput): unknown;
  /** What of the input the log of calls may show. */
  ids(input: JsonInput): Readonly<Record<string, string>>;
  readonly faultError?: FaultErrors;
}

/** A running double. */
export interface ServiceDouble extends Loopback {
  readonly faults: Faults;
  readonly calls: CallLog;
}

/** Serves one AWS JSON service on loopback; `nowMs` is what its `Date` header says. */
export async function startAwsJson(
  service: AwsJsonService,
  nowMs: () => number,
): Promise<ServiceDouble> {
  const faults = new Faults();
  const calls = new CallLog();
  const loopback = await startLoopback(async (request, response) => {
    response.setHeader('Date', new Date(nowMs()).toUTCString());
    response.setHeader('x-amzn-RequestId', randomUUID());
    const body = await readBody(request);
    const operation = operationOf(request, service.target);
    if (operation === undefined) {
      answerError(response, service, new AwsError('UnknownOperationException', ''));
      return;
    }
    const input = JSON.parse(body.toString('utf8')) as JsonInput;
    const fault = faults.meet(operation, input);
    const result = await settle(service, operation, input, fault);
    const outcome = fault ?? (result instanceof AwsError ? result.name : 'ok');
    calls.add({ operation, ids: service.ids(input), outcome, atMs: nowMs() });
    answer(request, response, service, operation, fault, result);
  });
  return { ...loopback, faults, calls };
}

/** The string fields of an input that are named here. */
export function pickStrings(input: JsonInput, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = input[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}

async function settle(
  service: AwsJsonService,
  operation: string,
  input: JsonInput,
  fault: FaultKind | undefined,
): Promise<unknown> {
  if (fault !== undefined && !isCommitted(fault)) return undefined;
  try {
    return await service.call(operation, input);
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  service: AwsJsonService,
  operation: string,
  fault: FaultKind | undefined,
  result: unknown,
): void {
  if (fault === undefined) {
    if (result instanceof AwsError) answerError(response, service, result);
    else answerJson(response, service, 200, result ?? {});
    return;
  }
  answerFault(fault, request, () => {
    const error = service.faultError?.(fault, operation) ?? defaultFaultError(fault, operation);
    answerError(response, service, error);
  });
}

function operationOf(request: IncomingMessage, target: string): string | undefined {
  const header = request.headers['x-amz-target'];
  if (request.method !== 'POST' || typeof header !== 'string') return undefined;
  return header.startsWith(`${target}.`) ? header.slice(target.length + 1) : undefined;
}

function answerError(response: ServerResponse, service: AwsJsonService, error: AwsError): void {
  for (const [name, value] of Object.entries(error.extra.headers ?? {})) {
    response.setHeader(name, value);
  }
  answerJson(response, service, error.status, { __type: error.name, message: error.message });
}

function answerJson(
  response: ServerResponse,
  service: AwsJsonService,
  status: number,
  body: unknown,
): void {
  response.writeHead(status, { 'Content-Type': `application/x-amz-json-${service.version}` });
  response.end(JSON.stringify(body));
}
