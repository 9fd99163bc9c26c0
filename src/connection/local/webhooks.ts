import type { TokenSource } from '../../core/consumers/token-source.ts';
import type { EventBus } from '../../core/events/event.ts';
import type { Clock } from '../../core/ports.ts';
import { admissionOf, type SenderStore } from '../../core/webhooks/admission.ts';
import {
  decodeNotification,
  encodeNotification,
  type QueuedNotification,
} from '../../core/webhooks/notification.ts';
import type { Processed } from '../../core/webhooks/outcome.ts';
import { type ProcessPorts, processNotifications } from '../../core/webhooks/process.ts';
import { type Received, receiveNotification } from '../../core/webhooks/receive.ts';
import type { ApiClient } from '../../fatture-in-cloud/api/client.ts';
import { entityReader } from '../../fatture-in-cloud/api/entity-reader.ts';
import { publishedLog } from '../../fatture-in-cloud/api/sync-pass.ts';
import { parseWebhook, type WebhookRequest } from '../../fatture-in-cloud/webhooks/request.ts';
import { webhookVerifier } from '../../fatture-in-cloud/webhooks/signature.ts';
import { admittedSenders } from '../../local/admitted-senders.ts';
import { systemRandom } from '../../local/clock.ts';
import { expectedSubscriptions } from '../../local/expected-subscriptions.ts';
import type { FileStore } from '../../local/file-store/file-store.ts';
import {
  type LocalQueue,
  localQueue,
  queueFormat,
  type ReceivedMessage,
} from '../../local/queue.ts';
import { quotaPauses } from '../../local/quota-pauses.ts';
import { seenEvents } from '../../local/seen-events.ts';
import { publishedStatesFiles } from '../../local/sync-store.ts';

/** Where the provider sends, and how its signatures are checked. */
export interface LocalSink {
  /** The address that the provider sends to. */
  readonly url: string;
  /** PEM; absent: the keys that the provider publishes. */
  readonly publicKeys?: readonly string[];
  /** The `aid` that a notification must carry; absent: the one that a handshake has told. */
  readonly applicationId?: string;
}

/** Receiver and handler of the stack, joined by a queue in the file store. */
export interface LocalWebhooks {
  /** The webhook receiver; never rejects for what the request says. */
  receive(request: WebhookRequest): Promise<Received>;
  /** The webhook handler: one batch from the queue; resolves with how each message ended. */
  handle(): Promise<readonly Processed[]>;
  /** How many messages are in the queue, those put off among them; rejects with `StoreRefused`. */
  waiting(): Promise<number>;
}

/** What webhooks are received and handled with. */
export interface LocalWebhookParts {
  readonly store: FileStore;
  readonly connection: string;
  readonly clock: Clock;
  readonly tokens: TokenSource;
  readonly api: ApiClient;
  readonly bus: EventBus;
}

// Whatever a batch holds, the queue's file is written twice for it: a large one lets a long queue get shorter.
const batchMax = 100;
const visibilityMs = 60_000;
const handleMs = 30_000;
const readsMax = 4;
// As in the stack: hours of a provider that fails.
const receiveCountMax = 20;

/** The queue between them, with its dead letters. */
export function webhookQueue(store: FileStore, clock: Clock): LocalQueue {
  return localQueue(store.record('webhooks', queueFormat), {
    clock,
    random: systemRandom,
    visibilityTimeoutMs: visibilityMs,
    maxReceiveCount: receiveCountMax,
  });
}

/** Puts receiver, queue and handler together; nothing runs before it is called. */
export function localWebhooks(sink: LocalSink, parts: LocalWebhookParts): LocalWebhooks {
  const { store, clock, tokens, api, bus } = parts;
  const queue = webhookQueue(store, clock);
  const senders = admittedSenders(store, parts.connection);
  const ports: ProcessPorts = {
    clock,
    tokens,
    reader: entityReader(api),
    seen: seenEvents(store),
    senders,
    subscriptions: expectedSubscriptions(store, parts.connection),
    pauses: quotaPauses(store),
    published: publishedLog(
      publishedStatesFiles(store, { connection: parts.connection, nowMs: clock.nowMs }),
    ),
    bus,
  };
  return {
    receive: receiver(sink, { ...parts, queue, senders }),
    handle: () => handleBatch(queue, ports, parts.connection),
    waiting: () => queue.depth(),
  };
}

function receiver(
  { url, publicKeys, applicationId }: LocalSink,
  parts: Pick<LocalWebhookParts, 'clock' | 'connection'> & {
    readonly queue: LocalQueue;
    readonly senders: SenderStore;
  },
): LocalWebhooks['receive'] {
  const { clock, connection, senders } = parts;
  const verifier = webhookVerifier({ clock, ...(publicKeys && { publicKeys }) });
  const known = applicationId === undefined ? {} : { application: applicationId };
  const admission = admissionOf({ senders, clock, ...known });
  const queue = {
    send: async (messages: readonly QueuedNotification[]) => {
      for (const message of messages) await parts.queue.send(encodeNotification(message));
    },
  };
  return (request) =>
    receiveNotification({ verifier, admission, queue }, { connection, url }, parseWebhook(request));
}

interface Readable {
  readonly message: ReceivedMessage;
  readonly notification: QueuedNotification;
}

async function handleBatch(
  queue: LocalQueue,
  ports: ProcessPorts,
  connection: string,
): Promise<readonly Processed[]> {
  // The queue is that of the store: what another process handles for another connection is not ours.
  const received = await queue.receive(
    batchMax,
    (body) => (decodeNotification(body)?.connection ?? connection) === connection,
  );
  const readable = received.flatMap((message) => {
    const notification = decodeNotification(message.body);
    // What is no notification is left to become a dead letter.
    return notification ? [{ message, notification }] : [];
  });
  if (readable.length === 0) return [];
  const settings = {
    entity: 'full',
    claimMs: visibilityMs,
    readsMax,
    deadlineAtMs: ports.clock.nowMs() + handleMs,
  } as const;
  const deliveries = readable.map(({ notification, message }) => ({
    notification,
    failures: message.receiveCount - 1,
  }));
  const processed = await processNotifications(ports, settings, deliveries);
  const { clock } = ports;
  await Promise.all(processed.map((end, at) => conclude({ queue, clock }, readable[at], end)));
  return processed;
}

async function conclude(
  { queue, clock }: { readonly queue: LocalQueue; readonly clock: Pick<Clock, 'nowMs'> },
  handled: Readable | undefined,
  end: Processed,
): Promise<void> {
  if (handled === undefined) return;
  const { message, notification } = handled;
  if (end.kind !== 'retry') return queue.remove(message.receipt);
  if (end.reason === 'failed') return queue.changeVisibility(message.receipt, end.delayMs);
  // A fresh message starts its count at zero: only a failure of its own may bring it nearer to the dead letters.
  const waitsSinceMs = notification.waitsSinceMs ?? clock.nowMs();
  const body = encodeNotification({ ...notification, waitsSinceMs });
  await queue.send(body, { delayMs: end.delayMs });
  await queue.remove(message.receipt);
}
