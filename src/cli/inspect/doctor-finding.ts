import { healsByItself, type StoreRefused } from '../../core/ports.ts';

/** The links of the chain, in the order in which one hangs from the other. */
export const checks = [
  'config',
  'credentials',
  'stack',
  'client',
  'grant',
  'access-token',
  'key',
  'table',
  'clock',
  'attempt',
  'provider',
  'application',
  'token',
  'company',
  'permissions',
  'licence',
  'schedule',
  'rotator',
  'bus',
  'webhooks',
] as const;

/** One of `checks`. */
export type Check = (typeof checks)[number];

/** What a doctor found at one link; `unknown`: it could not be looked at, or does not apply. */
export interface Finding {
  readonly check: Check;
  readonly state: 'ok' | 'broken' | 'unknown';
  readonly detail: string;
  /** What to do about it. */
  readonly next: string | null;
  /** Broken in a way that may heal by itself. */
  readonly passes: boolean;
}

/** A link that holds. */
export function ok(check: Check, detail: string): Finding {
  return { check, state: 'ok', detail, next: null, passes: false };
}

/** A link that does not hold, and what mends it. */
export function broken(check: Check, detail: string, next: string, passes = false): Finding {
  return { check, state: 'broken', detail, next, passes };
}

/** A link of which nothing is said. */
export function unknown(check: Check, detail: string): Finding {
  return { check, state: 'unknown', detail, next: null, passes: false };
}

/** What each refusal of a store asks for; the store's own message says which store and why. */
const afterRefusal: Readonly<Record<StoreRefused['reason'], string>> = {
  unavailable: 'wait a minute, then fresco doctor again',
  throttled: 'wait a minute, then fresco doctor again',
  denied:
    'in AWS name this identity among the stack’s operators and deploy; on one machine run as the owner of the store',
  'key-disabled': 'enable the KMS key of the store stack, then fresco doctor again',
  missing: 'deploy the stack, or name the right --prefix, --connection and --store',
  damaged: 'restore what was stored there before, or fresco login',
};

/** A link whose store refused. */
export function refusedAt(check: Check, { reason, message }: StoreRefused, next?: string): Finding {
  const passes = healsByItself(reason);
  return broken(check, message, next ?? afterRefusal[reason], passes);
}
