import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { propsIn } from './context.ts';
import { Fresco } from './fresco.ts';
import { acknowledge } from './permissions/acknowledged.ts';

const app = new App();
const stack = new Stack(app, 'fresco', {
  description: 'Fresco: keeps the tokens of Fatture in Cloud connections fresh',
});
const account = process.env['CDK_DEFAULT_ACCOUNT'];
const fresco = new Fresco(stack, 'Fresco', propsIn(app.node.getAllContext(), { stack, account }));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
acknowledge(fresco);
