import {
  GetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { redriveDeadLetters } from '../../src/aws/redrive.ts';

const queueUrl = 'https://sqs.eu-south-1.amazonaws.com/000000000000/dead';
const arn = 'arn:aws:sqs:eu-south-1:000000000000:dead';

it('dead letters are moved back to where they came from', async () => {
  const sqs = mockClient(SQSClient);
  sqs
    .on(GetQueueAttributesCommand, { QueueUrl: queueUrl })
    .resolves({ Attributes: { QueueArn: arn } });
  sqs.on(StartMessageMoveTaskCommand).resolves({ TaskHandle: 'h' });
  await redriveDeadLetters(new SQSClient({ region: 'eu-south-1' }), queueUrl);
  expect(sqs.commandCalls(StartMessageMoveTaskCommand)[0]?.args[0].input).toEqual({
    SourceArn: arn,
  });
});

it('who may not do so is told', async () => {
  const sqs = mockClient(SQSClient);
  sqs
    .on(GetQueueAttributesCommand)
    .rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  await expect(
    redriveDeadLetters(new SQSClient({ region: 'eu-south-1' }), queueUrl),
  ).rejects.toMatchObject({
    name: 'StoreRefused',
    reason: 'denied',
  });
});
