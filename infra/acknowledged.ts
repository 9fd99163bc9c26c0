import { Validations } from 'aws-cdk-lib';
import type { Fresco } from './fresco.ts';

/** What cdk-nag's AwsSolutions pack finds and is kept so, each with its reason. */
export const acknowledged: readonly { readonly id: string; readonly reason: string }[] = [
  {
    id: 'AwsSolutions-SMG4',
    reason:
      'The rotator rotates these secrets, checked hourly; a schedule of Secrets Manager would be a second party that spends the refresh token. rotateNativelyEvery adds it for those who need it.',
  },
  {
    id: 'AwsSolutions-SQS3',
    reason:
      'The queue of failures is itself where failed invocations end; an alarm watches its depth.',
  },
  {
    id: 'AwsSolutions-APIG4',
    reason:
      'The provider sends no credential that an authorizer could check before the function: the receiver verifies the signature of each notification, and can read no secret.',
  },
];

/** Acknowledges them within a construct. */
export function acknowledge(fresco: Fresco): void {
  for (const finding of acknowledged) Validations.of(fresco).acknowledge(finding);
}
