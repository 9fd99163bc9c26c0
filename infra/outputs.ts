import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import {
  type StackOutputs,
  stackParameterName,
  stackParameterValue,
} from '../src/config/stack-outputs.ts';
import type { Rotation } from './rotation.ts';
import type { Store } from './store.ts';
import type { Webhook } from './webhook.ts';

/** What a stack prints. */
export interface OutputsProps {
  readonly prefix: string;
  readonly environment: string;
  readonly connections: readonly string[];
  readonly store: Store;
  readonly rotation: Rotation;
  readonly webhook: Webhook | undefined;
  /** Base of the pages for consent; absent where there are none. */
  readonly connectUrl: string | undefined;
  readonly bus: IEventBus;
  readonly alarmTopic: ITopic;
}

/** Writes for the command what is deployed, as a parameter of SSM. */
export function writeParameter(scope: Construct, id: string, props: OutputsProps): StringParameter {
  const { webhook, rotation, connectUrl } = props;
  const facts: StackOutputs = {
    environment: props.environment,
    connections: props.connections,
    table: props.store.table.tableName,
    bus: props.bus.eventBusArn,
    consumersAlias: rotation.consumersAlias.functionArn,
    operatorAlias: rotation.operatorAlias.functionArn,
    checkGroup: rotation.checks.scheduleGroupName,
    ...(webhook && {
      webhookSink: webhook.sink,
      queueUrl: webhook.queue.queueUrl,
      deadLetterQueueUrl: webhook.deadLetterQueue.queueUrl,
    }),
    ...(connectUrl !== undefined && { connectUrl }),
  };
  return new StringParameter(scope, id, {
    parameterName: stackParameterName(props.prefix),
    description: 'Fresco: where the command finds what is deployed',
    stringValue: Stack.of(scope).toJsonString(stackParameterValue(facts)),
  });
}

/** Tells the person who deploys what there is now, and what to type next. */
export function tellOutputs(scope: Construct, props: OutputsProps): void {
  const { prefix, connections, rotation, webhook, connectUrl } = props;
  const ofPrefix = prefix === 'fresco' ? '' : ` --prefix ${prefix}`;
  const login = `npx fresco login --store aws${ofPrefix} --connection ${connections[0]}`;
  const outputs: Readonly<Record<string, readonly [string, string | undefined]>> = {
    NextCommand: ['Log in with it, for each connection once', login],
    WebhookAddress: [
      'Where notifications come in; a slash and the name of a connection follow',
      webhook?.sink,
    ],
    ConnectAddress: [
      'Where a person consents when one is needed; a slash and the name of a connection follow',
      connectUrl,
    ],
    ConnectCallback: [
      'Register it with the application as a redirect: without it nobody can consent by a link',
      connectUrl && `${connectUrl}/callback`,
    ],
    EventBus: ['Where events go out', props.bus.eventBusArn],
    AlarmTopicArn: [
      'Where alarms go: only its subscribers hear of them',
      props.alarmTopic.topicArn,
    ],
    NativeRotation: [
      'For --rotation-lambda-arn of aws secretsmanager rotate-secret',
      rotation.nativeAlias.functionArn,
    ],
  };
  for (const [id, [description, value]] of Object.entries(outputs)) {
    if (value !== undefined) new CfnOutput(scope, id, { description, value });
  }
}
