import type { Environment } from '../config.ts';
import type { AccessToken } from '../core/access-token.ts';
import { readPublished } from '../core/install.ts';
import type { Consent, LoggedIn } from '../core/login.ts';
import { login } from '../core/login.ts';
import {
  decodeNotification,
  encodeNotification,
  type QueuedNotification,
} from '../core/notification.ts';
import type { Outcome } from '../core/outcome.ts';
import type { RotationRequest } from '../core/pass.ts';
import type { Client, Clock, EventBus, Verdict } from '../core/ports.ts';
import { type ProcessPorts, processNotifications } from '../core/process-notification.ts';
import type { Processed } from '../core/processed.ts';
import { type Received, receiveNotification } from '../core/receive-notification.ts';
import { eventOf, type FrescoEvent, type Report } from '../core/report.ts';
import { rotate } from '../core/rotate.ts';
import { answerOf, createTokenSource, type TokenSource } from '../core/token-source.ts';
import { type ApiClient, apiClient } from '../fatture-in-cloud/api-client.ts';
import { entityReader } from '../fatture-in-cloud/entity-reader.ts';
import { parseWebhook, type WebhookRequest } from '../fatture-in-cloud/webhook-request.ts';
import { webhookVerifier } from '../fatture-in-cloud/webhook-signature.ts';
import { localEventBus } from '../local/event-bus.ts';
import { type ConnectionFiles, openFileStore } from '../local/file-store.ts';
import { type LocalQueue, localQueue, queueFormat, type ReceivedMessage } from '../local/queue.ts';
import { quotaPauses } from '../local/quota-pauses.ts';
import { type Schedule, schedule } from '../local/scheduler.ts';
import { seenEvents } from '../local/seen-events.ts';
import { systemClock, systemRandom } from '../local/system.ts';
import { type TravellingClock, travellingClock } from '../local/travelling-clock.ts';
import { storeApplication } from './application-secret.ts';
import { startAuthorization } from './authorization.ts';
import { exchangeCode } from './consent.ts';
import { filePorts } from './file-connection.ts';
import { openProvider, type Provider } from './provider.ts';

