import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import { type SqsDouble, startSqs } from './sqs.ts';

let nowMs: number;
let double: SqsDouble;
let client: SQSClient;
let QueueUrl: string;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 23, 2);
  const redrive = { deadLetterQueue: 'dead', maxReceiveCount: 2 };
  double = await startSqs([{ name: 'webhooks', redrive }, { name: 'dead' }], () => nowMs);
  client = new SQSClient(clientConfig(double.endpoint));
  QueueUrl = double.queueUrl('webhooks');
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

function send(MessageBody: string) {
  return client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function receive(more = {}): Promise<Message[]> {
  const answer = await client.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }),
  );
  return answer.Messages ?? [];
}

function drop(message: Message | undefined) {
  const ReceiptHandle = message?.ReceiptHandle;
  return client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}

function hide(message: Message | undefined, VisibilityTimeout: number) {
  const ReceiptHandle = message?.ReceiptHandle;
  return client.send(
    new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }),
  );
}

function attributes(count: number) {
  const value = { DataType: 'String', StringValue: 'invented' };
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`name-${n}`, value]));
}

describe('SQS on loopback', () => {
  it('hands a message out and keeps it invisible until its timeout', async () => {
    await send('one');
    const [message] = await receive();
    expect(message).toMatchObject({ Body: 'one', Attributes: { ApproximateReceiveCount: '1' } });
    nowMs += 29_999;
    expect(await receive()).toEqual([]);
    nowMs += 1;
    expect(await receive()).toMatchObject([{ Attributes: { ApproximateReceiveCount: '2' } }]);
  });

  it('forgets a message that is deleted by its newest receipt handle only', async () => {
    await send('one');
    const [first] = await receive();
    double.redeliver('webhooks');
    const [second] = await receive();
    await drop(first);
    expect(double.bodies('webhooks')).toEqual(['one']);
    await drop(second);
    await drop(second);
    expect(double.bodies('webhooks')).toEqual([]);
  });

  it('makes a message visible when its consumer says', async () => {
    await send('one');
    const [message] = await receive();
    await hide(message, 600);
    nowMs += 599_000;
    expect(await receive()).toEqual([]);
    await hide(message, 0);
    expect(await receive()).toHaveLength(1);
  });

  it('refuses to hide a message that is not in flight', async () => {
    await send('one');
    const [message] = await receive();
    await hide(message, 0);
    await expect(hide(message, 10)).rejects.toMatchObject({ name: 'MessageNotInflight' });
    await expect(hide({ ReceiptHandle: 'invented' }, 10)).rejects.toMatchObject({
      name: 'ReceiptHandleIsInvalid',
    });
  });

  it('moves a message to the dead-letter queue once it was received too often', async () => {
    await send('poison');
    await receive({ VisibilityTimeout: 0 });
    await receive({ VisibilityTimeout: 0 });
    expect(await receive()).toEqual([]);
    expect(double.bodies('webhooks')).toEqual([]);
    expect(double.bodies('dead')).toEqual(['poison']);
  });

  it('gives at most as many messages as asked, 10 at the most', async () => {
    for (const body of ['one', 'two', 'three']) await send(body);
    expect(await receive({ MaxNumberOfMessages: 2 })).toHaveLength(2);
    await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('wakes a waiting receiver when a message comes', async () => {
    const waiting = receive({ WaitTimeSeconds: 5 });
    await send('one');
    expect(await waiting).toMatchObject([{ Body: 'one' }]);
  });

  it('says how many messages wait and how many are in flight', async () => {
    await send('one');
    await send('two');
    await receive({ MaxNumberOfMessages: 1 });
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      QueueArn: 'arn:aws:sqs:eu-south-1:000000000000:webhooks',
    });
  });

  it('knows its queues by name', async () => {
    const find = (QueueName: string) => client.send(new GetQueueUrlCommand({ QueueName }));
    expect((await find('webhooks')).QueueUrl).toBe(QueueUrl);
    await expect(find('other')).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });

  it('refuses an empty body and one above 1 MiB', async () => {
    await send('x'.repeat(1_048_576));
    for (const body of ['', 'x'.repeat(1_048_577)]) {
      await expect(send(body)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    }
  });

  it.each([
    { name: 'a fraction of a second', more: { DelaySeconds: 0.5 }, want: 'SerializationException' },
    { name: 'more than 15 minutes', more: { DelaySeconds: 901 }, want: 'InvalidParameterValue' },
    {
      name: 'a character of no text',
      more: { MessageBody: 'a\u0000' },
      want: 'InvalidMessageContents',
    },
    {
      name: '11 attributes',
      more: { MessageAttributes: attributes(11) },
      want: 'InvalidParameterValue',
    },
    {
      name: 'more than 1 MiB with its attributes',
      more: { MessageBody: 'x'.repeat(1_048_576), MessageAttributes: attributes(1) },
      want: 'InvalidParameterValue',
    },
  ])('refuses to send with $name', async ({ more, want }) => {
    const input = { QueueUrl, MessageBody: 'one', ...more };
    await expect(client.send(new SendMessageCommand(input))).rejects.toMatchObject({ name: want });
    expect(double.bodies('webhooks')).toEqual([]);
  });

  it('refuses to hide a message for a fraction, or for more than 12 hours from its receipt', async () => {
    await send('one');
    const [message] = await receive();
    await expect(hide(message, 1.5)).rejects.toMatchObject({ name: 'SerializationException' });
    await hide(message, 43_200);
    nowMs += 1000;
    await expect(hide(message, 43_200)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await hide(message, 43_199);
  });

  it.each([
    { name: 'none', bodies: [], want: 'EmptyBatchRequest' },
    { name: 'eleven', bodies: Array(11).fill('x'), want: 'TooManyEntriesInBatchRequest' },
    {
      name: 'more than 1 MiB',
      bodies: Array(2).fill('x'.repeat(524_289)),
      want: 'BatchRequestTooLong',
    },
    { name: 'ids alike', bodies: ['x', 'x'], ids: ['0', '0'], want: 'BatchEntryIdsNotDistinct' },
    { name: 'odd ids', bodies: ['x'], ids: ['a b'], want: 'InvalidBatchEntryId' },
  ])('refuses a batch of $name', async ({ bodies, ids, want }) => {
    const Entries = bodies.map((MessageBody, at) => ({ Id: ids?.[at] ?? `${at}`, MessageBody }));
    const batch = client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    await expect(batch).rejects.toMatchObject({ name: want });
    expect(double.bodies('webhooks')).toEqual([]);
  });

  it('takes each message of a batch, or says why not', async () => {
    const Entries = ['one', '', 'three'].map((MessageBody, at) => ({ Id: `${at}`, MessageBody }));
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['0', '2']);
    expect(answer.Failed).toMatchObject([{ Id: '1', Code: 'InvalidParameterValue' }]);
    expect(double.bodies('webhooks')).toEqual(['one', 'three']);
  });

  it('refuses attributes of a queue that there are not', async () => {
    const AttributeNames = ['QueueArn', 'Age'] as QueueAttributeName[];
    await expect(
      client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames })),
    ).rejects.toMatchObject({ name: 'InvalidAttributeName' });
  });

  it('may have kept a message whose sender saw a failure', async () => {
    double.faults.add({ on: 'SendMessage', kind: 'reset-after' });
    await expect(send('one')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(double.bodies('webhooks')).toEqual(['one']);
  });
});
