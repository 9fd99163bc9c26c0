import { startRotatorStack } from '../bundles/rotator-stack.ts';
import { startScheduler } from '../doubles/aws/scheduler.ts';
import { startSsm } from '../doubles/aws/ssm.ts';
import { startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';

const arn = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator';

/** What a deployed stack tells of itself. */
const facts = {
  v: 1,
  environment: '000000000000/eu-south-1/test',
  connections: ['default'],
  table: 'fresco',
  bus: 'fresco-bus',
  consumersAlias: `${arn}:consumers`,
  operatorAlias: `${arn}:operator`,
  checkGroup: 'fresco-checks',
};

/** All that the command meets where the store is a deployed stack. */
export type DeployedStack = Awaited<ReturnType<typeof startDeployed>>;

/** A deployed stack with the built rotator behind its doors; everything of AWS is on loopback. */
export async function startDeployed(more: { readonly connectUrl?: string } = {}) {
  const stack = await startRotatorStack();
  const lambda = await startLambdaInvoke();
  const ssm = await startSsm({ '/fresco/stack': JSON.stringify({ ...facts, ...more }) });
  const scheduler = await startScheduler({ 'fresco-checks/default': 'ENABLED' });
  stack.bus.buses.add('fresco-bus');
  for (const alias of ['operator', 'consumers'] as const) {
    lambda.route(`rotator:${alias}`, (event) => stack.through(alias, event));
  }
  const env: Readonly<Record<string, string>> = {
    FRESCO_STORE: 'aws',
    AWS_REGION: 'eu-south-1',
    AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
    AWS_SECRET_ACCESS_KEY: 'invented',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secrets.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: stack.table.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
    AWS_ENDPOINT_URL_SSM: ssm.endpoint,
    AWS_ENDPOINT_URL_SCHEDULER: scheduler.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: stack.bus.endpoint,
  };
  const tokenRequests = async () => {
    const answer = await fetch(`${stack.providerUrl}/_sandbox/state`);
    const { counters } = (await answer.json()) as {
      readonly counters: { readonly tokenRequests: number };
    };
    return counters.tokenRequests;
  };
  const stop = async () => {
    await Promise.all([lambda.stop(), ssm.stop(), scheduler.stop(), stack.stop()]);
  };
  return { stack, lambda, ssm, scheduler, env, tokenRequests, stop };
}
