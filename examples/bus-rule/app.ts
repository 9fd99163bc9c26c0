import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { type IFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Fresco } from 'fic-fresco/cdk';

const app = new App();
const stack = new Stack(app, 'fresco-example');
const fresco = new Fresco(stack, 'Fresco');

const onClientChanged = new NodejsFunction(stack, 'OnClientChanged', {
  entry: fileURLToPath(new URL('on-client-changed.ts', import.meta.url)),
  runtime: Runtime.NODEJS_24_X,
});
// One secret to read, one alias to ask for a refresh, and nothing else.
fresco.grantReadToken(onClientChanged);

new Rule(stack, 'ClientsChanged', {
  eventBus: fresco.bus,
  eventPattern: {
    source: ['fresco'],
    detailType: ['Entity Changed'],
    detail: { resource: ['clients'] },
  },
  targets: [new LambdaFunction(onClientChanged as IFunction)],
});

const tellChat = new NodejsFunction(stack, 'TellChat', {
  entry: fileURLToPath(new URL('tell-chat.ts', import.meta.url)),
  runtime: Runtime.NODEJS_24_X,
  environment: { CHAT_SECRET: 'chat/incoming-webhook' },
});
Secret.fromSecretNameV2(stack, 'ChatUrl', 'chat/incoming-webhook').grantRead(tellChat);

new Rule(stack, 'PersonNeeded', {
  eventBus: fresco.bus,
  eventPattern: { source: ['fresco'], detailType: ['Reauthorization Required'] },
  targets: [new LambdaFunction(tellChat as IFunction)],
});
