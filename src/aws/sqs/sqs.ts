import {
  GetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { bounded, call } from '../failures.ts';

/** A client of SQS. */
export function sqs(): SQSClient {
  return new SQSClient(bounded);
}

/** About how many messages wait in a queue or are being handled; rejects with `StoreRefused`. */
export async function messagesIn(client: SQSClient, queueUrl: string): Promise<number> {
  const AttributeNames = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ] as const;
  const { Attributes = {} } = await call('count the messages of a queue', () =>
    client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...AttributeNames] }),
    ),
  );
  return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

/**
 * Moves all dead letters back to where they came from; SQS does so in the background. Rejects with
 * `StoreRefused`.
 */
export async function redriveDeadLetters(client: SQSClient, queueUrl: string): Promise<void> {
  const attributes = await call('read the dead-letter queue', () =>
    client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
    ),
  );
  const SourceArn = attributes.Attributes?.['QueueArn'];
  await call('redrive the dead-letter queue', () =>
    client.send(new StartMessageMoveTaskCommand({ SourceArn })),
  );
}
