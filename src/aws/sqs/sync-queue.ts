import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { jsonObject } from '../../core/text/json.ts';
import { call } from '../failures.ts';

const delaySecondsMax = 900;

/** A sync that goes on at some moment. */
export interface Continuation {
  readonly connection: string;
  /** Of the sync. */
  readonly id: string;
  readonly resumeAtMs: number;
}

/** Where a sync leaves word of when it goes on; a message may arrive twice. */
export interface SyncQueue {
  /** Sends a message that arrives at `resumeAtMs`, or in 15 minutes if that is later. Rejects with `StoreRefused`. */
  send(continuation: Continuation, nowMs: number): Promise<void>;
}

/** A queue of SQS. */
export function syncQueue(client: SQSClient, queueUrl: string): SyncQueue {
  return {
    send: async ({ connection, id, resumeAtMs }, nowMs) => {
      const seconds = Math.max(0, Math.ceil((resumeAtMs - nowMs) / 1000));
      await call('send to the queue of the sync', () =>
        client.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: JSON.stringify({ v: 1, connection, id, resumeAtMs }),
            DelaySeconds: Math.min(seconds, delaySecondsMax),
          }),
        ),
      );
    },
  };
}

/** Reads a message back; `undefined` for anything else. */
export function parseContinuation(body: string): Continuation | undefined {
  const { v, connection, id, resumeAtMs } = jsonObject(body) ?? {};
  if (v !== 1 || typeof connection !== 'string' || typeof id !== 'string') return undefined;
  return Number.isSafeInteger(resumeAtMs)
    ? { connection, id, resumeAtMs: resumeAtMs as number }
    : undefined;
}