/** What the system on one machine is made of, and who hears of it. */
export interface LocalSystemOptions {
  /** Folder of the file store; made if it is not there. */
  readonly path: string;
  readonly connection: string;
  readonly providerUrl: string;
  readonly env: Environment;
  readonly webhook: {
    /** The address that the provider is told to send to. */
    readonly sink: string;
    /** PEM; absent: the provider's published key. */
    readonly publicKeys?: readonly string[];
    readonly applicationId?: string;
  };
  readonly onReport: (report: Report) => void;
  readonly onEvent: (event: FrescoEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** The functions of the stack as one process runs them, over a file store. */
export interface LocalSystem {
  readonly clock: TravellingClock;
  readonly provider: Provider;
  readonly stored: ConnectionFiles;
  readonly place: string;
  readonly tokens: TokenSource;
  readonly queue: LocalQueue;
  /** Logs in; `consent` takes the person to the address and answers with the redirect. */
  login(client: Client, consent: (authorizeUrl: string) => Promise<string>): Promise<LoggedIn>;
  /** What consumers read now. */
  published(): Promise<AccessToken | undefined>;
  /** What the provider says of the token that consumers get now; `unknown` if they get none. */
  tryToken(): Promise<Verdict>;
  /** The rotator. */
  rotate(request: RotationRequest): Promise<Outcome>;
  /** The webhook receiver. */
  receive(request: WebhookRequest): Promise<Received>;
  /** The webhook handler: one batch from the queue; resolves with how each message ended. */
  handle(): Promise<readonly Processed[]>;
  /** Registers the webhook receiver with the provider; resolves with the subscription's id, or why not. */
  subscribe(companyId: number, types: readonly string[]): Promise<string>;
  /** Runs the schedule's check now and then every hour, on this system's clock. */
  schedule(): Schedule;
}

const batchMax = 10;
const visibilityMs = 60_000;
const handleMs = 30_000;
const receiveCountMax = 5;
const checkEveryMs = 3_600_000;
const scopes = ['entity.clients:r'];

/** Puts the system together; nothing runs before it is called. Rejects with `StoreRefused`. */
export async function openLocalSystem(options: LocalSystemOptions): Promise<LocalSystem> {
  const clock = travellingClock(systemClock);
  const provider = await openProvider(
    { providerUrl: options.providerUrl, providerFile: undefined },
    { clock, env: options.env },
  );
  const store = await openFileStore(options.path, { clock, create: true });
  const stored = store.connection(options.connection);
  const bus = localEventBus(options.onError);
  bus.subscribe(options.onEvent);
  const reporter = { report: (report: Report) => tell(options, bus, report) };
  const ports = () => ({
    ...filePorts(store, { name: options.connection, provider, reporter }),
    clock,
  });
  const pass = (request: RotationRequest) => rotate(ports(), request);
  const tokens = createTokenSource({
    clock,
    accessToken: stored.accessToken,
    rotator: { ask: async (wish) => answerOf(await pass({ door: 'consumer', ...wish })) },
  });
  const queue = localQueue(store.record('webhooks', queueFormat), {
    clock,
    random: systemRandom,
    visibilityTimeoutMs: visibilityMs,
    maxReceiveCount: receiveCountMax,
  });
  const { baseUrl } = provider.profile;
  const api = apiClient({ baseUrl, tokens, fetch, requestMs: 10_000 });
  const processing = {
    clock,
    tokens,
    reader: entityReader(api),
    seen: seenEvents(store),
    pauses: quotaPauses(store),
    bus,
  };
  return {
    clock,
    provider,
    stored,
    place: `file store ${store.path}`,
    tokens,
    queue,
    login: async (client, consent) => {
      await storeApplication(stored.client, client, systemRandom);
      return login(ports(), await askForConsent({ provider, clock }, client, consent));
    },
    published: async () => (await readPublished(stored.accessToken))?.token,
    tryToken: async () => {
      const obtained = await tokens.obtain();
      if (obtained.kind !== 'token') return 'unknown';
      return provider.canary.check(obtained.token.accessToken);
    },
    rotate: pass,
    receive: receiver(options, { clock, queue }),
    handle: () => handleBatch(queue, processing),
    subscribe: (companyId, types) =>
      subscribe(api, companyId, { sink: options.webhook.sink, types }),
    schedule: () =>
      schedule(async () => void (await pass({ door: 'schedule' })), {
        clock,
        everyMs: checkEveryMs,
        onError: options.onError,
      }),
  };
}

async function tell(options: LocalSystemOptions, bus: EventBus, report: Report): Promise<void> {
  options.onReport(report);
  const event = eventOf(report);
  if (event !== undefined) await bus.publish([event]);
}

function receiver(
  { webhook, connection }: LocalSystemOptions,
  parts: { readonly clock: Clock; readonly queue: LocalQueue },
): LocalSystem['receive'] {
  const verifier = webhookVerifier({ clock: parts.clock, ...webhook });
  const queue = {
    send: async (messages: readonly QueuedNotification[]) => {
      for (const message of messages) await parts.queue.send(encodeNotification(message));
    },
  };
  return (request) =>
    receiveNotification(
      { verifier, queue },
      { connection, url: webhook.sink },
      parseWebhook(request),
    );
}

async function askForConsent(
  { provider, clock }: { readonly provider: Provider; readonly clock: Clock },
  client: Client,
  consent: (authorizeUrl: string) => Promise<string>,
): Promise<Consent> {
  const redirectUri = client.redirectUri ?? '';
  const started = startAuthorization(provider, { client, redirectUri, scopes }, systemRandom);
  if (started === undefined) throw new Error('the provider has no page for consent');
  const end = started.read(await consent(started.url));
  if (end.kind !== 'code') throw new Error(end.why);
  const exchanged = await exchangeCode(provider, { code: end.code, client }, clock);
  if (exchanged.kind !== 'consent')
    throw new Error(`the login brought no grant: ${exchanged.kind}`);
  return exchanged.consent;
}

async function subscribe(
  api: ApiClient,
  companyId: number,
  wish: { readonly sink: string; readonly types: readonly string[] },
): Promise<string> {
  const path = `/c/${companyId}/subscriptions`;
  const answer = await api.send({ method: 'POST', path, body: { data: wish } });
  if (answer.kind !== 'ok') throw new Error(`the provider made no subscription: ${answer.kind}`);
  return String((answer.body?.['data'] as { id?: unknown } | undefined)?.id);
}

async function handleBatch(queue: LocalQueue, ports: ProcessPorts): Promise<readonly Processed[]> {
  const received = await queue.receive(batchMax);
  const messages = received.flatMap((message) => {
    const notification = decodeNotification(message.body);
    return notification ? [{ message, notification }] : [];
  });
  if (messages.length === 0) return [];
  const settings = {
    entity: 'full',
    claimMs: visibilityMs,
    readsMax: 4,
    deadlineAtMs: ports.clock.nowMs() + handleMs,
  } as const;
  const deliveries = messages.map(({ notification, message }) => ({
    notification,
    failures: message.receiveCount - 1,
  }));
  const processed = await processNotifications(ports, settings, deliveries);
  await Promise.all(processed.map((end, index) => finish(queue, messages[index]?.message, end)));
  return processed;
}

async function finish(
  queue: LocalQueue,
  message: ReceivedMessage | undefined,
  end: Processed,
): Promise<void> {
  if (message === undefined) return;
  if (end.kind !== 'retry') return queue.remove(message.receipt);
  // A fresh message starts its count anew: only a failure of its own may bring it nearer to the dead letters.
  if (end.reason === 'failed') return queue.changeVisibility(message.receipt, end.delayMs);
  await queue.send(message.body, { delayMs: end.delayMs });
  await queue.remove(message.receipt);
}
