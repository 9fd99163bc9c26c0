import type { TokenAnswer, TokenResponse } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { retryAfterMs } from './retry-after.ts';

/** The longest wait that a token endpoint can ask for: longer ones would outlast the access token. */
export const retryAfterMaxMs = 6 * 60 * 60 * 1000;

/** The wait after a 429 that names none. */
export const retryAfterDefaultMs = 60_000;

// A lifetime beyond ten years is not one.
const lifetimeMaxSeconds = 315_360_000;

const clientErrors: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'unsupported_grant_type',
  'invalid_request',
  'access_denied',
]);

/** What classifying an answer needs besides the answer. */
export interface ClassifyContext {
  readonly nowMs: number;
  readonly defaultLifetimeSeconds: number;
}

/** What a token endpoint's answer means for the token that was sent (RFC 6749 §5, rotation protocol step 4). */
export function classify(answer: HttpAnswer, context: ClassifyContext): TokenAnswer {
  const { status } = answer;
  const waitMs = retryAfterMs(answer.headers, context.nowMs, retryAfterMaxMs);
  if (status === 429) {
    return { kind: 'throttled', status, retryAfterMs: waitMs ?? retryAfterDefaultMs };
  }
  if ((status === 403 || status === 503) && waitMs !== undefined) {
    return { kind: 'throttled', status, retryAfterMs: waitMs };
  }
  if (status >= 500) return { kind: 'uncertain', cause: `status ${status}`, status };
  const fields = jsonObject(answer.body);
  if (status >= 200 && status < 300) return success(answer, fields, context);
  if (status !== 400 && status !== 401) return unexpected(answer);
  if (fields === undefined && answer.cutOff !== undefined) {
    return { kind: 'uncertain', cause: answer.cutOff, status };
  }
  return refusal(fields?.['error']) ?? unexpected(answer);
}

/** The `error` of an OAuth answer whatever its status, in the characters that RFC 6749 §5.2 allows it. */
export function oauthError(body: string): string | undefined {
  const error = jsonObject(body)?.['error'];
  if (typeof error !== 'string') return undefined;
  return /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(error) ? error : undefined;
}

/** A JSON object, or `undefined`. The beginning of an object is none, so a cut off one is never taken for whole. */
export function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function success(
  answer: HttpAnswer,
  fields: Record<string, unknown> | undefined,
  context: ClassifyContext,
): TokenAnswer {
  const { status } = answer;
  if (fields === undefined) {
    return { kind: 'uncertain', cause: answer.cutOff ?? 'answer is not a JSON object', status };
  }
  const { error } = fields;
  // `0` and `false` beside a pair say that there is none.
  if (error) {
    return refusal(error) ?? { kind: 'uncertain', cause: 'answer holds an error', status };
  }
  const tokens = tokenResponse(fields, context.defaultLifetimeSeconds);
  return typeof tokens === 'string'
    ? { kind: 'uncertain', cause: tokens, status }
    : { kind: 'granted', tokens };
}

/** The tokens of RFC 6749 §5.1, or why there are none. */
function tokenResponse(
  fields: Record<string, unknown>,
  defaultLifetimeSeconds: number,
): TokenResponse | string {
  const accessToken = fields['access_token'];
  const refreshToken = fields['refresh_token'];
  // What cannot stand in an Authorization header can't be used.
  if (typeof accessToken !== 'string' || !/^[\x20-\x7e]+$/.test(accessToken)) {
    return 'answer holds no access token';
  }
  // `token_type` decides nothing: a pair that has arrived is kept, whatever it is called.
  const lifetime = lifetimeSeconds(fields['expires_in']);
  return {
    accessToken: new Secret(accessToken),
    ...(typeof refreshToken === 'string' && refreshToken !== ''
      ? { refreshToken: new Secret(refreshToken) }
      : {}),
    expiresInSeconds: lifetime ?? defaultLifetimeSeconds,
    lifetimeAssumed: lifetime === undefined,
  };
}

function lifetimeSeconds(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !(seconds >= 1 && seconds <= lifetimeMaxSeconds)) {
    return undefined;
  }
  return Math.floor(seconds);
}

function refusal(error: unknown): TokenAnswer | undefined {
  if (error === 'invalid_grant') return { kind: 'invalid-grant' };
  return typeof error === 'string' && clientErrors.has(error)
    ? { kind: 'invalid-client', error }
    : undefined;
}

/** What a proxy or a wrong address answers with; any other type is the server's own words, which may repeat ours. */
const tellableTypes = [
  'application/json',
  'application/xml',
  'text/html',
  'text/plain',
  'text/xml',
];

function unexpected({ status, headers }: HttpAnswer): TokenAnswer {
  const header = headers['content-type'] ?? '';
  const mediaType = header.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const known = tellableTypes.includes(mediaType) ? mediaType : 'another type';
  return { kind: 'unexpected', status, contentType: mediaType === '' ? 'no type' : known };
}
