import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import type { ServiceDouble } from '../http/aws-json.ts';
import { CallLog } from '../http/call-log.ts';
import { answerFault, defaultFaultError, Faults } from '../http/faults.ts';
import { startLoopback } from '../http/loopback.ts';

/** A running EventBridge Scheduler. */
export interface SchedulerDouble extends ServiceDouble {
  /** Name to state, as `<group>/<name>` where it is not in the default group; a test may change it at any time. */
  readonly schedules: Map<string, 'ENABLED' | 'DISABLED'>;
}

/** Starts EventBridge Scheduler on loopback: GetSchedule. */
export async function startScheduler(
  schedules: Readonly<Record<string, 'ENABLED' | 'DISABLED'>> = {},
): Promise<SchedulerDouble> {
  const stored = new Map(Object.entries(schedules));
  const faults = new Faults();
  const calls = new CallLog();
  const loopback = await startLoopback(async (request, response) => {
    const name = nameIn(request);
    const fault = faults.meet('GetSchedule', { Name: name });
    const state = stored.get(name);
    calls.add({
      operation: 'GetSchedule',
      ids: { Name: name },
      outcome: fault ?? (state === undefined ? 'ResourceNotFoundException' : 'ok'),
      atMs: Date.now(),
    });
    if (fault !== undefined) {
      const error = defaultFaultError(fault, 'scheduler:GetSchedule');
      answerFault(fault, request, () => refuse(response, error));
    } else if (state === undefined) {
      const message = `Schedule ${name} does not exist.`;
      refuse(response, new AwsError('ResourceNotFoundException', message, 404));
    } else {
      const [Name, GroupName = 'default'] = name.split('/').toReversed();
      send(response, 200, { Name, GroupName, State: state });
    }
  });
  return { ...loopback, faults, calls, schedules: stored };
}

function nameIn(request: IncomingMessage): string {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback');
  const [, name] = /^\/schedules\/([\w.-]{1,64})$/.exec(pathname) ?? [];
  if (request.method !== 'GET' || name === undefined) {
    throw new Error(`only GetSchedule is known, got ${request.method} ${pathname}`);
  }
  const group = searchParams.get('groupName');
  return `${group === null ? '' : `${group}/`}${decodeURIComponent(name)}`;
}

function refuse(response: ServerResponse, error: AwsError): void {
  response.setHeader('x-amzn-ErrorType', error.name);
  send(response, error.status, { Message: error.message });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
