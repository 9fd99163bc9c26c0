import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Outcome } from '../core/outcome/outcome.ts';
import { StoreRefused } from '../core/ports.ts';
import { invoke } from './lambda.ts';

/** What the rotator's operator alias answers; `outcome` is a pass's, as the rotator made it. */
export interface OperatorAnswer {
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
}

/** Has the rotator make one pass and waits for its end; rejects with `StoreRefused` where it could not. */
export async function rotateAsOperator(
  client: LambdaClient,
  operatorAlias: string,
  request: { readonly connection: string; readonly onlyIfDue: boolean },
): Promise<OperatorAnswer> {
  const answer = answerIn(await invoke(client, operatorAlias, request));
  if (answer !== undefined && isOfOlder(answer.outcome)) {
    throw new StoreRefused('damaged', 'the rotator is of an older version: deploy the stack again');
  }
  if (answer !== undefined) return answer;
  throw new StoreRefused('unavailable', 'the rotator failed: its log tells why');
}

/** The rotator is of this repository: its outcome is taken as it is, if it looks like one at all. */
function answerIn(answer: unknown): OperatorAnswer | undefined {
  const { outcome, warnings } = Object(answer) as Readonly<Record<string, unknown>>;
  const isAnswer = typeof Object(outcome).kind === 'string' && Array.isArray(warnings);
  return isAnswer ? { outcome: outcome as Outcome, warnings: warnings.map(String) } : undefined;
}

/** Version 0.1.0 latched on a refused application, and did not say since when an answer is odd. */
function isOfOlder(outcome: Outcome): boolean {
  if (outcome.kind === 'latched') return (outcome.latch.kind as string) === 'misconfigured';
  return outcome.kind === 'unexpected' && typeof outcome.sinceMs !== 'number';
}
