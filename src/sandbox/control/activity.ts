import { type Clock, utcTime } from '../clock.ts';
import type { DeliveryReport } from '../webhooks/deliveries.ts';

/** A request of the provider's own paths, without query, body or anything secret. */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  readonly at: string;
  /** The kind of the fault that spoiled it. */
  readonly fault?: string;
}

/** What `GET /_sandbox/state` counts since the last reset. */
export interface Counters {
  /** Requests to `/oauth/token`, spoiled ones too. */
  tokenRequests: number;
  /** Requests below `/c/` and `/user/`, spoiled ones too. */
  apiRequests: number;
  /** Notifications that a sink took, copies too; welcomes and verifications are not counted. */
  webhooksDelivered: number;
  webhooksAttempted: number;
  webhooksDropped: number;
  /** Replaced refresh tokens that were presented again and refused. */
  refreshTokensReused: number;
}

/** What observers hear. */
export type SandboxEvent =
  | ({ readonly kind: 'request' } & RequestRecord)
  | ({ readonly kind: 'delivery'; readonly at: string } & DeliveryReport)
  /** Something of `GET /_sandbox/state` other than counters has changed. */
  | { readonly kind: 'state'; readonly at: string };

/** Hears everything that happens; must not throw. */
export type Observer = (event: SandboxEvent) => void;

const requestsMax = 1_000;
const pathLengthMax = 200;

/** Remembers what was asked of the sandbox, and tells observers. */
export class Activity {
  readonly #clock: Clock;
  readonly #observers = new Set<Observer>();
  #requests: RequestRecord[] = [];
  #counters = zero();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get counters(): Readonly<Counters> {
    return { ...this.#counters };
  }

  /** The last 1,000 requests, oldest first. */
  get requests(): readonly RequestRecord[] {
    return this.#requests.slice(-requestsMax);
  }

  /** Calls `observer` with everything from now on, until the function answered with is called. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Counts a request when it arrives, so that one that never ends is counted too. */
  countArrival(path: string): void {
    if (path === '/oauth/token') this.#counters.tokenRequests += 1;
    if (/^\/(?:c|user)\//.test(path)) this.#counters.apiRequests += 1;
  }

  recordRequest(request: Omit<RequestRecord, 'at'>): void {
    const record = { ...request, path: harmless(request.path), at: this.#now() };
    this.#requests.push(record);
    if (this.#requests.length >= 2 * requestsMax)
      this.#requests = this.#requests.slice(-requestsMax);
    this.#tell({ kind: 'request', ...record });
  }

  recordDelivery(report: DeliveryReport): void {
    const isNotification = report.type !== 'verification' && !report.type.endsWith('.welcome');
    if (isNotification) {
      this.#counters.webhooksAttempted += 1;
      if (report.outcome === 'delivered') this.#counters.webhooksDelivered += 1;
      else if (report.outcome !== 'to-be-retried') this.#counters.webhooksDropped += 1;
    }
    this.#tell({ kind: 'delivery', at: this.#now(), ...report });
  }

  recordReuse(): void {
    this.#counters.refreshTokensReused += 1;
  }

  recordStateChange(): void {
    this.#tell({ kind: 'state', at: this.#now() });
  }

  clear(): void {
    this.#requests = [];
    this.#counters = zero();
  }

  #now(): string {
    return utcTime(this.#clock.nowMs());
  }

  #tell(event: SandboxEvent): void {
    for (const observer of this.#observers) observer(event);
  }
}

/** Paths come from callers, who may put a token into one. */
function harmless(path: string): string {
  return path.slice(0, pathLengthMax).replaceAll(/[acdr](?:\/|%2F)[\w-]{16,}/gi, '[secret]');
}

function zero(): Counters {
  return {
    tokenRequests: 0,
    apiRequests: 0,
    webhooksDelivered: 0,
    webhooksAttempted: 0,
    webhooksDropped: 0,
    refreshTokensReused: 0,
  };
}
