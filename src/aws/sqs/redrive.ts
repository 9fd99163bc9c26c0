import {
  GetQueueAttributesCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { call } from '../failures.ts';

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
