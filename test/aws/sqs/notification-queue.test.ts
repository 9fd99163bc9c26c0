import {
  ChangeMessageVisibilityBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { sqsNotificationQueue } from '../../../src/aws/sqs/notification-queue.ts';
import {
  decodeNotification,
  type QueuedNotification,
} from '../../../src/core/webhooks/notification.ts';
import { startSqs } from '../../doubles/aws/sqs.ts';
import { onTheWire } from '../../doubles/http/on-the-wire.ts';

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

const { double, client } = await onTheWire(startSqs([{ name: 'notifications' }]), SQSClient);

const clock = { wait: async () => undefined };
const queue = () => sqsNotificationQueue(client, double.queueUrl('notifications'), clock);

describe('the queue of notifications', () => {
  it('takes all parts of one, as they can be read back', async () => {
    double.calls.clear();
    await queue().send([message(0), message(1)]);
    expect(double.calls.count()).toBe(1);
    const bodies = double.bodies('notifications').map((body) => decodeNotification(body));
    expect(bodies).toHaveLength(2);
    expect(bodies).toEqual(expect.arrayContaining([message(0), message(1)]));
  });

  it('puts ten messages off, or hides them, with one call', async () => {
    const QueueUrl = double.queueUrl('notifications');
    const ten = Array.from({ length: 10 }, (_, n) => message(n));
    const putting = queue();
    double.calls.clear();
    await Promise.all(ten.map((one) => putting.postpone(one, 0)));
    expect(double.calls.count()).toBe(1);
    const MaxNumberOfMessages = 10;
    const received = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages }),
    );
    const handles = (received.Messages ?? []).map(({ ReceiptHandle = '' }) => ReceiptHandle);
    expect(handles.length).toBe(10);
    double.calls.clear();
    await Promise.all(handles.map((handle) => putting.hide(handle, 0)));
    expect(double.calls.count()).toBe(1);
  });

  it('refuses when one part was not taken, after it was sent three times', async () => {
    const mocked = new SQSClient({});
    const mock = mockClient(mocked).on(SendMessageBatchCommand);
    const failed = (Id: string) => ({ Failed: [{ Id, SenderFault: false, Code: 'Throttling' }] });
    mock.resolvesOnce(failed('1') as never).resolves(failed('0') as never);
    const taking = sqsNotificationQueue(mocked, 'https://sqs.example.com/q', clock);
    await expect(taking.send([message(0), message(1)])).rejects.toMatchObject({
      reason: 'throttled',
      message: expect.stringContaining('could not send 1 messages'),
    });
  });

  it('refuses as missing where there is no queue', async () => {
    const nowhere = sqsNotificationQueue(
      client,
      double.queueUrl('notifications').concat('-2'),
      clock,
    );
    await expect(nowhere.send([message(0)])).rejects.toMatchObject({ reason: 'missing' });
  });

  it('hides a message that was received, so that it comes later', async () => {
    const QueueUrl = double.queueUrl('notifications');
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
    await queue().hide(Messages[0]?.ReceiptHandle ?? '', 0);
    expect(double.calls.all.at(-1)).toMatchObject({
      operation: 'ChangeMessageVisibilityBatch',
      outcome: 'ok',
    });
  });
});

describe('times', () => {
  const mocked = new SQSClient({});
  const mock = mockClient(mocked);
  const mockedQueue = sqsNotificationQueue(mocked, 'https://sqs.example.com/q', clock);

  it.each([
    { ms: 0, seconds: 0 },
    { ms: 1, seconds: 1 },
    { ms: 900_000, seconds: 900 },
    { ms: 900_001, seconds: 900 },
  ])('of $ms ms make a copy that waits $seconds s', async ({ ms, seconds }) => {
    mock.reset();
    mock.on(SendMessageBatchCommand).resolves({});
    await mockedQueue.postpone(message(0), ms);
    expect(mock.call(0).args[0].input).toMatchObject({ Entries: [{ DelaySeconds: seconds }] });
  });

  it.each([
    { ms: 60_500, seconds: 61 },
    { ms: 99_999_999, seconds: 42_300 },
  ])('of $ms ms hide a message for $seconds s', async ({ ms, seconds }) => {
    mock.reset();
    mock.on(ChangeMessageVisibilityBatchCommand).resolves({});
    await mockedQueue.hide('handle', ms);
    expect(mock.call(0).args[0].input).toEqual({
      QueueUrl: 'https://sqs.example.com/q',
      Entries: [{ Id: '0', ReceiptHandle: 'handle', VisibilityTimeout: seconds }],
    });
  });
});
