import { isSafeUrl, originOf } from '../../core/origin.ts';
import type { Client, TokenAnswer } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { jsonObject } from '../../core/text/json.ts';
import { type HttpOutcome, sendOnce } from '../http/exchange.ts';
import { type ProviderProfile, tokenOrigin } from '../profile.ts';
import { oauthError } from './token-answer.ts';
import { boundAnswer, type TokenEndpointOptions, tokenAnswerBytesMax } from './token-endpoint.ts';
import { tokenRequest } from './token-request.ts';

/** What a person and a poller need to finish a device login (RFC 8628 §3.2). */
export interface DeviceAuthorization {
  readonly deviceCode: Secret;
  readonly userCode: string;
  /** https, or http on this machine. */
  readonly verificationUri: string;
  /** Whether that page is the provider's own: any other is for a person to judge. */
  readonly isProvidersPage: boolean;
  readonly intervalSeconds: number;
  readonly expiresInSeconds: number;
}

/** How asking for a device code ends. */
export type DeviceStart =
  | { readonly kind: 'started'; readonly authorization: DeviceAuthorization }
  /** The provider refuses: the flow is not enabled for the application, or a scope does not exist. */
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly cause: string };

/** How one poll ends (RFC 8628 §3.5); `slow-down` asks for 5 more seconds between polls from now on. */
export type DevicePoll =
  | { readonly kind: 'pending' | 'slow-down' | 'denied' | 'expired' }
  | TokenAnswer;

/** The device flow of a provider; one request for each call, never rejects. */
export interface DeviceFlow {
  start(client: Client, scope: string): Promise<DeviceStart>;
  poll(deviceCode: Secret, client: Client): Promise<DevicePoll>;
}

const pollErrors: ReadonlyMap<string, 'pending' | 'slow-down' | 'denied' | 'expired'> = new Map([
  ['authorization_pending', 'pending'],
  ['slow_down', 'slow-down'],
  ['access_denied', 'denied'],
  ['expired_token', 'expired'],
] as const);

/** The device flow that a profile describes; `undefined` where it has none. */
export function deviceFlow(
  profile: ProviderProfile,
  options: TokenEndpointOptions,
): DeviceFlow | undefined {
  const { deviceUrl } = profile;
  if (deviceUrl === undefined) return undefined;
  const send = (url: string, fields: Record<string, string | Secret>, client: Client) =>
    sendOnce(tokenRequest(url, fields, client, profile), {
      ...options,
      bodyBytesMax: tokenAnswerBytesMax,
      isLenient: true,
    });
  return {
    start: async (client, scope) => started(await send(deviceUrl, { scope }, client), profile),
    poll: async (deviceCode, client) => {
      const fields = {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: deviceCode.boundTo(tokenOrigin(profile)),
      };
      return polled(await send(profile.tokenUrl, fields, client), profile, options);
    },
  };
}

function started(outcome: HttpOutcome, profile: ProviderProfile): DeviceStart {
  if (outcome.kind !== 'answered') return { kind: 'unavailable', cause: outcome.cause };
  const { status, body } = outcome.answer;
  const error = oauthError(body);
  if (error !== undefined && status < 500) return { kind: 'refused', error };
  const authorization = status === 200 ? deviceAuthorization(body, profile) : undefined;
  return authorization === undefined
    ? { kind: 'unavailable', cause: `status ${status} without a device code` }
    : { kind: 'started', authorization };
}

/** What an answer of the device endpoint gives a person to do; `undefined` for one that cannot be used. */
export function deviceAuthorization(
  body: string,
  { deviceUrl = '', pageOrigins = [] }: ProviderProfile,
): DeviceAuthorization | undefined {
  const answer = jsonObject(body);
  // Fatture in Cloud wraps this answer in `data`, the RFC doesn't.
  const fields = ((answer?.['data'] as Record<string, unknown> | null | undefined) ??
    answer ??
    {}) as Record<string, unknown>;
  const [deviceCode, userCode, uri] = ['device_code', 'user_code', 'verification_uri'].map(
    (name) => fields[name],
  );
  if (typeof deviceCode !== 'string' || deviceCode === '') return undefined;
  // What is opened in a browser may be nothing that runs, lies on a disk or looks like an option.
  if (!isPrintable(userCode) || !isPrintable(uri) || !isSafeUrl(uri)) return undefined;
  const { href, origin } = new URL(uri);
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri: href,
    isProvidersPage: [originOf(deviceUrl), ...pageOrigins].includes(origin),
    intervalSeconds: seconds(fields['interval'], 5, 60),
    expiresInSeconds: seconds(fields['expires_in'], 300, 86_400),
  };
}

function polled(
  outcome: HttpOutcome,
  profile: ProviderProfile,
  options: TokenEndpointOptions,
): DevicePoll {
  if (outcome.kind === 'never-sent') return outcome;
  if (outcome.kind === 'unanswered') return { kind: 'uncertain', cause: outcome.cause };
  const { answer } = outcome;
  const state = answer.status < 429 ? pollErrors.get(oauthError(answer.body) ?? '') : undefined;
  if (state !== undefined) return { kind: state };
  return boundAnswer(answer, profile, options.clock.nowMs());
}

/** Text that a terminal can show: no control characters. */
function isPrintable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,500}$/.test(value);
}

function seconds(value: unknown, otherwise: number, max: number): number {
  return typeof value === 'number' && value >= 1 ? Math.min(Math.floor(value), max) : otherwise;
}
