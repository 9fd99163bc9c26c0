import { SQSClient } from '@aws-sdk/client-sqs';
import { bounded } from '../failures.ts';

/** A client of SQS. */
export function sqs(): SQSClient {
  return new SQSClient(bounded);
}
