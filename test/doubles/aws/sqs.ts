import { AwsError } from '../http/aws-error.ts';
import { type JsonInput, pickStrings, type ServiceDouble, startAwsJson } from '../http/aws-json.ts';
import { md5, Queue, type QueueMessage, type QueueSpec } from './sqs-queue.ts';

/** A running SQS. */
export interface SqsDouble extends ServiceDouble {
  /** What clients give as `QueueUrl`. */
  queueUrl(name: string): string;
  /** The bodies of what is on a queue, in flight or not. */
  bodies(name: string): readonly string[];
  /** Puts a message there as a service of AWS does, perhaps some time ago. */
  put(name: string, body: string, sentAtMs?: number): void;
  /** Takes every message off a queue; their bodies. */
  drain(name: string): readonly string[];
  /** How long the oldest message of a queue has been there; 0 where there is none. */
  oldestAgeMs(name: string): number;
  /** Makes every message of a queue visible again, those in flight too. */
  redeliver(name: string): void;
}

const bytesMax = 1_048_576;

// What XML 1.0 has no place for.
const unspeakable = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** Starts SQS on loopback with these standard queues: send, receive, delete, change visibility (some of them in batches), attributes, redrive. */
export async function startSqs(
  queues: readonly QueueSpec[],
  nowMs: () => number = Date.now,
): Promise<SqsDouble> {
  const service = new SqsService(queues, nowMs);
  const server = await startAwsJson(
    {
      target: 'AmazonSQS',
      version: '1.0',
      call: (operation, input) => service.call(operation, input),
      ids: (input) => pickStrings(input, ['QueueUrl', 'QueueName', 'ReceiptHandle']),
    },
    nowMs,
  );
  service.endpoint = server.endpoint;
  return {
    ...server,
    queueUrl: (name) => service.urlOf(name),
    bodies: (name) => service.queue(name).messages.map((message) => message.body),
    put: (name, body, sentAtMs = nowMs()) => void service.queue(name).add(body, sentAtMs, nowMs()),
    drain: (name) =>
      service
        .queue(name)
        .drain()
        .map(({ body }) => body),
    oldestAgeMs: (name) => {
      const sentAtMs = service.queue(name).messages.map((message) => message.sentAtMs);
      return sentAtMs.length === 0 ? 0 : nowMs() - Math.min(...sentAtMs);
    },
    redeliver: (name) => service.queue(name).redeliver(nowMs()),
  };
}

class SqsService {
  endpoint = '';
  readonly #queues: ReadonlyMap<string, Queue>;
  readonly #nowMs: () => number;
  #arrived: (() => void)[] = [];

  constructor(queues: readonly QueueSpec[], nowMs: () => number) {
    this.#queues = new Map(queues.map((spec) => [spec.name, new Queue(spec)]));
    this.#nowMs = nowMs;
  }

  urlOf(name: string): string {
    return `${this.endpoint}/000000000000/${this.queue(name).spec.name}`;
  }

