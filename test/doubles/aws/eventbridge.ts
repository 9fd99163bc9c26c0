import { randomUUID } from 'node:crypto';
import { AwsError } from '../http/aws-error.ts';
import { type JsonInput, type ServiceDouble, startAwsJson } from '../http/aws-json.ts';

/** An event that the bus took, as a rule's target would see it. */
export interface BusEvent {
  readonly id: string;
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
}

/** Entries of a PutEvents that fail while the call itself succeeds. */
export interface EntryFailure {
  readonly errorCode: 'InternalFailure' | 'ThrottlingException' | 'AccessDeniedException';
  /** The detail type that fails; absent: any. */
  readonly detailType?: string;
  /** How many entries; 1 if absent. */
  readonly times?: number;
}

/** A running EventBridge. */
export interface EventBridgeDouble extends ServiceDouble {
  /** In the order in which they were taken. */
  readonly events: readonly BusEvent[];
  /** The buses that there are, by name: at first `default` and `fresco-bus`; a test may change them at any time. */
  readonly buses: Set<string>;
  failEntries(failure: EntryFailure): void;
}

const bytesMax = 1_048_576;
const busArn = /^arn:aws[\w-]*:events:[a-z]+-[\w-]+-\d:\d{12}:event-bus\//;

/** Starts EventBridge on loopback: PutEvents and DescribeEventBus, for buses by name or ARN. */
export async function startEventBridge(nowMs: () => number = Date.now): Promise<EventBridgeDouble> {
  const events: BusEvent[] = [];
  const buses = new Set(['default', 'fresco-bus']);
  const failures: { readonly failure: EntryFailure; left: number }[] = [];
  const put = (entry: JsonInput) => {
    const refusal = refusalOf(entry, buses) ?? takeFailure(failures, entry);
    if (refusal !== undefined) return { ErrorCode: refusal, ErrorMessage: 'the entry failed' };
    const event = eventOf(entry);
    events.push(event);
    return { EventId: event.id };
  };
  const server = await startAwsJson(
    {
      target: 'AWSEvents',
      version: '1.1',
      call: (operation, input) => {
        if (operation === 'DescribeEventBus') return describeBus(buses, input);
        if (operation !== 'PutEvents') throw new AwsError('UnknownOperationException', operation);
        const results = entriesOf(input).map(put);
        const failed = results.filter((result) => 'ErrorCode' in result).length;
        return { FailedEntryCount: failed, Entries: results };
      },
      ids: (input) => ({ DetailTypes: detailTypesOf(input) }),
      faultError: (kind) =>
        kind === 'internal-before' || kind === 'internal-after'
          ? new AwsError('InternalException', 'internal', 500)
          : undefined,
    },
    nowMs,
  );
  const failEntries = (failure: EntryFailure) => {
    failures.push({ failure, left: failure.times ?? 1 });
  };
  return { ...server, events, buses, failEntries };
}

function describeBus(buses: ReadonlySet<string>, input: JsonInput) {
  const name = busIn(input['Name']);
  if (buses.has(name)) return { Name: name };
  throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
}

/** The name in a name or an ARN. */
function busIn(given: unknown = 'default'): string {
  return String(given).replace(busArn, '');
}

function entriesOf(input: JsonInput): readonly JsonInput[] {
  const entries = (input['Entries'] ?? []) as readonly JsonInput[];
  if (entries.length < 1 || entries.length > 10) {
    throw new AwsError(
      'ValidationException',
      `Entries must have 1 to 10 items, got ${entries.length}`,
    );
  }
  if (entries.reduce((sum, entry) => sum + bytesOf(entry), 0) > bytesMax) {
    throw new AwsError(
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    );
  }
  return entries;
}

/** As AWS counts: 14 for a time, and the bytes of source, detail type, detail and resources. */
function bytesOf({ Time, Source, DetailType, Detail, Resources }: JsonInput): number {
  const texts = [Source, DetailType, Detail, ...((Resources ?? []) as string[])];
  const bytes = texts.map((text) => Buffer.byteLength(String(text ?? '')));
  return bytes.reduce((sum, each) => sum + each, Time === undefined ? 0 : 14);
}

function detailTypesOf(input: JsonInput): string {
  const entries = (input['Entries'] ?? []) as readonly JsonInput[];
  return entries.map((entry) => entry['DetailType']).join(', ');
}

function refusalOf(entry: JsonInput, buses: ReadonlySet<string>): string | undefined {
  const { Source, DetailType, Detail, EventBusName } = entry as Record<string, string | undefined>;
  if (!Source || !DetailType || DetailType.length > 128 || !Detail) return 'InvalidArgument';
  // AWS leaves open what becomes of an event for a bus that there is not: here it is refused.
  if (!buses.has(busIn(EventBusName))) return 'InvalidArgument';
  if (Source.startsWith('aws.')) return 'NotAuthorizedForSourceException';
  return isJsonObject(Detail) ? undefined : 'MalformedDetail';
}

function isJsonObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

function takeFailure(
  failures: readonly { readonly failure: EntryFailure; left: number }[],
  entry: JsonInput,
): string | undefined {
  const met = failures.find(
    ({ failure, left }) =>
      left > 0 && (failure.detailType ?? entry['DetailType']) === entry['DetailType'],
  );
  if (met === undefined) return undefined;
  met.left -= 1;
  return met.failure.errorCode;
}

function eventOf(entry: JsonInput): BusEvent {
  return {
    id: randomUUID(),
    bus: busIn(entry['EventBusName']),
    source: String(entry['Source']),
    detailType: String(entry['DetailType']),
    detail: JSON.parse(String(entry['Detail'])),
  };
}
