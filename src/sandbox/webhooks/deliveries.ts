import { welcomeEventType } from '../../fatture-in-cloud/webhooks/event-types.ts';
import { romeOffsetTime } from '../api/rome-time.ts';
import type { Clock } from '../clock.ts';
import type { Mint } from '../oauth/mint.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SendToSink, SinkAnswer } from './sender.ts';
import type { WebhookSigner } from './signer.ts';
import type { Subscription, Subscriptions, VerificationMethod } from './subscriptions.ts';

/** One attempt to reach a sink, as told to observers. */
export interface DeliveryReport {
  readonly subscription: string;
  /** The event type, or `verification`. */
  readonly type: string;
  readonly attempt: number;
  /** 0 where no answer came. */
  readonly status: number;
  readonly outcome: 'delivered' | 'to-be-retried' | 'dropped' | 'subscription-deleted';
}

/** What deliveries work with. */
export interface DeliveryParts {
  readonly clock: Clock;
  readonly mint: Mint;
  readonly scheduler: Scheduler;
  readonly signer: WebhookSigner;
  readonly send: SendToSink;
  readonly subscriptions: Subscriptions;
  readonly applicationId: number;
  readonly onDelivery: (report: DeliveryReport) => void;
}

/** One event for the sinks of a company. */
export interface WebhookEvent {
  readonly companyId: number;
  readonly type: string;
  readonly ids: readonly (number | string)[];
}

interface Notification extends WebhookEvent {
  readonly id: string;
  readonly time: string;
}

// In `iss` and `ce-source`, whatever host the sandbox listens on.
const issuer = 'https://api-v2.fattureincloud.it';

const attemptsMax = 4;
const verificationsMax = 5;
/** The provider's gaps are only known to grow. */
const retryGapsMs: readonly number[] = [30_000, 300_000, 1_800_000];
const deliveredStatuses: readonly number[] = [102, 200, 201, 202, 204];
const tokenLifeSeconds = 10_800;

/** Verifications and notifications: put down in the scheduler, sent when it is kicked. */
export class Deliveries {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Sends a challenge to the sink; the right echo verifies, the fifth wrong one loses the subscription. */
  verify(subscription: Subscription, method: VerificationMethod): void {
    const { clock, scheduler } = this.#parts;
    subscription.verificationAttempts += 1;
    subscription.lastVerificationAtMs = clock.nowMs();
    scheduler.after(0, subscription.id, () => this.#challenge(subscription, method));
  }

  /** Notifies every listener; `copies` above 1 delivers the same event again, as at-least-once allows. */
  emit(event: WebhookEvent, copies = 1): number {
    const { mint, clock, subscriptions } = this.#parts;
    const listeners = subscriptions.listeners(event.companyId, event.type);
    for (const subscription of listeners) {
      const id = `${this.#parts.applicationId}:${mint.uuid()}`;
      const notification = { ...event, id, time: romeOffsetTime(clock.nowMs()) };
      for (let copy = 0; copy < copies; copy += 1) this.#schedule(subscription, notification, 1, 0);
    }
    return listeners.length;
  }

  #schedule(to: Subscription, notification: Notification, attempt: number, delayMs: number): void {
    this.#parts.scheduler.after(delayMs, to.id, () => this.#notify(to, notification, attempt));
  }

