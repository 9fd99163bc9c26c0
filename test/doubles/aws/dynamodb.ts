// DynamoDB on the wire is dynalite; before it stand faults on demand and a log of calls.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import dynalite from 'dynalite';
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

/** A running DynamoDB with one table whose key is the string `pk`. */
export interface DynamoDbDouble extends ServiceDouble {
  readonly tableName: string;
}

/** Starts DynamoDB on loopback; `nowMs` is what its `Date` header says. */
export async function startDynamoDb(
  options: { readonly tableName?: string; readonly nowMs?: () => number } = {},
): Promise<DynamoDbDouble> {
  const { tableName = 'fresco', nowMs = Date.now } = options;
  const ask = engine();
  await createTable(ask, tableName);
  const faults = new Faults();
  const calls = new CallLog();
  const loopback = await startLoopback(async (request, response) => {
    response.setHeader('Date', new Date(nowMs()).toUTCString());
    const body = (await readBody(request)).toString('utf8');
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse(body) as Record<string, unknown>;
    const fault = faults.meet(operation, input);
    const refusal = timeToLiveRefusal(input, nowMs());
    if (refusal !== undefined) return sendError(response, refusal);
    const reply = fault === undefined || isCommitted(fault) ? await ask(request, body) : undefined;
    const outcome = fault ?? (reply?.errorName || 'ok');
    calls.add({ operation, ids: idsOf(input), outcome, atMs: nowMs() });
    if (fault === undefined) send(response, reply?.status ?? 500, reply?.body ?? '');
    else answerFault(fault, request, () => sendError(response, errorOf(fault, operation)));
  });
  return { ...loopback, faults, calls, tableName };
}

/** What dynalite does with a request, called without a second hop over the network. */
function engine(): Engine {
  const [handle] = dynalite({ createTableMs: 0 }).listeners('request') as Listener[];
  return ({ headers }, body) =>
    new Promise((resolve) => {
      const request = Object.assign(Readable.from([Buffer.from(body)]), {
        method: 'POST',
        url: '/',
        headers,
      });
      const response = {
        statusCode: 200,
        setHeader: () => {},
        end(text: string) {
          const isGood = response.statusCode === 200;
          const type = isGood ? '' : String((JSON.parse(text) as { __type?: string }).__type);
          const errorName = type.split('#').at(-1) ?? '';
          resolve({ status: response.statusCode, body: text, errorName });
        },
      };
      handle?.(request, response);
    });
}

type Listener = (request: Readable, response: object) => void;
type Engine = (
  request: Pick<IncomingMessage, 'headers'>,
  body: string,
) => Promise<{ readonly status: number; readonly body: string; readonly errorName: string }>;

async function createTable(ask: Engine, tableName: string): Promise<void> {
  const headers = {
    'x-amz-target': 'DynamoDB_20120810.CreateTable',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-date': '20260101T000000Z',
    authorization: 'AWS4-HMAC-SHA256 Credential=invented, SignedHeaders=host, Signature=invented',
  };
  const input = {
    TableName: tableName,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  };
  const { status, body } = await ask({ headers }, JSON.stringify(input));
  if (status !== 200) throw new Error(`there is no table: ${body}`);
}

/**
 * Where `expiresAt` is no whole number of seconds within five years, DynamoDB takes it and never removes the
 * item: here it is refused.
 */
function timeToLiveRefusal(input: Record<string, unknown>, nowMs: number): AwsError | undefined {
  const inBatch = Object.values((input['RequestItems'] ?? {}) as Record<string, object[]>).flat();
  const refusal = inBatch
    .map((request) => timeToLiveRefusal(Object(Object.values(request)[0]), nowMs))
    .find((it) => it !== undefined);
  if (refusal !== undefined) return refusal;
  const { Item = {}, UpdateExpression = '' } = input as {
    Item?: Fields;
    UpdateExpression?: string;
  };
  const values = (input['ExpressionAttributeValues'] ?? {}) as Fields;
  const names = (input['ExpressionAttributeNames'] ?? {}) as Record<string, string>;
  const set = [...UpdateExpression.matchAll(/([#\w]+) = (:\w+)/g)].find(
    ([, name = '']) => (names[name] ?? name) === 'expiresAt',
  );
  const given = set === undefined ? Item['expiresAt'] : values[set[2] ?? ''];
  if (given === undefined) return undefined;
  const awayMs = Number(given.N) * 1000 - nowMs;
  if (/^\d+$/.test(given.N ?? '') && Math.abs(awayMs) < fiveYearsMs) return undefined;
  const why = `expiresAt is ${JSON.stringify(given)}, which is no time to live in seconds`;
  return new AwsError('ValidationException', why);
}

type Fields = Readonly<Record<string, { readonly N?: string }>>;

const fiveYearsMs = 5 * 365 * 86_400_000;

function errorOf(fault: FaultKind, operation: string): AwsError {
  if (fault === 'throttled') {
    return new AwsError('ProvisionedThroughputExceededException', 'The request rate is too high.');
  }
  if (fault === 'internal-before' || fault === 'internal-after') {
    return new AwsError('InternalServerError', 'The request processing has failed.', 500);
  }
  return defaultFaultError(fault, `dynamodb:${operation}`);
}

function sendError(response: ServerResponse, error: AwsError): void {
  send(response, error.status, JSON.stringify({ __type: error.name, message: error.message }));
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(body);
}

/** Table and key: the rest of an item may hold a sealed token. */
function idsOf(input: Record<string, unknown>): Record<string, string> {
  const keyed = (input['Key'] ?? input['Item']) as { pk?: { S?: string } } | undefined;
  const pk = keyed?.pk?.S;
  const table = { TableName: String(input['TableName']) };
  return pk === undefined ? table : { ...table, pk };
}
