import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqsNotificationQueue } from '../../../src/aws/sqs/notification-queue.ts';
import {
  decodeNotification,
  type QueuedNotification,
} from '../../../src/core/webhooks/notification.ts';
import { type SqsDouble, startSqs } from '../../doubles/aws/sqs.ts';
import { clientConfig } from '../../doubles/http/client-config.ts';

const message = (part: number): QueuedNotification => ({
  connection: 'default',
  part,
  id: '198:11111111-2222-4333-8444-555555555555',
  companyId: 108061,
  type: 'it.fattureincloud.webhooks.entities.clients.create',
  resource: 'clients',
  change: 'create',
  ids: [1, 2],
});

let double: SqsDouble;
let client: SQSClient;

beforeAll(async () => {
  double = await startSqs([{ name: 'notifications' }]);
  client = new SQSClient(clientConfig(double.endpoint));
});

afterAll(async () => {
  client.destroy();
  await double.stop();
});

const queue = () => sqsNotificationQueue(client, double.queueUrl('notifications'));

describe('the queue of notifications', () => {
  it('takes all parts of one, as they can be read back', async () => {
    await queue().send([message(0), message(1)]);
    const bodies = double.bodies('notifications').map((body) => decodeNotification(body));
    expect(bodies).toHaveLength(2);
    expect(bodies).toEqual(expect.arrayContaining([message(0), message(1)]));
  });

  it('refuses when one part was not taken', async () => {
    double.faults.add({ on: 'SendMessage', kind: 'throttled', where: inPart(1) });
    await expect(queue().send([message(0), message(1)])).rejects.toMatchObject({
      reason: 'throttled',
    });
  });

  it('refuses as missing where there is no queue', async () => {
    const nowhere = sqsNotificationQueue(client, double.queueUrl('notifications').concat('-2'));
    await expect(nowhere.send([message(0)])).rejects.toMatchObject({ reason: 'missing' });
  });

  it('hides a message that was received, so that it comes later', async () => {
    const QueueUrl = double.queueUrl('notifications');
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
    await queue().hide(Messages[0]?.ReceiptHandle ?? '', 0);
    expect(double.calls.all.at(-1)).toMatchObject({
      operation: 'ChangeMessageVisibility',
      outcome: 'ok',
    });
  });
});

describe('times', () => {
  const mocked = new SQSClient({});
  const mock = mockClient(mocked);
  const mockedQueue = sqsNotificationQueue(mocked, 'https://sqs.example.com/q');

  it.each([
    { ms: 0, seconds: 0 },
    { ms: 1, seconds: 1 },
    { ms: 900_000, seconds: 900 },
    { ms: 900_001, seconds: 900 },
  ])('of $ms ms make a copy that waits $seconds s', async ({ ms, seconds }) => {
    mock.reset();
    mock.on(SendMessageCommand).resolves({});
    await mockedQueue.postpone(message(0), ms);
    expect(mock.call(0).args[0].input).toMatchObject({ DelaySeconds: seconds });
  });

  it.each([
    { ms: 60_500, seconds: 61 },
    { ms: 99_999_999, seconds: 42_300 },
  ])('of $ms ms hide a message for $seconds s', async ({ ms, seconds }) => {
    mock.reset();
    mock.on(ChangeMessageVisibilityCommand).resolves({});
    await mockedQueue.hide('handle', ms);
    expect(mock.call(0).args[0].input).toEqual({
      QueueUrl: 'https://sqs.example.com/q',
      ReceiptHandle: 'handle',
      VisibilityTimeout: seconds,
    });
  });
});

function inPart(part: number) {
  return (input: Readonly<Record<string, unknown>>) =>
    decodeNotification(String(input['MessageBody']))?.part === part;
}
