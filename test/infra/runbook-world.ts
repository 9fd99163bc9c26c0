import { readFileSync } from 'node:fs';
import type { Watching } from '../../src/config/metric-names.ts';
import { builtFunction } from '../bundles/built.ts';
import { type RotatorStack, startRotatorStack } from '../bundles/rotator-stack.ts';
import { startScheduler } from '../doubles/aws/scheduler.ts';
import { startSqs } from '../doubles/aws/sqs.ts';
import { startSsm } from '../doubles/aws/ssm.ts';
import { startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';
import { type LambdaFunction, lambdaFunction } from '../doubles/lambda/lambda-runtime.ts';
import { node24Path } from '../doubles/lambda/node24.ts';
import { providerKey } from '../fatture-in-cloud/webhooks/signed-webhook.ts';
import { type Assembly, frescoIn, synthesize } from './assembly.ts';
import { resourcesOf } from './template.ts';

/** A synthesized stack that runs over the doubles: its own environments, schedules, queues and facts. */
export type RunbookWorld = Awaited<ReturnType<typeof startRunbookWorld>>;

/** Where the functions' settings and the resources' names come from. */
class Deployment {
  readonly #assembly: Assembly;

  constructor(assembly: Assembly) {
    this.#assembly = assembly;
  }

  /** Logical id and properties of the one resource of a type whose id matches. */
  one(type: string, id: RegExp) {
    const found = this.all(type).filter((it) => id.test(it.id));
    const [only] = found;
    if (only === undefined || found.length > 1) throw new Error(`${found.length} ${type}: ${id}`);
    return only;
  }

  all(type: string) {
    return resourcesOf(this.#assembly.deployed, type).map(([id, { Properties }]) => ({
      id,
      properties: Properties,
    }));
  }

  variables(id: RegExp): Record<string, string> {
    const { properties } = this.one('AWS::Lambda::Function', id);
    const { Variables } = properties['Environment'] as { Variables: Record<string, string> };
    return Variables;
  }
}

