import { rotatorClient, waitingLambda } from '../aws/lambda.ts';
import type { Rotator } from '../core/consumers/rotator.ts';

/** The rotator of the stack that a function belongs to, through its door for consumers. */
export function stackRotator(consumersAlias: string, connection: string): Rotator {
  return rotatorClient(waitingLambda(), consumersAlias, connection);
}
