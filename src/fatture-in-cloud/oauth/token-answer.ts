import type { TokenAnswer, TokenResponse } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { jsonObject } from '../../core/text/json.ts';
import type { HttpAnswer } from '../http/exchange.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { codeIn, missingField, refusalIn, standardCodes } from './refusal.ts';

/** The longest wait that a token endpoint can ask for: longer ones would outlast the access token. */
export const retryAfterMaxMs = 6 * 60 * 60 * 1000;

/** The wait after a 429 that names none. */
const retryAfterDefaultMs = 60_000;

// A lifetime beyond ten years is not one.
const lifetimeMaxSeconds = 315_360_000;

/** What classifying an answer needs besides the answer. */
export interface ClassifyContext {
  readonly nowMs: number;
  readonly defaultLifetimeSeconds: number;
}

/** What a token endpoint's answer means for the token that was sent (RFC 6749 §5, rotation protocol step 4). */
export function classify(answer: HttpAnswer, context: ClassifyContext): TokenAnswer {
  const { status } = answer;
  const waitMs = retryAfterMs(answer.headers, context.nowMs, retryAfterMaxMs);
  // 408 and 425 (RFC 9110, RFC 8470): the request was not taken on either.
  if (status === 429 || status === 408 || status === 425) {
    return { kind: 'throttled', status, retryAfterMs: waitMs ?? retryAfterDefaultMs };
  }
  if ((status === 403 || status === 503) && waitMs !== undefined) {
    return { kind: 'throttled', status, retryAfterMs: waitMs };
  }
  if (status >= 500) return uncertain(answer, `status ${status}`);
  const fields = jsonObject(answer.body);
  if (status >= 200 && status < 300) return success(answer, fields, context);
  if (status < 400) return unexpected(answer);
  if (fields === undefined && answer.cutOff !== undefined && (status === 400 || status === 401)) {
    return uncertain(answer, answer.cutOff);
  }
  const missing = fields && missingField(fields);
  if (missing !== undefined) return { ...unexpected(answer), missing };
  return (fields && refusalIn(fields, status)) ?? unexpected(answer);
}

function uncertain(answer: HttpAnswer, cause: string): Extract<TokenAnswer, { kind: 'uncertain' }> {
  return { kind: 'uncertain', cause, status: answer.status, contentType: mediaTypeOf(answer) };
}

/** The `error` of an OAuth answer whatever its status, in the characters that RFC 6749 §5.2 allows it. */
export function oauthError(body: string): string | undefined {
  const error = codeIn(jsonObject(body) ?? {});
  return error !== undefined && /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(error)
    ? error
    : undefined;
}

function success(
  answer: HttpAnswer,
  fields: Record<string, unknown> | undefined,
  context: ClassifyContext,
): TokenAnswer {
  if (fields === undefined) {
    return uncertain(answer, answer.cutOff ?? 'answer is not a JSON object');
  }
  // `error: null`, `''`, `0` or `false` beside tokens says that there is none.
  if (fields['error']) {
    const isStandard = standardCodes.has(codeIn(fields) ?? '');
    const refused = isStandard ? refusalIn(fields, 200) : undefined;
    return refused ?? uncertain(answer, 'answer holds an error');
  }
  const tokens = tokenResponse(fields, context.defaultLifetimeSeconds);
  return typeof tokens === 'string' ? uncertain(answer, tokens) : { kind: 'granted', tokens };
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

/** What a proxy or a wrong address answers with; any other type is the server's own words, which may repeat ours. */
const tellableTypes = [
  'application/json',
  'application/xml',
  'text/html',
  'text/plain',
  'text/xml',
];

function unexpected(answer: HttpAnswer): Extract<TokenAnswer, { kind: 'unexpected' }> {
  return { kind: 'unexpected', status: answer.status, contentType: mediaTypeOf(answer) };
}

function mediaTypeOf({ headers }: HttpAnswer): string {
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === '') return 'no type';
  return tellableTypes.includes(mediaType) ? mediaType : 'another type';
}