/** Starts it with nobody logged in; `stop` ends all of it. */
export async function startRunbookWorld() {
  let deployment: Deployment | undefined;
  const stack = await startRotatorStack(async (providerUrl) => {
    deployment = await deployed('full', providerUrl);
    return { variables: deployment.variables(/RotatorFunction/), timeoutMs: 50_000 };
  });
  if (deployment === undefined) throw new Error('nothing was synthesized');
  const small = await deployed('small', stack.providerUrl);
  const ids = idsIn(deployment);
  const sqs = await startSqs([
    { name: ids.failures },
    { name: ids.continuations },
    { name: ids.deadLetters },
    { name: ids.queue, redrive: { deadLetterQueue: ids.deadLetters, maxReceiveCount: 1 } },
  ]);
  const facts = factsIn(deployment, ids, sqs.queueUrl);
  const lambda = await startLambdaInvoke();
  for (const alias of ['operator', 'consumers', 'consent'] as const) {
    const through = (event: unknown) => stack.through(alias, event);
    for (const name of ['rotator', ids.rotator]) lambda.route(`${name}:${alias}`, through);
  }
  const ssm = await startSsm({ '/fresco/stack': JSON.stringify(facts) });
  const scheduleName = `${facts.checkGroup}/default`;
  const scheduler = await startScheduler({ [scheduleName]: 'ENABLED' });
  stack.bus.buses.add('fresco').add(facts.bus.replace(/^.*event-bus\//, ''));
  const endpoints = endpointsOf(stack, { lambda, sqs });
  const queueUrls = {
    notifications: sqs.queueUrl(ids.queue),
    continuations: sqs.queueUrl(ids.continuations),
  };
  const functions = await otherFunctions(deployment, endpoints, queueUrls);
  const smallFunctions = {
    rotator: await started(small, ['rotator:schedule', /RotatorFunction/], endpoints),
    handler: await started(small, ['webhook-handler', /HandlerFunction/], {
      ...endpoints,
      FRESCO_QUEUE_URL: queueUrls.notifications,
    }),
  };
  return {
    ...functions,
    deployment,
    /** The same stack with few alarms, and what in it measures otherwise; over the same doubles. */
    small: { deployment: small, ...smallFunctions },
    ids,
    stack,
    sqs,
    lambda,
    scheduler,
    scheduleName,
    /** For the command, on a machine whose store is this stack. */
    env: {
      ...endpoints,
      FRESCO_STORE: 'aws',
      AWS_REGION: 'eu-south-1',
      AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
      AWS_SECRET_ACCESS_KEY: 'invented',
      AWS_ENDPOINT_URL_SSM: ssm.endpoint,
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.endpoint,
    },
    stop: async () => {
      const all = [...Object.values(functions), ...Object.values(smallFunctions)];
      await Promise.all(all.map((one) => one.stop()));
      await Promise.all([sqs, lambda, ssm, scheduler].map((double) => double.stop()));
      await stack.stop();
    },
  };
}

function idsIn(deployment: Deployment) {
  const idOf = (type: string, id: RegExp) => deployment.one(type, id).id;
  return {
    rotator: idOf('AWS::Lambda::Function', /RotatorFunction/),
    receiver: idOf('AWS::Lambda::Function', /ReceiverFunction/),
    handler: idOf('AWS::Lambda::Function', /HandlerFunction/),
    failures: idOf('AWS::SQS::Queue', /Failures/),
    deadLetters: idOf('AWS::SQS::Queue', /DeadLetters/),
    queue: idOf('AWS::SQS::Queue', /Notifications/),
    continuations: idOf('AWS::SQS::Queue', /Continuations/),
    api: idOf('AWS::ApiGatewayV2::Api', /Api/),
  };
}

function factsIn(
  deployment: Deployment,
  ids: ReturnType<typeof idsIn>,
  queueUrl: (name: string) => string,
) {
  const text = String(deployment.one('AWS::SSM::Parameter', /Facts/).properties['Value']);
  return {
    ...(JSON.parse(text) as { readonly bus: string; readonly checkGroup: string }),
    queueUrl: queueUrl(ids.queue),
    deadLetterQueueUrl: queueUrl(ids.deadLetters),
  };
}

function endpointsOf(
  stack: RotatorStack,
  doubles: Readonly<Record<'lambda' | 'sqs', { readonly endpoint: string }>>,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secrets.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: stack.table.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: stack.bus.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: doubles.lambda.endpoint,
    AWS_ENDPOINT_URL_SQS: doubles.sqs.endpoint,
  };
}

async function deployed(watching: Watching, providerUrl: string): Promise<Deployment> {
  const props = { providerUrl, watching, nightlySync: '01:30' };
  return new Deployment(await synthesize((app) => void frescoIn(app, props)));
}

/** A function of a template, over the doubles; `environment` has what only the account and the provider know. */
async function started(
  deployment: Deployment,
  [functionName, id]: readonly [string, RegExp],
  environment: Readonly<Record<string, string>>,
): Promise<LambdaFunction> {
  return lambdaFunction({
    functionName,
    bundle: await builtFunction(functionName.replace(/:.*$/, '')),
    node: node24Path() ?? process.execPath,
    timeoutMs: Number(deployment.one('AWS::Lambda::Function', id).properties['Timeout']) * 1000,
    environment: { ...deployment.variables(id), ...environment },
  });
}

async function otherFunctions(
  deployment: Deployment,
  endpoints: Readonly<Record<string, string>>,
  queueUrls: Readonly<Record<'notifications' | 'continuations', string>>,
): Promise<Readonly<Record<'receiver' | 'handler' | 'sync' | 'connect', LambdaFunction>>> {
  const taking = { ...endpoints, FRESCO_QUEUE_URL: queueUrls.notifications };
  return {
    receiver: await started(deployment, ['webhook-receiver', /ReceiverFunction/], {
      ...taking,
      FRESCO_WEBHOOK_PUBLIC_KEYS: providerKey.publicPem,
    }),
    handler: await started(deployment, ['webhook-handler', /HandlerFunction/], taking),
    sync: await started(deployment, ['sync', /SyncFunction/], {
      ...endpoints,
      FRESCO_QUEUE_URL: queueUrls.continuations,
    }),
    connect: await started(deployment, ['connect', /ConnectFunction/], endpoints),
  };
}

/** One line of a runbook's block. */
export type RunbookLine =
  | { readonly kind: 'command'; readonly args: readonly string[] }
  | { readonly kind: 'by hand'; readonly text: string };

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

/** The block of an entry, as it is printed. */
export function linesOf(entry: string): readonly RunbookLine[] {
  const [, body = ''] = runbook.split(`<a id="${entry}"></a>`);
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(body.split('<a id=')[0] ?? '') ?? [];
  return block
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(lineOf);
}

/** The command that the table of an entry gives for what it says in its first column. */
export function commandFor(entry: string, says: string): RunbookLine {
  const [, body = ''] = runbook.split(`<a id="${entry}"></a>`);
  const row = body.split('\n').find((line) => line.startsWith(`| ${says} |`));
  const [, command] = /`(fresco [^`]+)`/.exec(row ?? '') ?? [];
  if (command === undefined) throw new Error(`${entry} has no command for '${says}'`);
  return lineOf(command);
}

function lineOf(line: string): RunbookLine {
  const [, text] = /^# by hand: (.*)$/.exec(line) ?? [];
  if (text !== undefined) return { kind: 'by hand', text };
  const [command, ...args] = line
    .replace(/\s+#.*$/, '')
    .trim()
    .split(/\s+/);
  if (command !== 'fresco') throw new Error(`the runbook prints '${line}', which is no command`);
  return { kind: 'command', args };
}
