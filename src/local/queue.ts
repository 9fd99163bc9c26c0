import * as v from 'valibot';
import type { Clock, Random } from '../core/ports.ts';
import type { RecordFile, RecordFormat } from './file-store/record-file.ts';
import { count, instantMs, shaped, text } from './file-store/stored-shape.ts';

/** A message as a receiver gets it. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
  /** Needed to delete or delay it; a later receipt of the same message makes this one worthless. */
  readonly receipt: string;
  /** 1 at the first receipt. */
  readonly receiveCount: number;
  readonly sentAtMs: number;
}

/** A message that was received too often. */
export interface DeadLetter {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
}

/** A queue with the semantics of SQS: at least once, in no promised order. Calls reject with `StoreRefused`. */
export interface LocalQueue {
  /** Resolves with the message's id once it is on the disk. */
  send(body: string, options?: { readonly delayMs?: number }): Promise<string>;
  /** Up to `max` messages of those that `takes` likes, each hidden from other receivers for the visibility timeout. */
  receive(max?: number, takes?: (body: string) => boolean): Promise<ReceivedMessage[]>;
  /** Ends a message; with an outdated receipt nothing happens. */
  remove(receipt: string): Promise<void>;
  /** Shows a message again in `ms`; 0 is at once. With an outdated receipt nothing happens. */
  changeVisibility(receipt: string, ms: number): Promise<void>;
  deadLetters(): Promise<DeadLetter[]>;
  /** Puts all dead letters back; resolves with their number. */
  redrive(): Promise<number>;
  /** How many messages are waiting, hidden ones among them, without dead letters. */
  depth(): Promise<number>;
}

/** A queue's settings, in the words of SQS. */
export interface QueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly visibilityTimeoutMs: number;
  /** A message received so often and not removed becomes a dead letter. */
  readonly maxReceiveCount: number;
}

interface QueuedMessage extends DeadLetter {
  readonly visibleAtMs: number;
  readonly receiveCount: number;
  /** Of the last receipt; empty while there was none. */
  readonly receipt: string;
}

/** All messages of a queue. */
export interface QueueContent {
  readonly messages: readonly QueuedMessage[];
  readonly deadLetters: readonly DeadLetter[];
}

const empty: QueueContent = { messages: [], deadLetters: [] };
const letter = { messageId: text, body: v.string(), sentAtMs: instantMs };
const schema: v.GenericSchema<unknown, QueueContent> = v.object({
  messages: v.array(
    v.object({ ...letter, visibleAtMs: instantMs, receiveCount: count, receipt: v.string() }),
  ),
  deadLetters: v.array(v.object(letter)),
});

/** The JSON of a queue's file. */
export const queueFormat: RecordFormat<QueueContent> = {
  name: 'queue',
  encode: (content) => content,
  decode: (record) => shaped(record, schema),
};

/** A queue in one file, for as many processes as like. */
export function localQueue(file: RecordFile<QueueContent>, options: QueueOptions): LocalQueue {
  const { clock, random } = options;
  const newId = () => Buffer.from(random.bytes(16)).toString('hex');
  const read = async () => (await file.read()) ?? empty;
  const changeOne = (receipt: string, change: (message: QueuedMessage) => QueuedMessage[]) =>
    file.update((stored = empty) => {
      const isMeant = (message: QueuedMessage) => message.receipt === receipt && receipt !== '';
      if (!stored.messages.some(isMeant)) return { answer: undefined };
      const messages = stored.messages.flatMap((message) =>
        isMeant(message) ? change(message) : [message],
      );
      return { answer: undefined, next: { ...stored, messages } };
    });

  return {
    send(body, { delayMs = 0 } = {}) {
      const sentAtMs = clock.nowMs();
      const fresh = { receiveCount: 0, receipt: '', visibleAtMs: sentAtMs + delayMs };
      const message = { messageId: newId(), body, sentAtMs, ...fresh };
      return file.update((stored = empty) => ({
        answer: message.messageId,
        next: { ...stored, messages: [...stored.messages, message] },
      }));
    },
    receive: (max = 10, takes = () => true) =>
      file.update((stored = empty) => {
        const nowMs = clock.nowMs();
        const isDue = ({ visibleAtMs, body }: QueuedMessage) => visibleAtMs <= nowMs && takes(body);
        // Polling an empty queue must not lock and write the file each time.
        const isAny = stored.messages.some(isDue);
        return isAny ? received(stored, { ...options, max, isDue, newId }) : { answer: [] };
      }),
    remove: (receipt) => changeOne(receipt, () => []),
    changeVisibility: (receipt, ms) =>
      changeOne(receipt, (message) => [{ ...message, visibleAtMs: clock.nowMs() + ms }]),
    deadLetters: async () => [...(await read()).deadLetters],
    redrive: () =>
      file.update((stored = empty) => {
        const fresh = { receiveCount: 0, receipt: '', visibleAtMs: clock.nowMs() };
        const revived = stored.deadLetters.map((dead) => ({ ...dead, ...fresh }));
        const messages = [...stored.messages, ...revived];
        return { answer: revived.length, next: { messages, deadLetters: [] } };
      }),
    depth: async () => (await read()).messages.length,
  };
}

interface Receipt extends QueueOptions {
  readonly max: number;
  readonly isDue: (message: QueuedMessage) => boolean;
  readonly newId: () => string;
}

/** Takes up to `max` messages that are due; those received too often already go to the dead letters instead. */
function received(
  stored: QueueContent,
  options: Receipt,
): { answer: ReceivedMessage[]; next: QueueContent } {
  const nowMs = options.clock.nowMs();
  const answer: ReceivedMessage[] = [];
  const messages: QueuedMessage[] = [];
  const deadLetters = [...stored.deadLetters];
  for (const message of stored.messages) {
    const { messageId, body, sentAtMs } = message;
    if (answer.length >= options.max || !options.isDue(message)) {
      messages.push(message);
    } else if (message.receiveCount >= options.maxReceiveCount) {
      deadLetters.push({ messageId, body, sentAtMs });
    } else {
      const receiveCount = message.receiveCount + 1;
      const receipt = options.newId();
      const visibleAtMs = nowMs + options.visibilityTimeoutMs;
      messages.push({ ...message, receiveCount, receipt, visibleAtMs });
      answer.push({ messageId, body, receipt, receiveCount, sentAtMs });
    }
  }
  return { answer, next: { messages, deadLetters } };
}
