import { Stack } from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnResourcePolicy } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct, IConstruct } from 'constructs';

/** Something of a template that AWS takes up to a size. */
interface Sized {
  readonly what: string;
  readonly value: unknown;
  readonly max: number;
}

/**
 * Has synth refuse what AWS would refuse in the middle of a deploy: policies, parameters and environments that
 * are too large. CDK itself counts the resources of a stack.
 */
export function refuseTooLarge(scope: Construct): void {
  scope.node.addValidation({ validate: () => tooLong(scope) });
}

function tooLong(scope: Construct): string[] {
  const stack = Stack.of(scope);
  return scope.node
    .findAll()
    .flatMap(sizedOf)
    .flatMap(({ what, value, max }) => {
      const length = written(stack.resolve(value)).length;
      if (length <= max) return [];
      return [`${what} has ${length} characters where AWS takes ${max}: ${advice}`];
    });
}

const advice =
  'name fewer connections here, and the others under another prefix, in a stack of its own';

function sizedOf(it: IConstruct): Sized[] {
  const { path } = it.node;
  if (it instanceof CfnPolicy) {
    return [{ what: `the policy ${path}`, value: it.policyDocument, max: 10_240 }];
  }
  if (it instanceof CfnManagedPolicy) {
    return [{ what: `the managed policy ${path}`, value: it.policyDocument, max: 6_144 }];
  }
  if (it instanceof CfnKey) {
    return [{ what: `the key policy ${path}`, value: it.keyPolicy, max: 32_768 }];
  }
  if (it instanceof CfnResourcePolicy) {
    return [{ what: `the policy of a secret ${path}`, value: it.resourcePolicy, max: 20_480 }];
  }
  if (it instanceof CfnParameter) {
    return [{ what: `the parameter ${path}`, value: it.value, max: 4_096 }];
  }
  if (it instanceof CfnFunction) {
    return [{ what: `the environment of ${path}`, value: it.environment, max: 4_096 }];
  }
  return [];
}

/** The text that a resolved value will be, with stand-ins where only AWS knows: no shorter than they usually are. */
function written(value: unknown): string {
  const text = known(value);
  return typeof text === 'string' ? text : JSON.stringify(text);
}

const unknownText = 'x'.repeat(100);
const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::URLSuffix': 'amazonaws.com.cn',
};

function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0 && name === 'Ref') return pseudo[argument] ?? unknownText;
  if (others.length === 0 && name === 'Fn::Join') {
    const [joint, parts] = argument as [string, unknown[]];
    return parts.map(known).join(joint);
  }
  if (others.length === 0 && name.startsWith('Fn::')) return unknownText;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, known(it)]));
}
