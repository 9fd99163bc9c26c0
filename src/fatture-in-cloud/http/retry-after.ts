import type { IncomingHttpHeaders } from 'node:http';

/**
 * The wait that `Retry-After` asks for (RFC 9110 §10.2.3: seconds or a date), at most `maxMs`; `undefined`
 * without the header or where it is neither. A date counts from the answer's own `Date`, else from `nowMs`.
 */
export function retryAfterMs(
  headers: Pick<IncomingHttpHeaders, 'retry-after' | 'date'>,
  nowMs: number,
  maxMs: number,
): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d{1,12}$/.test(value)) return Math.min(Number(value) * 1000, maxMs);
  const atMs = httpDateMs(value);
  if (atMs === undefined) return undefined;
  return Math.min(Math.max(0, atMs - (httpDateMs(headers.date) ?? nowMs)), maxMs);
}

/** An HTTP date (RFC 9110 §5.6.7) as epoch milliseconds; `undefined` for anything else. */
export function httpDateMs(text: string | undefined): number | undefined {
  // Date.parse alone takes '-5' and '1.5' for years.
  if (text === undefined || !/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}
