import type { Context } from 'aws-lambda';
import { parseConfig } from '../src/config/config.ts';
import { buildRotator, type Rotator, type RotatorAnswer } from '../src/lambda/rotator.ts';

let rotator: Rotator | undefined;

/** Refreshes the tokens of a connection when that is due, for a caller through one of its aliases. */
export async function handler(event: unknown, context: Context): Promise<RotatorAnswer> {
  rotator ??= buildRotator(parseConfig('rotator', process.env));
  return rotator(event, {
    invokedFunctionArn: context.invokedFunctionArn,
    remainingMs: () => context.getRemainingTimeInMillis(),
  });
}
