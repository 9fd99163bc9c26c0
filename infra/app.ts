import { App, Stack, Validations } from 'aws-cdk-lib';
import { Role, User } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledge } from './acknowledged.ts';
import { Fresco } from './fresco.ts';
import type { Operator } from './store.ts';

const app = new App();
const stack = new Stack(app, 'fresco', {
  description: 'Fresco: keeps the tokens of Fatture in Cloud connections fresh',
});
const fresco = new Fresco(stack, 'Fresco', {
  operators: list('operators').map((arn, index) => operator(arn, `Operator${index + 1}`)),
  ...chosen('prefix', (prefix) => ({ prefix })),
  ...chosen('connections', () => ({ connections: list('connections') })),
  ...chosen('nightlySync', (nightlySync) => ({ nightlySync })),
  ...chosen('alarmEmail', (alarmEmail) => ({ alarmEmail })),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
acknowledge(fresco);

/** `cdk deploy -c <key>=<value>`, or the same in cdk.json. */
function context(key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function chosen<T extends object>(key: string, props: (value: string) => T): T | undefined {
  const value = context(key);
  return value === undefined ? undefined : props(value);
}

function list(key: string): string[] {
  return (context(key) ?? '').split(',').flatMap((entry) => entry.trim() || []);
}

function operator(arn: string, id: string): Operator {
  if (arn.includes(':user/')) return User.fromUserArn(stack, id, arn);
  // A role of IAM Identity Center is AWS's own: nothing can be attached to it.
  return Role.fromRoleArn(stack, id, arn, { mutable: !arn.includes('/aws-reserved/') });
}
