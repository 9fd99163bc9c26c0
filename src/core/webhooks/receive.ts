import { StoreRefused } from '../ports.ts';
import { orRefusal } from '../store-refusal.ts';
import type { Admission, Foreign } from './admission.ts';
import { type Notification, partsOf } from './notification.ts';
import type { Forgery, NotificationQueue, NotificationVerifier, Proof } from './ports.ts';

/** What a request to the sink turned out to be, before anyone knows whether it is genuine. */
export type IncomingRequest =
  /** The handshake after a subscription was made. */
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'notification'; readonly notification: Notification; readonly subject: string }
  /** Nothing in it is for us: the welcome event, an unknown type, a request that makes no sense. */
  | {
      readonly kind: 'nothing';
      readonly reason: string;
      readonly eventId?: string;
      readonly subject?: string;
    }
  /** More than is taken at once. */
  | {
      readonly kind: 'oversized';
      readonly reason: string;
      readonly eventId?: string;
      readonly subject?: string;
    };

/** What became of a request, for one log line and one metric. */
export type Receipt =
  | { readonly kind: 'verified' }
  | { readonly kind: 'queued'; readonly eventId: string; readonly type: string }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'forged'; readonly reason: Forgery }
  /** Signed by the provider, for a company or an application that is not this connection's. */
  | { readonly kind: 'foreign'; readonly reason: Foreign }
  | { readonly kind: 'not-kept'; readonly reason: string };

/**
 * The answer to the provider. Any 3xx, 4xx or throttle makes it drop the event for good, and 410 the whole
 * subscription: what is genuine gets 2xx, or 503 where it could not be kept.
 */
export interface Received {
  readonly status: 200 | 202 | 401 | 403 | 503;
  /** JSON. */
  readonly body: string;
  readonly receipt: Receipt;
}

/** What receiving needs: nothing here can read a secret. */
export interface ReceivePorts {
  readonly verifier: NotificationVerifier;
  readonly admission: Admission;
  readonly queue: NotificationQueue;
}

/** Verifies a request, keeps what it says, and only then says that it was received. */
export async function receiveNotification(
  ports: ReceivePorts,
  sink: { readonly connection: string; readonly url: string },
  incoming: { readonly token: string | undefined; readonly request: IncomingRequest },
): Promise<Received> {
  const { token, request } = incoming;
  const verification = await ports.verifier.verify({ ...claimsOf(request), token, sink: sink.url });
  if (verification.kind === 'forged') {
    return answer(401, { error: 'unauthorized' }, verification);
  }
  const asked = request.kind === 'challenge' ? 'handshake' : 'notification';
  const foreign = await ports.admission.judge(verification.sender, asked);
  if (foreign !== undefined) {
    return answer(403, { error: 'forbidden' }, { kind: 'foreign', reason: foreign });
  }
  switch (request.kind) {
    case 'challenge':
      return answer(200, { verification: request.challenge }, { kind: 'verified' });
    case 'notification':
      return keep(ports.queue, sink.connection, request.notification);
    case 'nothing':
      return answer(200, {}, { kind: 'ignored', reason: request.reason });
    case 'oversized':
      return answer(503, {}, { kind: 'not-kept', reason: request.reason });
  }
}

function claimsOf(request: IncomingRequest): Pick<Proof, 'eventId' | 'subject'> {
  switch (request.kind) {
    case 'challenge':
      return {};
    case 'notification':
      return { eventId: request.notification.id, subject: request.subject };
    case 'nothing':
    case 'oversized':
      return {
        ...(request.eventId === undefined ? {} : { eventId: request.eventId }),
        ...(request.subject === undefined ? {} : { subject: request.subject }),
      };
  }
}

async function keep(
  queue: NotificationQueue,
  connection: string,
  notification: Notification,
): Promise<Received> {
  const refused = await orRefusal(() => queue.send(partsOf(notification, connection)));
  if (refused instanceof StoreRefused) {
    return answer(503, {}, { kind: 'not-kept', reason: refused.message });
  }
  const { id: eventId, type } = notification;
  return answer(202, {}, { kind: 'queued', eventId, type });
}

function answer(status: Received['status'], body: object, receipt: Receipt): Received {
  return { status, body: JSON.stringify(body), receipt };
}