  async #challenge(subscription: Subscription, method: VerificationMethod): Promise<void> {
    if (!this.#parts.subscriptions.has(subscription)) return;
    const challenge = this.#parts.mint.hex(32);
    const { sink } = subscription;
    const url = new URL(sink);
    if (method === 'query') url.searchParams.set('x-fic-verification-challenge', challenge);
    const answer = await this.#parts.send({
      method: 'GET',
      url: url.href,
      headers: {
        ...this.#headers(subscription, this.#parts.mint.uuid()),
        ...(method === 'header' ? { 'x-fic-verification-challenge': challenge } : {}),
      },
    });
    // A sink that was changed meanwhile has a challenge of its own under way.
    if (subscription.sink !== sink) return;
    subscription.verified = isEcho(answer, challenge);
    const isLost = !subscription.verified && subscription.verificationAttempts >= verificationsMax;
    if (isLost) this.#parts.subscriptions.remove(subscription);
    const failed = isLost ? 'subscription-deleted' : 'dropped';
    const outcome = subscription.verified ? 'delivered' : failed;
    this.#report(subscription, 'verification', subscription.verificationAttempts, answer, outcome);
    if (subscription.verified) this.#welcome(subscription);
  }

  #welcome(subscription: Subscription): void {
    const { clock, mint, applicationId } = this.#parts;
    const notification = {
      companyId: subscription.companyId,
      type: welcomeEventType,
      ids: [],
      id: `${applicationId}:${mint.uuid()}`,
      time: romeOffsetTime(clock.nowMs()),
    };
    this.#schedule(subscription, notification, 1, 0);
  }

  async #notify(to: Subscription, notification: Notification, attempt: number): Promise<void> {
    if (!this.#parts.subscriptions.has(to)) return;
    const bearer = this.#headers(to, notification.id);
    const answer = await this.#parts.send({
      method: 'POST',
      url: to.sink,
      ...(to.mapping === 'binary'
        ? binary(notification, bearer)
        : structured(notification, bearer)),
    });
    this.#report(
      to,
      notification.type,
      attempt,
      answer,
      this.#judge(to, notification, attempt, answer),
    );
  }

  #judge(
    to: Subscription,
    notification: Notification,
    attempt: number,
    answer: SinkAnswer,
  ): DeliveryReport['outcome'] {
    const { subscriptions } = this.#parts;
    const status = statusOf(answer);
    if (deliveredStatuses.includes(status)) {
      subscriptions.recordSuccess(to);
      return 'delivered';
    }
    if (status === 410) {
      subscriptions.remove(to);
      return 'subscription-deleted';
    }
    const isRetryable = answer.kind === 'unreachable' || status >= 500;
    if (isRetryable && attempt < attemptsMax) {
      this.#schedule(to, notification, attempt + 1, retryGapsMs[attempt - 1] ?? 0);
      return 'to-be-retried';
    }
    return subscriptions.recordFailure(to) === 'deleted' ? 'subscription-deleted' : 'dropped';
  }

  #headers(to: Subscription, jti: string): Record<string, string> {
    const { signer, clock, applicationId } = this.#parts;
    const iat = Math.floor(clock.nowMs() / 1_000);
    const token = signer.sign({
      jti,
      iss: issuer,
      exp: iat + tokenLifeSeconds,
      sub: `company:${to.companyId}`,
      aud: [to.sink],
      iat,
      aid: applicationId,
    });
    return { 'User-Agent': 'FattureInCloud/API-WEBHOOK', Authorization: `Bearer ${token}` };
  }

  #report(
    to: Subscription,
    type: string,
    attempt: number,
    answer: SinkAnswer,
    outcome: DeliveryReport['outcome'],
  ): void {
    const status = statusOf(answer);
    this.#parts.onDelivery({ subscription: to.id, type, attempt, status, outcome });
  }
}

function binary({ id, type, time, companyId, ids }: Notification, bearer: Record<string, string>) {
  return {
    headers: {
      ...bearer,
      'ce-type': type,
      'ce-time': time,
      'ce-subject': `company:${companyId}`,
      'ce-specversion': '1.0',
      'ce-source': issuer,
      'ce-id': id,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ data: { ids } }),
  };
}

function structured(
  { id, type, time, companyId, ids }: Notification,
  bearer: Record<string, string>,
) {
  const event = {
    id,
    source: issuer,
    specversion: '1.0',
    type,
    subject: `company:${companyId}`,
    time,
    datacontenttype: 'application/json',
    data: { ids },
  };
  const headers = { ...bearer, 'Content-Type': 'application/cloudevents+json' };
  return { headers, body: JSON.stringify(event) };
}

function isEcho(answer: SinkAnswer, challenge: string): boolean {
  if (answer.kind === 'unreachable' || answer.status !== 200) return false;
  try {
    const echo: unknown = JSON.parse(answer.body);
    return typeof echo === 'object' && echo !== null && Object(echo)['verification'] === challenge;
  } catch {
    return false;
  }
}

function statusOf(answer: SinkAnswer): number {
  return answer.kind === 'answered' ? answer.status : 0;
}
