import type { Config, Environment } from '../../config/config.ts';
import { ownRotator } from '../../core/consumers/rotator.ts';
import { createTokenSource, type TokenSource } from '../../core/consumers/token-source.ts';
import type { EventBus, FrescoEvent } from '../../core/events/event.ts';
import { login } from '../../core/operations/login.ts';
import type { Outcome } from '../../core/outcome/outcome.ts';
import type { Reporter } from '../../core/outcome/report.ts';
import { eventLine, eventOf, type Report } from '../../core/outcome/report.ts';
import type { Client, Verdict } from '../../core/ports.ts';
import type { Position } from '../../core/position.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import type { RotationRequest } from '../../core/rotation/pass.ts';
import { readPublished } from '../../core/rotation/promote.ts';
import { rotate } from '../../core/rotation/rotate.ts';
import { type ApiClient, apiClient } from '../../fatture-in-cloud/api/client.ts';
import { systemClock, systemRandom } from '../../local/clock.ts';
import { type LocalEventBus, localEventBus } from '../../local/event-bus.ts';
import { type ConnectionFiles, openFileStore } from '../../local/file-store/file-store.ts';
import { localOwner } from '../../local/file-store/owner.ts';
import type { Outbox } from '../../local/outbox.ts';
import { type Schedule, schedule } from '../../local/scheduler.ts';
import { type TravellingClock, travellingClock } from '../../local/travelling-clock.ts';
import { boundFiles, filePorts } from '../file.ts';
import { givenTo, storeApplication } from '../login/application.ts';
import { openProvider, type Provider } from '../provider.ts';
import { askForConsent, type ConsentTaker } from './login.ts';
import { type ConsentPages, type ConsentPagesParts, consentPages } from './pages.ts';
import { type LocalSink, type LocalWebhooks, localWebhooks } from './webhooks.ts';

export type { Outbox } from '../../local/outbox.ts';

