import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { call } from '../failures.ts';

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
