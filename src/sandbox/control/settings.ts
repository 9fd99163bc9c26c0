import type { Dialect } from '../oauth/dialects.ts';

/** What happens to a refresh token that is used: the five ways in which servers are known to behave. */
export const rotationModes = [
  'same',
  'keep-old',
  'grace',
  'single-use',
  'single-use-family',
] as const;

/** One of `rotationModes`. */
export type RotationMode = (typeof rotationModes)[number];

/** All that can be changed while the sandbox runs. */
export interface Settings {
  readonly rotationMode: RotationMode;
  /** How long a replaced refresh token still works in mode `grace`. */
  readonly graceSeconds: number;
  /** The life of access tokens issued from now on. */
  readonly accessTokenSeconds: number;
  readonly refreshKillsAccessToken: boolean;
  /** Leaves `refresh_token` out of the answer to a refresh; the old one then stays valid. */
  readonly omitRefreshToken: boolean;
  /** Says this as `expires_in` instead of the truth; `null` leaves it out. */
  readonly expiresInAnswer?: number | string | null | undefined;
  /** Seconds that a device has to wait between polls at first; of codes given out from now on. */
  readonly deviceIntervalSeconds: number;
  /** Undocumented at the provider: the status of `invalid_client`. */
  readonly invalidClientStatus: 400 | 401;
  /** How the token endpoint words that it refuses a refresh token, or the application. */
  readonly refusalDialect: Dialect;
  readonly licenceExpired: boolean;
  /** Requests an hour for a company and application; 403 beyond. */
  readonly hourlyLimit: number;
  /** Requests a calendar month for a company and application; 403 beyond. */
  readonly monthlyLimit: number;
  /** Requests in any five minutes for a company; 429 beyond. */
  readonly shortTermLimit: number;
  /** Lets subscriptions have a sink at http://localhost or http://127.0.0.1. */
  readonly allowHttpSinks: boolean;
  /** Sends webhooks to other machines too. */
  readonly allowRemoteSinks: boolean;
}

/** The sandbox as nearest to what Fatture in Cloud documents. */
export const defaultSettings: Settings = {
  rotationMode: 'same',
  graceSeconds: 60,
  accessTokenSeconds: 86_400,
  refreshKillsAccessToken: false,
  omitRefreshToken: false,
  deviceIntervalSeconds: 5,
  invalidClientStatus: 401,
  refusalDialect: 'rfc',
  licenceExpired: false,
  hourlyLimit: 1_000,
  monthlyLimit: 40_000,
  shortTermLimit: 300,
  allowHttpSinks: true,
  allowRemoteSinks: false,
};
