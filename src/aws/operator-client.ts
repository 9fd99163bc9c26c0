import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Outcome } from '../core/outcome.ts';
import { StoreRefused } from '../core/ports.ts';
import { call } from './failures.ts';

/** What the rotator's operator alias is invoked with. */
export interface OperatorRequest {
  readonly connection: string;
  readonly onlyIfDue?: boolean;
}

/** How the pass that an operator asked for ended, and what went wrong on the way without stopping it. */
export interface OperatorAnswer {
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
}

/** Has the rotator make one pass for an operator; rejects with `StoreRefused` where it did not answer. */
export async function rotateAsOperator(
  client: LambdaClient,
  operatorAlias: string,
  request: OperatorRequest,
): Promise<OperatorAnswer> {
  const { FunctionError, Payload } = await call('call the rotator', () =>
    client.send(
      new InvokeCommand({ FunctionName: operatorAlias, Payload: JSON.stringify(request) }),
    ),
  );
  const answer = FunctionError === undefined ? parsed(Payload) : undefined;
  if (typeof answer?.outcome?.kind === 'string' && Array.isArray(answer.warnings)) return answer;
  throw new StoreRefused('unavailable', 'the rotator failed: its log tells why');
}

function parsed(payload: Uint8Array | undefined): OperatorAnswer | undefined {
  try {
    return JSON.parse(Buffer.from(payload ?? []).toString('utf8')) as OperatorAnswer;
  } catch {
    return undefined;
  }
}
