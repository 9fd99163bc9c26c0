import {
  GetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { redriveDeadLetters } from '../../../src/aws/sqs/sqs.ts';

const queueUrl = 'https://sqs.eu-south-1.amazonaws.com/000000000000/dead';
const arn = 'arn:aws:sqs:eu-south-1:000000000000:dead';

function mocked() {
  const client = new SQSClient({ region: 'eu-south-1' });
  return { client, sqs: mockClient(client) };
}

it('dead letters are moved back to where they came from', async () => {
  const { client, sqs } = mocked();
  sqs
    .on(GetQueueAttributesCommand, { QueueUrl: queueUrl })
    .resolves({ Attributes: { QueueArn: arn } });
  sqs.on(StartMessageMoveTaskCommand).resolves({ TaskHandle: 'h' });
  await redriveDeadLetters(client, queueUrl);
  expect(sqs.commandCalls(StartMessageMoveTaskCommand)[0]?.args[0].input).toEqual({
    SourceArn: arn,
  });
});

it('who may not do so is told', async () => {
  const { client, sqs } = mocked();
  sqs
    .on(GetQueueAttributesCommand)
    .rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  await expect(redriveDeadLetters(client, queueUrl)).rejects.toMatchObject({
    name: 'StoreRefused',
    reason: 'denied',
  });
});
