import {
  openTokenSource,
  type TokenSource,
  type TokenSourceOptions,
} from './library/token-source.ts';

export { ConfigInvalid } from './config/config.ts';
export type {
  EntityChangedDetail,
  EventDetail,
  EventDetails,
  ReauthorizationRequiredDetail,
  SubscriptionLostDetail,
  SyncCompletedDetail,
  SyncCounts,
  TokenRefreshDetail,
} from './core/events/event.ts';
export { eventSource } from './core/events/event.ts';
export type { Change, EntityId } from './core/webhooks/notification.ts';
export type { TimeSpan } from './library/time-span.ts';
export { TokenError, type TokenErrorCode } from './library/token-error.ts';
export type { TokenFetch } from './library/token-fetch.ts';
export type {
  TokenOptions,
  TokenOptions as TokenWish,
  TokenSource,
  TokenSourceOptions,
} from './library/token-source.ts';

/**
 * Access tokens for Fatture in Cloud that work, from wherever `fresco login` or the stack keeps them.
 *
 * ```ts
 * const source = tokenSource();
 * const token = await source.token({ minValidity: '3h' }); // for a job of three hours
 * const clients = await source.fetch('/c/108061/entities/clients');
 * ```
 *
 * In AWS it needs the right to read one secret and to invoke the rotator's alias for consumers, and no other.
 * Settings come from the options, then from the environment (`FRESCO_STORE`, `FRESCO_CONNECTION`,
 * `FRESCO_PREFIX`, `FRESCO_PROVIDER_URL`, and AWS's own). Throws `ConfigInvalid` where they are wrong; nothing
 * is read or loaded before the first token is asked for.
 */
export function tokenSource(options: TokenSourceOptions = {}): TokenSource {
  return openTokenSource(options, { env: process.env });
}

/** Where the JSON Schemas are: `import schema from 'fic-fresco/schemas/access-token.json'`, or `require`. */
export const schemaModules = {
  /** The text of the access-token secret, for consumers in any language. */
  accessToken: 'fic-fresco/schemas/access-token.json',
  /** Fresco's events on the bus, as EventBridge delivers them. */
  events: 'fic-fresco/schemas/events.json',
} as const;
