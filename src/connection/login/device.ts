import type { Client, Clock, TokenResponse } from '../../core/ports.ts';
import type {
  DeviceAuthorization,
  DeviceFlow,
  DevicePoll,
} from '../../fatture-in-cloud/oauth/device-flow.ts';

export type { DeviceAuthorization, DeviceFlow };

/** How waiting for a person with a device code ends. */
export type DeviceEnd =
  | { readonly kind: 'granted'; readonly tokens: TokenResponse; readonly requestedAtMs: number }
  /** The person said no. */
  | { readonly kind: 'denied' }
  /** Nobody decided in time. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'refused'; readonly answer: DeviceRefusal };

/** An answer to a poll after which another would be in vain. */
export type DeviceRefusal = Extract<
  DevicePoll,
  { kind: 'invalid-grant' | 'invalid-client' | 'refused' | 'unexpected' }
>;

const slowDownMs = 5_000;

/**
 * Polls until a person has decided or the code has expired (RFC 8628 §3.4, §3.5): at the interval that the
 * provider gave, 5 s more after each `slow_down`, twice as long after each poll that brought no answer.
 */
export async function awaitConsent(
  flow: DeviceFlow,
  client: Client,
  authorization: DeviceAuthorization,
  clock: Clock,
): Promise<DeviceEnd> {
  const endMs = clock.monotonicMs() + authorization.expiresInSeconds * 1000;
  let intervalMs = authorization.intervalSeconds * 1000;
  let odd: DeviceRefusal | undefined;
  for (;;) {
    if (clock.monotonicMs() + intervalMs >= endMs) {
      return odd === undefined ? { kind: 'expired' } : { kind: 'refused', answer: odd };
    }
    await clock.wait(intervalMs);
    const requestedAtMs = clock.nowMs();
    const poll = await flow.poll(authorization.deviceCode, client);
    odd = poll.kind === 'unexpected' ? poll : undefined;
    switch (poll.kind) {
      case 'granted':
        return { kind: 'granted', tokens: poll.tokens, requestedAtMs };
      case 'denied':
      case 'expired':
        return { kind: poll.kind };
      case 'pending':
        break;
      case 'slow-down':
        intervalMs += slowDownMs;
        break;
      case 'throttled':
        intervalMs = Math.max(intervalMs, poll.retryAfterMs);
        break;
      case 'unexpected':
      case 'never-sent':
      case 'uncertain':
        // A page in between says nothing of the code, and the person may be typing it now.
        intervalMs *= 2;
        break;
      case 'invalid-grant':
      case 'invalid-client':
      case 'refused':
        return { kind: 'refused', answer: poll };
    }
  }
}