/** What the system on one machine is made of, and who hears of it. */
export interface LocalSystemOptions {
  /** Folder of the file store. */
  readonly path: string;
  /** Makes the store where there is none. */
  readonly create: boolean;
  readonly connection: string;
  readonly provider: Pick<Config<'cli'>, 'providerFile' | 'providerUrl'>;
  readonly env: Environment;
  /** Absent: nothing is received. */
  readonly sink?: LocalSink;
  /** Each event lies in the store until somebody has taken it. */
  readonly keepsEvents?: boolean;
  readonly onReport: (report: Report) => void;
  readonly onEvent: (event: FrescoEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** How a login ended: the application is stored either way. */
export type LocalLogin =
  | { readonly kind: 'connected'; readonly position: Position }
  | { readonly kind: 'failed'; readonly why: string };

/** How the sink was registered with the provider. */
export type Subscribed =
  | { readonly kind: 'subscribed'; readonly id: string }
  | { readonly kind: 'refused'; readonly why: string };

/** The functions of the stack as one process runs them, over a file store. */
export interface LocalSystem {
  readonly clock: TravellingClock;
  readonly provider: Provider;
  readonly stored: ConnectionFiles;
  /** Where it is stored, in words for people. */
  readonly place: string;
  readonly tokens: TokenSource;
  /** Whether the holder of a lease is known to be dead. */
  isDead(owner: string): boolean;
  /** Events that nobody has taken yet; absent where none are kept. */
  readonly outbox: Outbox | undefined;
  /** Receiver and handler; absent where there is no sink. */
  readonly webhooks: LocalWebhooks | undefined;
  login(client: Client, take: ConsentTaker): Promise<LocalLogin>;
  /** The pages on which a person consents by a link. */
  pages(at: Pick<ConsentPagesParts, 'connectUrl' | 'onEnd' | 'onNote'>): ConsentPages;
  /** What consumers read now. */
  published(): Promise<AccessToken | undefined>;
  /** What the provider says of the token that consumers get now; `unknown` if they get none. */
  tryToken(): Promise<Verdict>;
  /** The rotator. */
  rotate(request: RotationRequest): Promise<Outcome>;
  /** Registers the sink with the provider. */
  subscribe(companyId: number, types: readonly string[]): Promise<Subscribed>;
  /** Runs the schedule's check now and then every hour, on this system's clock. */
  schedule(): Schedule;
}

const checkEveryMs = 3_600_000;
const apiRequestMs = 10_000;

/** Puts the system together; nothing runs before it is called. Rejects with `StoreRefused` or `ConfigInvalid`. */
export async function openLocalSystem(options: LocalSystemOptions): Promise<LocalSystem> {
  const { connection, sink, onError } = options;
  const clock = travellingClock(systemClock);
  const provider = await openProvider(options.provider, { clock, env: options.env });
  const store = await openFileStore(options.path, { clock, create: options.create });
  const stored = boundFiles(store, connection);
  const outbox = options.keepsEvents === true ? store.outbox(connection) : undefined;
  const bus = keptFirst(localEventBus(onError), outbox);
  bus.subscribe(options.onEvent);
  const reporter = reporterTo(bus, options.onReport);
  const ports = () => ({ ...filePorts(store, { name: connection, provider, reporter }), clock });
  const pass = (request: RotationRequest) => rotate(ports(), request);
  const tokens = createTokenSource({
    clock,
    accessToken: stored.accessToken,
    rotator: ownRotator(pass),
  });
  const { profile, fetch } = provider;
  const api = apiClient({ baseUrl: profile.baseUrl, tokens, fetch, requestMs: apiRequestMs });
  return {
    clock,
    provider,
    stored,
    place: `file store ${store.path}`,
    tokens,
    isDead: localOwner().isDead,
    outbox,
    webhooks: sink && localWebhooks(sink, { store, connection, clock, tokens, api, bus }),
    login: async (application, take) => {
      const client = givenTo(provider, application);
      await storeApplication(stored.client, client, systemRandom);
      const asked = await askForConsent({ provider, clock }, client, take);
      if (asked.kind === 'none') return { kind: 'failed', why: asked.why };
      const { position } = await login(ports(), asked.consent);
      return { kind: 'connected', position };
    },
    pages: (at) => consentPages({ ...at, store, connection, provider, ports }),
    published: async () => (await readPublished(stored.accessToken))?.token,
    tryToken: () => tryToken(provider, tokens),
    rotate: pass,
    subscribe: (companyId, types) => subscribe(api, companyId, { sink: sink?.url, types }),
    schedule: () => {
      const check = async () => void (await pass({ trigger: 'schedule' }));
      return schedule(check, { clock, everyMs: checkEveryMs, onError });
    },
  };
}

/** The bus, whose events lie in the outbox before they are out: a process that dies loses none. */
function keptFirst(bus: LocalEventBus, outbox: Outbox | undefined): LocalEventBus {
  if (outbox === undefined) return bus;
  return {
    ...bus,
    publish: async (events) => {
      for (const event of events) await outbox.put(eventLine(event));
      await bus.publish(events);
    },
  };
}

function reporterTo(bus: EventBus, onReport: (report: Report) => void): Reporter {
  return {
    report: async (report) => {
      onReport(report);
      const event = eventOf(report);
      if (event !== undefined) await bus.publish([event]);
    },
  };
}

async function tryToken({ canary }: Provider, tokens: TokenSource): Promise<Verdict> {
  const obtained = await tokens.obtain();
  return obtained.kind === 'token' ? canary.check(obtained.token.accessToken) : 'unknown';
}

async function subscribe(
  api: ApiClient,
  companyId: number,
  wish: { readonly sink: string | undefined; readonly types: readonly string[] },
): Promise<Subscribed> {
  if (wish.sink === undefined) return { kind: 'refused', why: 'there is no sink to send to' };
  const path = `/c/${companyId}/subscriptions`;
  const answer = await api.send({ method: 'POST', path, body: { data: wish } });
  if (answer.kind !== 'ok') {
    return { kind: 'refused', why: `the provider made no subscription: ${answer.kind}` };
  }
  const { id } = (answer.body?.['data'] ?? {}) as { readonly id?: unknown };
  return typeof id === 'string'
    ? { kind: 'subscribed', id }
    : { kind: 'refused', why: 'the provider made a subscription without an id' };
}