  queue(nameOrUrl: string): Queue {
    const queue = this.#queues.get(nameOrUrl.split('/').at(-1) ?? '');
    if (queue !== undefined) return queue;
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', 400, {
      headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
    });
  }

  call(operation: string, input: JsonInput): unknown {
    if (operation === 'GetQueueUrl') return { QueueUrl: this.urlOf(String(input['QueueName'])) };
    if (operation === 'StartMessageMoveTask') return this.#moveBack(String(input['SourceArn']));
    const queue = this.queue(String(input['QueueUrl']));
    switch (operation) {
      case 'SendMessage':
        return this.#send(queue, input);
      case 'SendMessageBatch':
        return this.#each(input, (entry) => this.#send(queue, entry));
      case 'ChangeMessageVisibilityBatch':
        return this.#each(input, (entry) => this.#changeVisibility(queue, entry));
      case 'ReceiveMessage':
        return this.#receive(queue, input);
      case 'DeleteMessage':
        return queue.remove(String(input['ReceiptHandle']));
      case 'ChangeMessageVisibility':
        return this.#changeVisibility(queue, input);
      case 'GetQueueAttributes':
        return { Attributes: this.#attributes(queue, input) };
      default:
        throw new AwsError('UnknownOperationException', `no operation ${operation}`);
    }
  }

  /** A batch: each entry is carried out or refused for itself. */
  #each(input: JsonInput, one: (entry: JsonInput) => unknown) {
    const entries = (input['Entries'] ?? []) as readonly JsonInput[];
    const ids = entries.map((entry) => String(entry['Id']));
    const isAmiss = ids.some((id) => !/^[\w-]{1,80}$/.test(id));
    if (isAmiss) throw new AwsError('InvalidBatchEntryId', 'an Id has other characters');
    if (new Set(ids).size < ids.length) throw new AwsError('BatchEntryIdsNotDistinct', 'two alike');
    if (ids.length === 0) throw new AwsError('EmptyBatchRequest', 'there are no entries');
    if (ids.length > 10) throw new AwsError('TooManyEntriesInBatchRequest', 'more than 10');
    const bytes = entries.map((entry) => Buffer.byteLength(String(entry['MessageBody'] ?? '')));
    if (bytes.reduce((sum, more) => sum + more, 0) > bytesMax) {
      throw new AwsError('BatchRequestTooLong', 'the messages are longer than 1 MiB together');
    }
    const Successful: object[] = [];
    const Failed: object[] = [];
    entries.forEach((entry, at) => {
      try {
        Successful.push({ Id: ids[at], ...(one(entry) as object | undefined) });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        Failed.push({ Id: ids[at], SenderFault: true, Code: error.name, Message: error.message });
      }
    });
    return { Successful, Failed };
  }

  #changeVisibility(queue: Queue, input: JsonInput): void {
    queue.changeVisibility(
      String(input['ReceiptHandle']),
      numberIn(input, 'VisibilityTimeout', 0, 43_200, undefined),
      this.#nowMs(),
    );
  }

  #send(queue: Queue, input: JsonInput) {
    const body = input['MessageBody'];
    if (typeof body !== 'string' || body === '') throw invalid('MessageBody', 'must not be empty');
    if (body.search(unspeakable) >= 0) {
      throw new AwsError(
        'InvalidMessageContents',
        'The message has characters that are not allowed.',
      );
    }
    const attributes = (input['MessageAttributes'] ?? {}) as object;
    if (Object.keys(attributes).length > 10) throw invalid('MessageAttributes', 'more than 10');
    const beside = Object.keys(attributes).length > 0 ? JSON.stringify(attributes) : '';
    if (Buffer.byteLength(body + beside) > bytesMax) {
      throw invalid('MessageBody', 'is longer than 1 MiB, its attributes included');
    }
    const delayMs = numberIn(input, 'DelaySeconds', 0, 900, 0) * 1000;
    const nowMs = this.#nowMs();
    const message = queue.add(body, nowMs, nowMs + delayMs, input['MessageAttributes']);
    for (const wake of this.#arrived.splice(0)) wake();
    return { MessageId: message.messageId, MD5OfMessageBody: md5(body) };
  }

  /** Waits for a message to be sent, not for one to become visible again, for at most `WaitTimeSeconds`. */
  async #receive(queue: Queue, input: JsonInput) {
    const waitMs = numberIn(input, 'WaitTimeSeconds', 0, 20, 0) * 1000;
    let messages = this.#take(queue, input);
    if (messages.length === 0 && waitMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs).unref();
        this.#arrived.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      messages = this.#take(queue, input);
    }
    return messages.length === 0 ? {} : { Messages: messages };
  }

  #take(queue: Queue, input: JsonInput) {
    const count = numberIn(input, 'MaxNumberOfMessages', 1, 10, 1);
    const usual = queue.spec.visibilityTimeoutSeconds ?? 30;
    const seconds = numberIn(input, 'VisibilityTimeout', 0, 43_200, usual);
    return queue
      .receive(count, seconds, this.#nowMs(), (dead) => this.#bury(queue, dead))
      .map(wire);
  }

  /** To where they came from, all at once; SQS takes its time over it. */
  #moveBack(sourceArn: string) {
    const dead = this.queue(sourceArn.split(':').at(-1) ?? '');
    const source = [...this.#queues.values()].find(
      ({ spec }) => spec.redrive?.deadLetterQueue === dead.spec.name,
    );
    if (source === undefined) throw invalid('SourceArn', 'is no dead-letter queue');
    const nowMs = this.#nowMs();
    for (const { body, attributes } of dead.drain()) source.add(body, nowMs, nowMs, attributes);
    return { TaskHandle: 'invented' };
  }

  #bury(queue: Queue, dead: QueueMessage): void {
    const name = queue.spec.redrive?.deadLetterQueue ?? '';
    this.queue(name).add(dead.body, dead.sentAtMs, this.#nowMs(), dead.attributes);
  }

  #attributes(queue: Queue, input: JsonInput): Record<string, string> {
    const nowMs = this.#nowMs();
    const visible = queue.messages.filter((one) => one.visibleAtMs <= nowMs).length;
    const arn = (name: string) => `arn:aws:sqs:eu-south-1:000000000000:${name}`;
    const { name, redrive, visibilityTimeoutSeconds = 30 } = queue.spec;
    const all: Record<string, string> = {
      QueueArn: arn(name),
      VisibilityTimeout: String(visibilityTimeoutSeconds),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(queue.messages.length - visible),
    };
    if (redrive !== undefined) {
      const { deadLetterQueue, maxReceiveCount } = redrive;
      const deadLetterTargetArn = arn(deadLetterQueue);
      all['RedrivePolicy'] = JSON.stringify({ deadLetterTargetArn, maxReceiveCount });
    }
    const asked = (input['AttributeNames'] ?? []) as readonly string[];
    const unknown = asked.find((key) => key !== 'All' && !attributeNames.includes(key));
    if (unknown !== undefined) throw new AwsError('InvalidAttributeName', `no ${unknown}`);
    const shown = Object.entries(all).filter(
      ([key]) => asked.includes('All') || asked.includes(key),
    );
    return Object.fromEntries(shown);
  }
}

const attributeNames = [
  'QueueArn',
  'VisibilityTimeout',
  'RedrivePolicy',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'DelaySeconds',
  'MessageRetentionPeriod',
];

function wire(message: QueueMessage) {
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAtMs),
    },
    ...(message.attributes === undefined ? {} : { MessageAttributes: message.attributes }),
  };
}

function numberIn(
  input: JsonInput,
  name: string,
  min: number,
  max: number,
  usual: number | undefined,
): number {
  const value = input[name] ?? usual;
  if (typeof value === 'number' && !Number.isInteger(value)) {
    throw new AwsError('SerializationException', `${name} is no whole number`);
  }
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalid(name, `must be ${min} to ${max}`);
}

function invalid(name: string, what: string): AwsError {
  return new AwsError('InvalidParameterValue', `Value for parameter ${name} is invalid: ${what}`);
}
