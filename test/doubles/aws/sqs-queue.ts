import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from '../http/aws-error.ts';

/** A queue as the stack would make it. */
export interface QueueSpec {
  readonly name: string;
  /** 30 if absent. */
  readonly visibilityTimeoutSeconds?: number;
  /** Where a message goes when it is received once more than so often. */
  readonly redrive?: { readonly deadLetterQueue: string; readonly maxReceiveCount: number };
}

/** A message on a queue. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly attributes?: unknown;
  visibleAtMs: number;
  receiveCount: number;
  receivedAtMs: number;
  receiptHandle: string | undefined;
}

const hiddenMsMax = 43_200_000;

/** The hex MD5 that SQS answers and the SDK checks. */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** A standard queue: at least once, no order promised (though this one keeps it). */
export class Queue {
  readonly spec: QueueSpec;
  #messages: QueueMessage[] = [];
  readonly #usedHandles = new Map<string, string>();

  constructor(spec: QueueSpec) {
    this.spec = spec;
  }

  get messages(): readonly QueueMessage[] {
    return this.#messages;
  }

  add(body: string, sentAtMs: number, visibleAtMs: number, attributes?: unknown): QueueMessage {
    const message: QueueMessage = {
      messageId: randomUUID(),
      body,
      sentAtMs,
      ...(attributes === undefined ? {} : { attributes }),
      visibleAtMs,
      receiveCount: 0,
      receivedAtMs: 0,
      receiptHandle: undefined,
    };
    this.#messages.push(message);
    return message;
  }

  /** Takes every message off, in flight or not. */
  drain(): readonly QueueMessage[] {
    const drained = this.#messages;
    this.#messages = [];
    return drained;
  }

  /** Up to `count` visible messages, which stay invisible for `seconds`; the used up ones go to `onDead`. */
  receive(
    count: number,
    seconds: number,
    nowMs: number,
    onDead: (message: QueueMessage) => void,
  ): QueueMessage[] {
    const received: QueueMessage[] = [];
    for (const message of this.#messages.filter((one) => one.visibleAtMs <= nowMs)) {
      if (received.length >= count) break;
      if (message.receiveCount >= (this.spec.redrive?.maxReceiveCount ?? Infinity)) {
        this.#remove(message.messageId);
        onDead(message);
        continue;
      }
      message.receiveCount += 1;
      message.receivedAtMs = nowMs;
      message.visibleAtMs = nowMs + seconds * 1000;
      message.receiptHandle = randomUUID();
      this.#usedHandles.set(message.receiptHandle, message.messageId);
      received.push(message);
    }
    return received;
  }

  /** Deletes by the newest handle; an older handle of the same message deletes nothing and says nothing. */
  remove(receiptHandle: string): void {
    const message = this.#handled(receiptHandle);
    if (message?.receiptHandle === receiptHandle) this.#remove(message.messageId);
  }

  /** Hides a message in flight for longer; not for more than twelve hours from its receipt. */
  changeVisibility(receiptHandle: string, seconds: number, nowMs: number): void {
    const message = this.#handled(receiptHandle);
    if (message === undefined || message.visibleAtMs <= nowMs) {
      throw new AwsError('MessageNotInflight', 'the message is not in flight', 400, {
        headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.MessageNotInflight;Sender' },
      });
    }
    if (nowMs + seconds * 1000 - message.receivedAtMs > hiddenMsMax) {
      const why = 'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]';
      throw new AwsError('InvalidParameterValue', why);
    }
    message.visibleAtMs = nowMs + seconds * 1000;
  }

  /** Makes every message visible again, those in flight too: each is delivered once more. */
  redeliver(nowMs: number): void {
    for (const message of this.#messages) message.visibleAtMs = nowMs;
  }

  #handled(receiptHandle: string): QueueMessage | undefined {
    const messageId = this.#usedHandles.get(receiptHandle);
    if (messageId === undefined) {
      throw new AwsError('ReceiptHandleIsInvalid', 'the input receipt handle is invalid', 404, {
        headers: { 'x-amzn-query-error': 'ReceiptHandleIsInvalid;Sender' },
      });
    }
    return this.#messages.find((one) => one.messageId === messageId);
  }

  #remove(messageId: string): void {
    this.#messages = this.#messages.filter((one) => one.messageId !== messageId);
  }
}
