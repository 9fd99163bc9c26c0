import { fileURLToPath } from 'node:url';
import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Fresco } from 'fic-fresco/cdk';

const app = new App();
const stack = new Stack(app, 'invoicing');

const fresco = new Fresco(stack, 'Fresco', { prefix: 'invoicing', nightlySync: '01:30' });

const countClients = new NodejsFunction(stack, 'CountClients', {
  entry: fileURLToPath(new URL('count-clients.ts', import.meta.url)),
  runtime: Runtime.NODEJS_24_X,
  timeout: Duration.minutes(1),
  environment: { FRESCO_PREFIX: 'invoicing' },
});
// One secret to read, one alias to ask for a refresh, and nothing else.
fresco.grantReadToken(countClients);

new Schedule(stack, 'EachMorning', {
  schedule: ScheduleExpression.cron({ hour: '7', minute: '0', timeZone: TimeZone.EUROPE_ROME }),
  target: new LambdaInvoke(countClients),
});
