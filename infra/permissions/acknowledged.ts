import { Stack, Validations } from 'aws-cdk-lib';
import type { Fresco } from '../fresco.ts';
import { alarmArns, checkArns } from './operators.ts';
import { secretArns } from './permissions.ts';

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
      'Neither the provider nor a person who consents has a credential that an authorizer could check before the function: the receiver verifies the signature of each notification, the pages for consent can ask one alias, and neither can read a secret.',
  },
  {
    id: 'AwsSolutions-IAM5',
    reason:
      'The secrets and checks of every connection of one prefix: a policy that names each would outgrow IAM. Alarms have names that CloudFormation chooses, and are only listed. The key and the secrets’ own policies keep other prefixes apart.',
  },
];

/** Acknowledges them within a construct. */
export function acknowledge(fresco: Fresco): void {
  const stack = Stack.of(fresco);
  const { prefix, rotation } = fresco;
  const kinds = ['client', 'grant', 'access-token'] as const;
  const secrets = secretArns(fresco, { prefix, kinds });
  const patterns = [...secrets, ...checkArns(fresco, rotation), alarmArns(fresco)];
  for (const { id, reason } of acknowledged) {
    // cdk-nag takes no rule as a whole where it finds by resource.
    const ids =
      id === 'AwsSolutions-IAM5'
        ? patterns.map((arn) => `${id}[Resource::${asFound(stack.resolve(arn))}]`)
        : [id];
    for (const each of ids) Validations.of(fresco).acknowledge({ id: each, reason });
  }
}

/** As cdk-nag writes what only a deploy knows. */
function asFound(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  return join === undefined ? `<${Ref}>` : join[1].map(asFound).join(join[0]);
}
