import { type EventType, expandEventType } from '../../fatture-in-cloud/webhooks/event-types.ts';
import type { Clock } from '../clock.ts';

/** How the challenge of a verification travels. */
export type VerificationMethod = 'header' | 'query';

/** One subscription of one company. */
export interface Subscription {
  readonly id: string;
  readonly companyId: number;
  sink: string;
  types: readonly string[];
  mapping: 'binary' | 'structured';
  verified: boolean;
  verificationAttempts: number;
  lastVerificationAtMs: number;
  /** Set by the first error that is not retried; deletion comes with the first error after it. */
  expiresAtMs?: number | undefined;
}

/** Concrete types, and a warning for each that is left out. */
export interface ExpandedTypes {
  readonly types: readonly EventType[];
  readonly warnings: readonly string[];
}

const dayMs = 86_400_000;

/** All subscriptions, with the provider's rules of who may listen to what and for how long. */
export class Subscriptions {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Subscription>();
  #lastNumber = 229;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  list(companyId: number): readonly Subscription[] {
    return [...this.#byId.values()].filter((entry) => entry.companyId === companyId);
  }

  get(companyId: number, id: string): Subscription | undefined {
    const found = this.#byId.get(id);
    return found?.companyId === companyId ? found : undefined;
  }

  /** Whether a subscription is still there: deliveries outlive it. */
  has(subscription: Subscription): boolean {
    return this.#byId.get(subscription.id) === subscription;
  }

  add(wanted: Pick<Subscription, 'companyId' | 'sink' | 'types' | 'mapping'>): Subscription {
    this.#lastNumber += 1;
    const subscription: Subscription = {
      ...wanted,
      id: `SUB${this.#lastNumber}`,
      verified: false,
      verificationAttempts: 0,
      lastVerificationAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  remove(subscription: Subscription): void {
    this.#byId.delete(subscription.id);
  }

  /** Groups become their members; unknown types, and those that another subscription has, are left out. */
  expand(companyId: number, asked: readonly string[], except?: Subscription): ExpandedTypes {
    const others = this.list(companyId).filter((entry) => entry !== except);
    const taken = new Set(others.flatMap((entry) => entry.types));
    const types = new Map<string, EventType>();
    const warnings: string[] = [];
    for (const name of asked) {
      const members = expandEventType(name);
      if (members === undefined) warnings.push(`The '${name}' event is not valid`);
      for (const member of members ?? []) {
        if (!taken.has(member.type)) types.set(member.type, member);
        else warnings.push(`The '${member.type}' event is already registered for this application`);
      }
    }
    return { types: [...types.values()], warnings };
  }

  /** Who hears of an event: verified subscriptions to its type. */
  listeners(companyId: number, type: string): readonly Subscription[] {
    return this.list(companyId).filter((entry) => entry.verified && entry.types.includes(type));
  }

  /** A delivery that worked stops the ten-day clock, even after its end. */
  recordSuccess(subscription: Subscription): void {
    subscription.expiresAtMs = undefined;
  }

  /** A delivery given up starts the ten-day clock; the first after its end deletes the subscription. */
  recordFailure(subscription: Subscription): 'kept' | 'deleted' {
    const nowMs = this.#clock.nowMs();
    subscription.expiresAtMs ??= nowMs + 10 * dayMs;
    if (nowMs < subscription.expiresAtMs) return 'kept';
    this.remove(subscription);
    return 'deleted';
  }

  clear(): void {
    this.#byId.clear();
  }
}
